package org.kimi4j.vision;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.kimi4j.Kimi;
import org.kimi4j.KimiOptions;
import org.kimi4j.Reply;
import org.kimi4j.config.Precision;
import org.kimi4j.json.Json;
import org.kimi4j.nano.KimiNano;

/** Held-out questions about pictures and clips, as the bundled model answered them in the framework it was trained in. */
class NanoEvalTest {

    private static final String FOLDER = "nano/eval";
    private static final List<Json.Obj> CASES = read();

    private static List<Json.Obj> read() {
        Json.Obj all = Fixtures.json(FOLDER + "/cases.json");
        return Fixtures.objects(all, "cases");
    }

    private static List<Reply> exact = List.of();

    @BeforeAll
    static void askInExact() {
        exact = ask(Precision.EXACT);
    }

    private static List<Reply> ask(Precision precision) {
        List<Reply> replies = new ArrayList<>();
        try (Kimi kimi = Kimi.load(KimiNano.path(), KimiOptions.DEFAULTS.with(o -> o.precision(precision)))) {
            for (Json.Obj one : CASES) {
                replies.add(kimi.chat()
                        .messages(NanoCases.messages(one, FOLDER))
                        .thinking(NanoCases.flag(one, "thinking"))
                        .temperature(0)
                        .send());
            }
        }
        return replies;
    }

    @Test
    void answersAreTheRecordedOnes() {
        assertThat(CASES).hasSize(37);
        List<String> different = new ArrayList<>();
        for (int i = 0; i < CASES.size(); i++) {
            Json.Obj recorded = (Json.Obj) CASES.get(i).get("nano").orElseThrow();
            String expected = Fixtures.text(recorded, "reasoning") + "|" + Fixtures.text(recorded, "content");
            String said = exact.get(i).thinking() + "|" + exact.get(i).text();
            if (!said.equals(expected)) {
                different.add(Fixtures.text(CASES.get(i), "name") + ": expected " + expected + ", said " + said);
            }
        }
        assertThat(different).isEmpty();
    }

    @Test
    void accuracyOfFastIsThatOfExact() {
        double inExact = accuracy(exact);
        double inFast = accuracy(ask(Precision.FAST));
        System.out.printf("accuracy on %d cases: exact %.1f %%, fast %.1f %%%n", CASES.size(), inExact, inFast);
        assertThat(Math.abs(inFast - inExact)).isLessThanOrEqualTo(3);
    }

    /** Per cent of answers that are the expected ones. */
    private static double accuracy(List<Reply> replies) {
        int right = 0;
        for (int i = 0; i < CASES.size(); i++) {
            Json.Obj expected = (Json.Obj) CASES.get(i).get("expected").orElseThrow();
            right += replies.get(i).text().equals(Fixtures.text(expected, "content")) ? 1 : 0;
        }
        return 100.0 * right / CASES.size();
    }
}

package org.kimi4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kimi4j.chat.ChatFormat;
import org.kimi4j.chat.ChatTemplate;
import org.kimi4j.config.Precision;
import org.kimi4j.model.Golden;
import org.kimi4j.nano.KimiNano;

/** The bundled model against its reference in double precision: prompt, ids, logits and greedy tokens. */
class NanoGoldenTest {

    private static final double RMS_BOUND = 1e-5;

    static Stream<Object[]> cases() {
        List<NanoCases.Case> all = NanoCases.read("goldens.json");
        assertThat(all).hasSize(3);
        return all.stream()
                .flatMap(c -> Stream.of(Backend.SCALAR, Backend.VECTOR).map(b -> new Object[] {c, b}));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void promptLogitsAndGreedyTokensAreThoseOfTheReference(NanoCases.Case golden, Backend backend) {
        KimiOptions options = KimiOptions.DEFAULTS.with(o -> o.backend(backend).precision(Precision.EXACT));
        try (KimiModel model = KimiModel.open(KimiNano.path(), options);
                Session session = model.newSession()) {
            var prompt = new ChatTemplate(ChatFormat.K2_5).render(golden.input());
            assertThat(prompt.text()).isEqualTo(golden.text("prompt"));
            int[] ids = prompt.encode(model.tokenizer());
            assertThat(ids).containsExactly(golden.ids("ids"));
            float[] logits = session.append(ids);
            float[] expected = Golden.floats(NanoCases.FOLDER.resolve(golden.text("logits")), 1, logits.length)[0];
            double error = 0;
            double size = 0;
            for (int i = 0; i < logits.length; i++) {
                error += Math.pow((double) logits[i] - expected[i], 2);
                size += Math.pow(expected[i], 2);
            }
            assertThat(Math.sqrt(error / size)).as("relative rms error").isLessThanOrEqualTo(RMS_BOUND);
            for (int id : golden.ids("greedy_ids")) {
                assertThat(best(logits)).isEqualTo(id);
                logits = session.append(id);
            }
        }
    }

    private static int best(float[] logits) {
        int best = 0;
        for (int i = 1; i < logits.length; i++) {
            best = logits[i] > logits[best] ? i : best;
        }
        return best;
    }
}

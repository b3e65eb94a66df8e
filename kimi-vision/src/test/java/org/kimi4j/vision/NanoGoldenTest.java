package org.kimi4j.vision;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kimi4j.Backend;
import org.kimi4j.Kimi;
import org.kimi4j.KimiModel;
import org.kimi4j.KimiOptions;
import org.kimi4j.Reply;
import org.kimi4j.Session;
import org.kimi4j.chat.Content;
import org.kimi4j.config.Precision;
import org.kimi4j.json.Json;
import org.kimi4j.nano.KimiNano;
import org.kimi4j.testkit.TensorDifference;

/** The bundled model's projector rows, logits and answers on prompts with pictures and clips, against float64. */
class NanoGoldenTest {

    private static final String FOLDER = "nano/goldens";
    private static final double RMS_BOUND = 1e-5;

    static Stream<Object[]> prompts() {
        return Fixtures.objects(Fixtures.json(FOLDER + "/goldens.json"), "prompts").stream()
                .flatMap(prompt -> Stream.of(Backend.SCALAR, Backend.VECTOR)
                        .map(backend -> new Object[] {Fixtures.text(prompt, "name"), backend, prompt}));
    }

    private static KimiOptions exact(Backend backend) {
        return KimiOptions.DEFAULTS.with(o -> o.backend(backend).precision(Precision.EXACT));
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("prompts")
    void rowsOfTheProjectorAgree(String name, Backend backend, Json.Obj prompt) {
        List<Content> media = NanoCases.media(NanoCases.messages(prompt, FOLDER));
        try (KimiModel model = KimiModel.open(KimiNano.path(), exact(backend))) {
            List<float[]> rows = new ArrayList<>();
            for (Content item : media) {
                rows.addAll(List.of(model.mediaRows(item)));
            }
            int from = 0;
            for (Json.Obj expected : Fixtures.objects(prompt, "media")) {
                Json.Obj file = (Json.Obj) expected.get("projector_rows").orElseThrow();
                int count = Fixtures.integers(file, "shape").getFirst();
                TensorDifference difference = TensorDifference.of(
                        NanoCases.flat(rows.toArray(float[][]::new), from, count),
                        NanoCases.floats(FOLDER + "/" + Fixtures.text(file, "file")));
                assertThat(difference.rmsRelative())
                        .as("rows from %d: %s", from, difference)
                        .isLessThanOrEqualTo(RMS_BOUND);
                from += count;
            }
            assertThat(rows).hasSize(from);
        }
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("prompts")
    void logitsOfTheLastPositionAgree(String name, Backend backend, Json.Obj prompt) {
        int[] ids = Fixtures.integers(prompt, "ids").stream().mapToInt(i -> i).toArray();
        Json.Obj file = (Json.Obj) prompt.get("logits").orElseThrow();
        List<float[]> logits = new ArrayList<>();
        try (KimiModel model = KimiModel.open(KimiNano.path(), exact(backend));
                Session session = model.newSession()) {
            List<Content> media = NanoCases.media(NanoCases.messages(prompt, FOLDER));
            session.append(ids, media, 16, true, (_, row) -> logits.add(row.clone()));
        }
        assertThat(logits).hasSize(1);
        TensorDifference difference =
                TensorDifference.of(logits.getFirst(), NanoCases.floats(FOLDER + "/" + Fixtures.text(file, "file")));
        assertThat(difference.rmsRelative()).as("%s", difference).isLessThanOrEqualTo(RMS_BOUND);
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("prompts")
    void messagesBecomeTheSameTokensAndTheSameAnswer(String name, Backend backend, Json.Obj prompt) {
        try (Kimi kimi = Kimi.load(KimiNano.path(), exact(backend))) {
            boolean thinking = NanoCases.flag(prompt, "thinking");
            Reply reply = kimi.chat()
                    .messages(NanoCases.messages(prompt, FOLDER))
                    .thinking(thinking)
                    .temperature(0)
                    .send();
            assertThat(reply.usage().promptTokens())
                    .isEqualTo(Fixtures.integers(prompt, "ids").size());
            String said = (thinking ? reply.thinking() + "</think>" : "") + reply.text();
            assertThat(said).isEqualTo(Fixtures.text(prompt, "greedy_text"));
        }
    }
}

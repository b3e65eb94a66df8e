package org.kimi4j.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kimi4j.Backend;
import org.kimi4j.KimiModel;
import org.kimi4j.KimiOptions;
import org.kimi4j.Session;
import org.kimi4j.chat.Content;
import org.kimi4j.chat.Media;
import org.kimi4j.config.Precision;
import org.kimi4j.error.MediaException;
import org.kimi4j.json.Json;
import org.kimi4j.testkit.TensorDifference;

/** Logits of the golden models on a prompt with a picture and a clip, against a float64 reference. */
class MultimodalLogitsTest {

    private static final Path MODELS = Path.of("../kimi-core/src/test/golden/models");

    private record Golden(int[] tokens, List<Content> media, float[] logits) {}

    private static Golden golden(String model) throws IOException, Json.SyntaxException {
        Path directory = MODELS.resolve(model);
        Json.Obj root = (Json.Obj) Json.parse(Files.readString(directory.resolve("expected.json")));
        Json.Obj one = Fixtures.objects(root, "cases").stream()
                .filter(c -> Fixtures.text(c, "name").equals("multimodal"))
                .findFirst()
                .orElseThrow();
        List<Content> media = new ArrayList<>();
        for (Json name : Fixtures.array(one, "media")) {
            for (Json.Obj item : Fixtures.objects(root, "media")) {
                if (item.get("name").orElseThrow().equals(name)) {
                    Media padded = new Media.Padded(
                            Fixtures.integer(item, "width"),
                            Fixtures.integer(item, "height"),
                            Fixtures.integer(item, "frames"),
                            Files.readAllBytes(directory.resolve(Fixtures.text(item, "rgb"))));
                    media.add(Fixtures.integer(item, "frames") > 1 ? Content.video(padded) : Content.image(padded));
                }
            }
        }
        Json.Obj logits = (Json.Obj) one.get("logits").orElseThrow();
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(directory.resolve(Fixtures.text(logits, "file"))))
                .order(ByteOrder.LITTLE_ENDIAN);
        float[] values = new float[bytes.remaining() / Float.BYTES];
        bytes.asFloatBuffer().get(values);
        return new Golden(
                Fixtures.integers(one, "tokens").stream().mapToInt(i -> i).toArray(), media, values);
    }

    private static KimiModel open(String model, Backend backend) {
        return KimiModel.open(
                MODELS.resolve(model).resolve("checkpoint"),
                KimiOptions.DEFAULTS.with(o -> o.backend(backend).precision(Precision.EXACT)));
    }

    @ParameterizedTest
    @CsvSource({"tiny-a, SCALAR, 7", "tiny-a, VECTOR, 512", "tiny-b, SCALAR, 512", "tiny-b, VECTOR, 7"})
    void logitsAreThoseOfTheReference(String name, Backend backend, int chunk) throws Exception {
        Golden golden = golden(name);
        List<float[]> rows = new ArrayList<>();
        try (KimiModel model = open(name, backend);
                Session session = model.newSession()) {
            session.append(golden.tokens, golden.media, chunk, false, (_, logits) -> rows.add(logits.clone()));
        }
        float[] flat = NanoCases.flat(rows.toArray(float[][]::new), 0, rows.size());
        TensorDifference difference = TensorDifference.of(flat, golden.logits);
        assertThat(difference.rmsRelative()).as("%s", difference).isLessThan(1e-5);
        assertThat(difference.maxAbs()).as("%s", difference).isLessThan(2e-4);
    }

    @ParameterizedTest
    @CsvSource({"tiny-a", "tiny-b"})
    void padsAndVectorsMustBeEquallyMany(String name) throws Exception {
        Golden golden = golden(name);
        try (KimiModel model = open(name, Backend.AUTO);
                Session session = model.newSession()) {
            assertThatThrownBy(() -> session.append(golden.tokens, golden.media.subList(0, 1), 512, true, (_, _) -> {}))
                    .isInstanceOf(MediaException.class)
                    .hasMessageContaining("pads")
                    .hasMessageContaining("there must be one pad for each");
            assertThat(session.tokens()).isEmpty();
        }
    }
}

package org.kimi4j.vision;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kimi4j.chat.MediaOptions;
import org.kimi4j.checkpoint.Checkpoint;
import org.kimi4j.config.ModelConfig;
import org.kimi4j.json.Json;
import org.kimi4j.kernel.DenseKernels;
import org.kimi4j.kernel.PanamaDenseKernels;
import org.kimi4j.kernel.ScalarDenseKernels;
import org.kimi4j.kernel.WorkerPool;
import org.kimi4j.tensor.Tensor;
import org.kimi4j.tensor.Workspace;

/** Embeddings of the golden models' pictures and videos, against a float64 reference. */
class GoldenTowerTest {

    private static final Path MODELS = Path.of("../kimi-core/src/test/golden/models");
    private static final double RMS_BOUND = 1e-5;

    private record Item(String model, String name, int width, int height, int frames, Path rgb, Path embeddings) {
        @Override
        public String toString() {
            return model + " " + name;
        }
    }

    static Stream<Object[]> items() throws IOException, Json.SyntaxException {
        List<Object[]> all = new ArrayList<>();
        for (String model : List.of("tiny-a", "tiny-b")) {
            Path directory = MODELS.resolve(model);
            Json.Obj root = (Json.Obj) Json.parse(Files.readString(directory.resolve("expected.json")));
            for (Json entry : ((Json.Arr) root.members().get("media")).items()) {
                var m = ((Json.Obj) entry).members();
                Item item = new Item(
                        model,
                        ((Json.Str) m.get("name")).value(),
                        integer(m.get("width")),
                        integer(m.get("height")),
                        integer(m.get("frames")),
                        directory.resolve(((Json.Str) m.get("rgb")).value()),
                        directory.resolve(((Json.Str) ((Json.Obj) m.get("embeddings"))
                                        .members()
                                        .get("file"))
                                .value()));
                all.add(new Object[] {item, false});
                all.add(new Object[] {item, true});
            }
        }
        return all.stream();
    }

    private static int integer(Json json) {
        return ((Json.Num) json).value().intValueExact();
    }

    @ParameterizedTest
    @MethodSource("items")
    void embeddingsAgreeWithTheReference(Item item, boolean vector) throws IOException {
        byte[] rgb = Files.readAllBytes(item.rgb());
        ModelConfig config = ModelConfig.read(MODELS.resolve(item.model()).resolve("checkpoint"));
        WorkerPool pool = new WorkerPool("test", 2);
        try (Checkpoint checkpoint =
                        Checkpoint.open(MODELS.resolve(item.model()).resolve("checkpoint"));
                DenseKernels kernels = vector
                        ? new PanamaDenseKernels(pool, new Workspace(true))
                        : new ScalarDenseKernels(pool, new Workspace(true))) {
            VisionWeights weights = checkpoint.bind(r -> {
                r.leaveOut("language_model", "not part of this test");
                return VisionWeights.read(r, config.visionConfig().orElseThrow());
            });
            VisionModel model = new VisionModel(weights, config.visionConfig().orElseThrow(), kernels);
            ImagePreprocessor preprocessor = new ImagePreprocessor(MediaConfig.KIMI_K25, MediaOptions.DEFAULTS);
            MediaItem pixels = preprocessor.padded(item.width(), item.height(), item.frames(), rgb);
            Tensor result = model.encode(pixels, () -> false, _ -> {});
            ByteBuffer expected =
                    ByteBuffer.wrap(Files.readAllBytes(item.embeddings())).order(ByteOrder.LITTLE_ENDIAN);
            assertThat(4 * result.rows() * result.cols()).isEqualTo(expected.capacity());
            double error = 0;
            double size = 0;
            float[] row = new float[result.cols()];
            for (int r = 0; r < result.rows(); r++) {
                result.copyRow(r, row, 0);
                for (float actual : row) {
                    float e = expected.getFloat();
                    error += Math.pow((double) actual - e, 2);
                    size += Math.pow(e, 2);
                }
            }
            assertThat(Math.sqrt(error / size)).as("relative rms error").isLessThanOrEqualTo(RMS_BOUND);
        } finally {
            pool.close();
        }
    }
}

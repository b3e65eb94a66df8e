package org.kimi4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kimi4j.config.ModelConfig;
import org.kimi4j.tensor.Matrix;

/** The checkpoints that the Python reference wrote open, and every tensor finds its owner. */
class GoldenCheckpointTest {

    private static Path golden(String name) {
        return Path.of("src/test/golden/models", name, "checkpoint");
    }

    @ParameterizedTest
    @ValueSource(strings = {"tiny-a", "tiny-b"})
    void everyTensorOfTheGoldenModelsHasItsOwner(String name) {
        ModelConfig config = ModelConfig.read(golden(name));
        try (Checkpoint checkpoint = Checkpoint.open(golden(name))) {
            Binding<Map<String, Matrix>> binding = checkpoint.tryBind(r -> TextTensors.read(r, config));
            assertThat(binding.problems()).isEmpty();
            assertThat(checkpoint.notes()).isEmpty();
            assertThat(checkpoint.verifyShapes()).isEmpty();
            long media =
                    binding.leftOut().stream().mapToLong(Binding.LeftOut::count).sum();
            assertThat(binding.claimedTensors() + media).isEqualTo(524);
            assertThat(binding.leftOut())
                    .extracting(Binding.LeftOut::name)
                    .containsExactly("vision_tower.*", "mm_projector.*");
        }
    }

    @Test
    void onlyTheLayersOfTheRangeAreAskedFor() {
        ModelConfig config = ModelConfig.read(golden("tiny-a"));
        try (Checkpoint checkpoint = Checkpoint.open(golden("tiny-a"))) {
            Binding<Map<String, Matrix>> binding = checkpoint.tryBind(r -> TextTensors.read(r, config, 1, 3));
            assertThat(binding.problems()).isEmpty();
            assertThat(binding.leftOut())
                    .filteredOn(l -> l.reason().equals("outside layers 1 to 2"))
                    .singleElement()
                    .satisfies(l -> assertThat(l.name()).isEqualTo("language_model.model.layers.*"));
        }
    }

    @Test
    void normsAreWidenedAndMatricesStayInPlace() {
        ModelConfig config = ModelConfig.read(golden("tiny-a"));
        try (Checkpoint checkpoint = Checkpoint.open(golden("tiny-a"))) {
            Map<String, Matrix> weights = checkpoint.bind(r -> TextTensors.read(r, config));
            Matrix norm = weights.get("language_model.model.norm");
            assertThat(norm).isInstanceOfSatisfying(Matrix.F32.class, f32 -> {
                float mean = 0;
                for (int i = 0; i < 256; i++) {
                    mean += f32.values().getAtIndex(ValueLayout.JAVA_FLOAT, i) / 256;
                }
                assertThat(mean).isBetween(0.9f, 1.1f); // drawn from 1 + 0.2 N(0, 1)
            });
            assertThat(weights.get("language_model.lm_head")).isInstanceOfSatisfying(Matrix.Bf16.class, bf16 -> {
                assertThat(bf16.values().isMapped()).isTrue();
                assertThat(bf16.values().isReadOnly()).isTrue();
            });
            assertThat(weights.get("language_model.model.layers.1.mlp.experts.7.down_proj"))
                    .isInstanceOfSatisfying(
                            Matrix.Int4.class, int4 -> assertThat(int4.rows()).isEqualTo(256));
        }
    }
}

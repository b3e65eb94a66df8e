package org.kimi4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kimi4j.config.ModelConfig;
import org.kimi4j.testkit.ModelShape;
import org.kimi4j.testkit.SyntheticCheckpoint;

/** 208,550 tensors in 64 shards of the true shapes, as files of holes. */
class TrueShapeTest {

    @TempDir
    static Path folder;

    @BeforeAll
    static void writeHoles() throws IOException {
        SyntheticCheckpoint.of(ModelShape.k25()).vision(true).sparse(true).write(folder);
    }

    @Test
    void itOpensInSecondsAndEveryTensorHasItsOwner() {
        Instant start = Instant.now();
        ModelConfig config = ModelConfig.read(folder);
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            Instant opened = Instant.now();
            Binding<?> binding = checkpoint.tryBind(r -> TextTensors.read(r, config));
            Instant bound = Instant.now();
            System.out.println("opened in " + Duration.between(start, opened).toMillis() + " ms, bound in "
                    + Duration.between(opened, bound).toMillis() + " ms");
            assertThat(binding.problems()).isEmpty();
            assertThat(checkpoint.notes()).isEmpty();
            assertThat(checkpoint.tensors()).hasSize(208_550);
            assertThat(checkpoint.tensorBytes()).isEqualTo(595_148_192_736L);
            assertThat(binding.claimedBytes()).isEqualTo(594_205_904_896L);
        }
    }

    @Test
    void partsHaveTheOfficialBytes() {
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            Inspection inspection = checkpoint.inspect();
            Map<String, Long> bytes = inspection.parts().stream()
                    .collect(Collectors.toMap(Inspection.Part::name, Inspection.Part::bytes));
            assertThat(bytes)
                    .containsEntry("routed experts", 570_761_441_280L)
                    .containsEntry("attention", 12_337_139_712L)
                    .containsEntry("block norms", 1_748_992L)
                    .containsEntry("dense MLP", 792_723_456L)
                    .containsEntry("shared experts", 5_284_823_040L)
                    .containsEntry("routers", 330_393_600L)
                    .containsEntry("embedding", 2_348_810_240L)
                    .containsEntry("lm_head", 2_348_810_240L)
                    .containsEntry("final norm", 14_336L)
                    .containsEntry("vision tower", 833_732_064L)
                    .containsEntry("projector", 108_555_776L)
                    .hasSize(11);
            assertThat(inspection.totals().tensors()).isEqualTo(208_550);
            assertThat(inspection.totals().shards()).isEqualTo(64);
            System.out.println(inspection.patterns().size() + " patterns");
            assertThat(inspection.patterns())
                    .extracting(Function.identity())
                    .contains(new Inspection.TensorPattern(
                            "language_model.model.layers.*.mlp.experts.*.down_proj.weight_packed",
                            60 * 384,
                            "I32",
                            Shape.of(7_168, 256),
                            60L * 384 * 7_168 * 256 * 4));
        }
    }
}

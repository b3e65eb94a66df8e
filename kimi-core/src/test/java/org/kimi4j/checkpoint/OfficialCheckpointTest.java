package org.kimi4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.kimi4j.config.ModelConfig;

/** The official files of K2.5: {@code KIMI_CHECKPOINT} names their directory. Reads headers only. */
@Tag("checkpoint")
@EnabledIfEnvironmentVariable(
        named = "KIMI_CHECKPOINT",
        matches = ".+",
        disabledReason = "KIMI_CHECKPOINT names no directory with K2.5's weights")
class OfficialCheckpointTest {

    @Test
    void everyTensorHasItsOwnerAndThePublishedBytes() {
        Path directory = Path.of(System.getenv("KIMI_CHECKPOINT"));
        ModelConfig config = ModelConfig.read(directory);
        try (Checkpoint checkpoint = Checkpoint.open(directory)) {
            assertThat(checkpoint.problems()).isEmpty();
            assertThat(checkpoint.tryBind(r -> TextTensors.read(r, config)).problems())
                    .isEmpty();
            assertThat(checkpoint.tensors()).hasSize(208_550);
            assertThat(checkpoint.tensorBytes()).isEqualTo(595_148_192_736L);
        }
    }
}

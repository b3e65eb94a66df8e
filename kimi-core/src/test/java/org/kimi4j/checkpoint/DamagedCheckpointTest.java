package org.kimi4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kimi4j.config.GenerationConfig;
import org.kimi4j.config.ModelConfig;
import org.kimi4j.error.KimiException;
import org.kimi4j.testkit.Damage;
import org.kimi4j.testkit.DamagedCheckpoints;
import org.kimi4j.testkit.TinyCheckpoint;

class DamagedCheckpointTest {

    /** What opening a model does with a checkpoint directory, without computing. */
    private static void open(Path directory) {
        ModelConfig config = ModelConfig.read(directory);
        GenerationConfig.read(directory, config.textConfig().vocabSize());
        try (Checkpoint checkpoint = Checkpoint.open(directory)) {
            checkpoint.bind(r -> TextTensors.read(r, config));
        }
    }

    @Test
    void withoutDamageTheCheckpointOpens(@TempDir Path folder) throws IOException {
        TinyCheckpoint.writeWithVision(folder);
        assertThatCode(() -> open(folder)).doesNotThrowAnyException();
        assertThat(DamagedCheckpoints.all()).hasSizeGreaterThanOrEqualTo(40);
    }

    @ParameterizedTest
    @MethodSource("org.kimi4j.testkit.DamagedCheckpoints#all")
    void everyDamageIsOneClearError(Damage damage, @TempDir Path folder) throws IOException {
        TinyCheckpoint.writeWithVision(folder);
        damage.apply(folder);
        Throwable error = catchThrowable(() -> open(folder));
        assertThat(error).isInstanceOf(KimiException.class);
        assertThat(error.getMessage())
                .contains(damage.mustName())
                .contains(folder.toString())
                .hasSizeLessThan(3_500)
                .doesNotContain("Exception", "Optional", "org.kimi4j.");
        assertThat(((KimiException) error).problems()).isNotEmpty();
    }
}

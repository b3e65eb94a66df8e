package org.kimi4j.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.kimi4j.vision.MediaConfig.KIMI_K25;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kimi4j.error.CheckpointException;
import org.kimi4j.error.UnsupportedModelException;

class MediaConfigTest {

    private static final String SHIPPED = """
            {"media_proc_cfg": {"in_patch_limit": 16384, "patch_size": 14, "image_mean": [0.5, 0.5, 0.5],
              "image_std": [0.5, 0.5, 0.5], "merge_kernel_size": 2, "fixed_output_tokens": null,
              "patch_limit_on_one_side": 512, "in_patch_limit_each_frame": 4096, "in_patch_limit_video": null,
              "sample_fps": 2.0, "max_num_frames_each_video": null, "temporal_merge_kernel_size": 4,
              "timestamp_mode": "hh:mm:ss.fff",
              "config_type": "media_proc.processors.moonvit.MoonViTMediaProcessorConfig"}}
            """;

    @TempDir
    Path dir;

    private MediaConfig read(String json) throws IOException {
        Files.writeString(dir.resolve(MediaConfig.FILE_NAME), json);
        return MediaConfig.read(dir);
    }

    @Test
    void shippedFileEqualsTheDefaults() throws IOException {
        assertThat(read(SHIPPED)).isEqualTo(KIMI_K25);
    }

    @Test
    void directoryWithoutTheFileHasTheDefaults() {
        assertThat(MediaConfig.read(dir)).isEqualTo(KIMI_K25);
    }

    @Test
    void limitsThatAreNullFallBackAsTheOfficialProcessorDoes() throws IOException {
        MediaConfig config = read("{\"media_proc_cfg\": {\"in_patch_limit\": 100, \"in_patch_limit_each_frame\": null,"
                + " \"in_patch_limit_video\": 640}}");
        assertThat(config.inPatchLimitEachFrame()).isEqualTo(100);
        assertThat(config.inPatchLimitVideo()).isEqualTo(640);
    }

    @Test
    void allProblemsAreNamedAtOnce() {
        assertThatThrownBy(() -> read("{\"media_proc_cfg\": {\"patch_size\": \"x\", \"image_mean\": [1, 2],"
                        + " \"timestamp_mode\": \"s\", \"sample_fps\": true}}"))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(MediaConfig.FILE_NAME)
                .hasMessageContaining("patch_size")
                .hasMessageContaining("image_mean")
                .hasMessageContaining("timestamp_mode")
                .hasMessageContaining("sample_fps");
    }

    @Test
    void valuesOutOfRangeAreRefused() {
        assertThatThrownBy(() -> read(SHIPPED.replace("\"patch_size\": 14", "\"patch_size\": 0")))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("patch_size");
        assertThatThrownBy(() -> read(SHIPPED.replace("side\": 512", "side\": 511")))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("patch_limit_on_one_side");
    }

    @Test
    void fixedOutputTokensAreRefusedByName() {
        assertThatThrownBy(() -> read(SHIPPED.replace("tokens\": null", "tokens\": 64")))
                .isInstanceOf(UnsupportedModelException.class)
                .hasMessageContaining("fixed_output_tokens");
    }

    @Test
    void textThatIsNotJsonIsRefusedWithTheFile() {
        assertThatThrownBy(() -> read("{"))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(MediaConfig.FILE_NAME);
    }
}

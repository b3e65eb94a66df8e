package org.kimi4j.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.kimi4j.vision.Fixtures.integer;
import static org.kimi4j.vision.Fixtures.integers;
import static org.kimi4j.vision.Fixtures.number;
import static org.kimi4j.vision.Fixtures.text;
import static org.kimi4j.vision.MediaConfig.KIMI_K25;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kimi4j.error.MediaException;
import org.kimi4j.json.Json;
import org.kimi4j.vision.MediaConfig.TimestampMode;

class VideoPlanTest {

    @Test
    void everyPlanAndTimestampEqualsTheOfficialProcessors() {
        List<Json.Obj> cases = Fixtures.objects(Fixtures.json("preprocess/expected.json"), "videos");
        assertThat(cases).hasSizeGreaterThan(7);
        for (Json.Obj c : cases) {
            VideoPlan plan = VideoPlan.of(KIMI_K25, integer(c, "num_frames"), number(c, "fps"));
            assertThat(plan.frameIndices()).isEqualTo(integers(c, "frame_indices"));
            List<VideoPlan.Chunk> chunks = Fixtures.objects(c, "chunks").stream()
                    .map(chunk -> new VideoPlan.Chunk(text(chunk, "timestamp"), integers(chunk, "frames")))
                    .toList();
            assertThat(plan.chunks()).isEqualTo(chunks);
        }
    }

    @Test
    void numberOfSamplesRoundsHalfToEven() {
        // 5 * 2 / 4 = 2.5 becomes 2, 7 * 2 / 4 = 3.5 becomes 4.
        assertThat(VideoPlan.of(KIMI_K25, 5, 4).frameIndices()).containsExactly(0, 4);
        assertThat(VideoPlan.of(KIMI_K25, 7, 4).frameIndices()).containsExactly(0, 2, 4, 6);
    }

    @Test
    void frameIndicesRoundHalfToEven() {
        // Steps of 2.5: 2.5 becomes 2 and 7.5 becomes 8.
        assertThat(VideoPlan.of(KIMI_K25, 11, 4.4).frameIndices()).containsExactly(0, 2, 5, 8, 10);
    }

    @Test
    void frameLimitSpreadsFewerFramesOverTheSameLength() {
        VideoPlan plan = VideoPlan.of(KIMI_K25, 240, 30, 5);
        assertThat(plan.frameIndices()).containsExactly(0, 60, 120, 179, 239);
        assertThat(plan.chunks()).hasSize(2);
    }

    @ParameterizedTest
    @CsvSource({
        // The clock part is rounded to microseconds, the milliseconds are cut off: they disagree here.
        "1000.9999999999999, 00:16:41.999",
        "0.0, 00:00:00.000",
        "59.9994, 00:00:59.999",
        "86399.5, 23:59:59.500",
        "86400, 00:00:00.000",
        "90061.25, 01:01:01.250",
        "2.9999996, 00:00:03.999"
    })
    void timestampsFollowPythonsClock(double seconds, String expected) {
        assertThat(VideoPlan.timestamp(seconds, TimestampMode.HOURS_TO_MILLIS)).isEqualTo(expected);
    }

    @Test
    void frameOfAnNtscRateJustBelowAWholeSecond() {
        assertThat(VideoPlan.timestamp(24000 / (24000 / 1001.0), TimestampMode.HOURS_TO_MILLIS))
                .isEqualTo("00:16:41.999");
    }

    @Test
    void otherTimestampModes() {
        assertThat(VideoPlan.timestamp(3723.4567, TimestampMode.MINUTES_TO_MILLIS))
                .isEqualTo("02:03.456");
        assertThat(VideoPlan.timestamp(3723.4567, TimestampMode.MINUTES_TO_SECONDS))
                .isEqualTo("02:03");
    }

    @ParameterizedTest
    @CsvSource({"0, 25", "-3, 25", "10, 0", "10, -1", "10, NaN", "10, Infinity", "2147483647, 0.5"})
    void impossibleVideosAreRefused(int frames, double fps) {
        assertThatThrownBy(() -> VideoPlan.of(KIMI_K25, frames, fps)).isInstanceOf(MediaException.class);
    }
}

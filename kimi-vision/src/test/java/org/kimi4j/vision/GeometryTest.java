package org.kimi4j.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.kimi4j.vision.Fixtures.integer;
import static org.kimi4j.vision.MediaConfig.KIMI_K25;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kimi4j.error.MediaException;
import org.kimi4j.json.Json;

class GeometryTest {

    private static final Json.Obj EXPECTED = Fixtures.json("preprocess/expected.json");

    static Geometry expected(Json.Obj e) {
        return new Geometry(
                integer(e, "width"),
                integer(e, "height"),
                integer(e, "resized_width"),
                integer(e, "resized_height"),
                integer(e, "pad_width"),
                integer(e, "pad_height"),
                integer(e, "grid_h"),
                integer(e, "grid_w"),
                integer(e, "tokens"));
    }

    @Test
    void everyImageGeometryEqualsTheOfficialProcessors() {
        List<Json.Obj> cases = Fixtures.objects(EXPECTED, "image_geometry");
        assertThat(cases).hasSizeGreaterThan(9);
        for (Json.Obj c : cases) {
            assertThat(Geometry.ofImage(KIMI_K25, integer(c, "width"), integer(c, "height")))
                    .isEqualTo(expected(c));
        }
    }

    @Test
    void everyVideoFrameGeometryEqualsTheOfficialProcessors() {
        List<Json.Obj> cases = Fixtures.objects(EXPECTED, "video_frame_geometry");
        assertThat(cases).hasSizeGreaterThan(9);
        for (Json.Obj c : cases) {
            assertThat(Geometry.ofVideoFrame(KIMI_K25, integer(c, "width"), integer(c, "height"), 4))
                    .isEqualTo(expected(c));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "400, 30, 400, 30, 20, 26, 30",
        "5000, 6000, 1637, 1964, 15, 24, 4189",
        "8000, 200, 7168, 179, 0, 17, 1792",
        "7083, 489, 6918, 477, 26, 27, 4464",
        "1, 1, 1, 1, 27, 27, 1",
        "2147483647, 1, 7168, 1, 0, 27, 256"
    })
    void sizesWithKnownResults(int w, int h, int resizedW, int resizedH, int padW, int padH, int tokens) {
        Geometry g = Geometry.ofImage(KIMI_K25, w, h);
        assertThat(g.resizedWidth()).isEqualTo(resizedW);
        assertThat(g.resizedHeight()).isEqualTo(resizedH);
        assertThat(g.padWidth()).isEqualTo(padW);
        assertThat(g.padHeight()).isEqualTo(padH);
        assertThat(g.tokens()).isEqualTo(tokens);
        assertThat(g.paddedWidth()).isEqualTo(g.gridW() * 14);
        assertThat(g.paddedHeight()).isEqualTo(g.gridH() * 14);
    }

    @Test
    void limitOfAWholeChunkIsSharedByItsFrames() {
        MediaConfig config = new MediaConfig(
                16384,
                14,
                KIMI_K25.imageMean(),
                KIMI_K25.imageStd(),
                2,
                512,
                4096,
                1000,
                2.0,
                4,
                KIMI_K25.timestampMode());
        assertThat(Geometry.frameLimit(config, 4)).isEqualTo(250);
        assertThat(Geometry.frameLimit(config, 3)).isEqualTo(333);
        assertThat(Geometry.frameLimit(KIMI_K25, 4)).isEqualTo(4096);
        assertThat(Geometry.ofVideoFrame(config, 448, 448, 4).resizedWidth()).isEqualTo(221);
    }

    @ParameterizedTest
    @CsvSource({"0, 5", "5, 0", "-1, 5"})
    void sizesWithoutPixelsAreRefused(int w, int h) {
        assertThatThrownBy(() -> Geometry.ofImage(KIMI_K25, w, h))
                .isInstanceOf(MediaException.class)
                .hasMessageContaining(w + "x" + h);
    }
}

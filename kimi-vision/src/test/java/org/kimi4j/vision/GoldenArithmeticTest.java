package org.kimi4j.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.kimi4j.vision.MediaConfig.KIMI_K25;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.kimi4j.json.Json;

/** Resizing, geometry and plans against Pillow, Python and NumPy; tools/vision/make_goldens.py makes the goldens. */
class GoldenArithmeticTest {

    private static final Json.Obj GOLDENS = Fixtures.json("goldens.json");

    private static List<List<Json>> rows(String key) {
        return Fixtures.array(GOLDENS, key).stream()
                .map(row -> ((Json.Arr) row).items())
                .toList();
    }

    private static int integer(List<Json> row, int at) {
        return ((Json.Num) row.get(at)).value().intValueExact();
    }

    private static String text(List<Json> row, int at) {
        return ((Json.Str) row.get(at)).value();
    }

    private static RgbImage picture(int width, int height, int seed) {
        byte[] rgb = new byte[3 * width * height];
        int x = seed;
        for (int i = 0; i < rgb.length; i++) {
            x = 1103515245 * x + 12345;
            rgb[i] = (byte) (x >>> 24);
        }
        return RgbImage.of(width, height, rgb);
    }

    @Test
    void everyResizedPictureEqualsPillows() {
        List<List<Json>> rows = rows("resize");
        assertThat(rows).hasSizeGreaterThan(70);
        for (List<Json> row : rows) {
            RgbImage resized = BicubicResize.resize(
                    picture(integer(row, 0), integer(row, 1), integer(row, 4)), integer(row, 2), integer(row, 3));
            assertThat(Fixtures.sha256(resized.rgb())).as(row.toString()).isEqualTo(text(row, 5));
        }
    }

    @Test
    void everyGeometryEqualsPythons() {
        geometries("image_geometry", KIMI_K25.inPatchLimit());
        geometries("frame_geometry", KIMI_K25.inPatchLimitEachFrame());
    }

    private static void geometries(String key, int limit) {
        List<List<Json>> rows = rows(key);
        assertThat(rows).hasSizeGreaterThan(300);
        for (List<Json> row : rows) {
            Geometry g = Geometry.of(KIMI_K25, integer(row, 0), integer(row, 1), limit);
            assertThat(List.of(g.resizedWidth(), g.resizedHeight(), g.padWidth(), g.padHeight(), g.tokens()))
                    .as(row.toString())
                    .containsExactly(
                            integer(row, 2), integer(row, 3), integer(row, 4), integer(row, 5), integer(row, 6));
        }
    }

    @Test
    void everyPlanEqualsNumpysAndPythons() {
        List<List<Json>> rows = rows("plans");
        assertThat(rows).hasSizeGreaterThan(150);
        for (List<Json> row : rows) {
            double fps = integer(row, 1) / (double) integer(row, 2);
            VideoPlan plan = VideoPlan.of(KIMI_K25, integer(row, 0), fps);
            assertThat(plan.frameIndices()).as(row.toString()).hasSize(integer(row, 3));
            String indices = plan.frameIndices().stream().map(String::valueOf).collect(Collectors.joining(" "));
            String times =
                    plan.chunks().stream().map(VideoPlan.Chunk::timestamp).collect(Collectors.joining(" "));
            String printed = indices + "|" + times;
            assertThat(Fixtures.sha256(printed.getBytes(StandardCharsets.US_ASCII)))
                    .as(row.toString())
                    .isEqualTo(text(row, 4));
        }
    }
}

package org.kimi4j.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.kimi4j.vision.MediaConfig.KIMI_K25;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.kimi4j.chat.MediaOptions;
import org.kimi4j.json.Json;

/** The printed JSON, key by key, against the official processor's. */
class PreprocessReportTest {

    private static final Json.Obj EXPECTED = Fixtures.json("preprocess/expected.json");
    private static final ImagePreprocessor PREPROCESSOR = new ImagePreprocessor(KIMI_K25, MediaOptions.DEFAULTS);

    private static Json without(Json.Obj object, Set<String> keys) {
        Map<String, Json> members = new LinkedHashMap<>(object.members());
        members.keySet().removeAll(keys);
        return new Json.Obj(members);
    }

    @Test
    void imagesPrintTheFixturesObjects() throws Json.SyntaxException {
        for (Json.Obj c : Fixtures.objects(EXPECTED, "images")) {
            byte[] file = Fixtures.bytes("preprocess/" + Fixtures.text(c, "file"));
            MediaItem item = PREPROCESSOR.image(new ImageDecoder(MediaOptions.DEFAULTS).decode(file));
            assertThat(Json.parse(PreprocessReport.image(item)))
                    .isEqualTo(without(c, Set.of("file", "mode", "patch_mean", "first_patch", "last_patch")));
        }
    }

    @Test
    void geometriesPrintTheFixturesObjects() throws Json.SyntaxException {
        for (Json.Obj c : Fixtures.objects(EXPECTED, "image_geometry")) {
            Geometry g = PREPROCESSOR.imageGeometry(Fixtures.integer(c, "width"), Fixtures.integer(c, "height"));
            assertThat(Json.parse(PreprocessReport.geometry(g))).isEqualTo(c);
        }
        for (Json.Obj c : Fixtures.objects(EXPECTED, "video_frame_geometry")) {
            Geometry g = PREPROCESSOR.frameGeometry(Fixtures.integer(c, "width"), Fixtures.integer(c, "height"), 4);
            assertThat(Json.parse(PreprocessReport.geometry(g))).isEqualTo(c);
        }
    }

    @Test
    void plansPrintTheFixturesObjects() throws Json.SyntaxException {
        for (Json.Obj c : Fixtures.objects(EXPECTED, "videos")) {
            VideoPlan plan = PREPROCESSOR.plan(Fixtures.integer(c, "num_frames"), Fixtures.number(c, "fps"));
            assertThat(Json.parse(PreprocessReport.plan(plan))).isEqualTo(without(c, Set.of("num_frames", "fps")));
        }
    }
}

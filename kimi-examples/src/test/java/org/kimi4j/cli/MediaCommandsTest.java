package org.kimi4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kimi4j.Kimi;
import org.kimi4j.Reply;
import org.kimi4j.chat.Media;
import org.kimi4j.json.Json;
import org.kimi4j.nano.KimiNano;
import org.kimi4j.testkit.TensorDifference;

/** preprocess, embed-image, logits with media, ask with pictures and videos. */
class MediaCommandsTest {

    private static final Path FIXTURES = Path.of("../kimi-vision/src/test/resources/org/kimi4j/vision");
    private static final Path PREPROCESS = FIXTURES.resolve("preprocess");
    private static final Path EVAL = FIXTURES.resolve("nano/eval");

    @TempDir
    Path folder;

    private static Json.Obj json(Path file) throws IOException, Json.SyntaxException {
        return (Json.Obj) Json.parse(Files.readString(file));
    }

    private static List<Json.Obj> objects(Json.Obj parent, String key) {
        return ((Json.Arr) parent.get(key).orElseThrow())
                .items().stream().map(item -> (Json.Obj) item).toList();
    }

    private static String text(Json.Obj parent, String key) {
        return ((Json.Str) parent.get(key).orElseThrow()).value();
    }

    private static String number(Json.Obj parent, String key) {
        return ((Json.Num) parent.get(key).orElseThrow()).value().toPlainString();
    }

    private static Json without(Json.Obj object, Set<String> keys) {
        Map<String, Json> members = new LinkedHashMap<>(object.members());
        members.keySet().removeAll(keys);
        return new Json.Obj(members);
    }

    private static Json printed(String... args) throws Json.SyntaxException {
        Ran ran = Ran.kimi(args);
        assertThat(ran.exitCode()).as(ran.err()).isZero();
        return Json.parse(ran.out());
    }

    @Test
    void preprocessShowsEveryPictureAsTheOfficialProcessor() throws Exception {
        Path rgb = folder.resolve("out.rgb");
        List<Json.Obj> images = objects(json(PREPROCESS.resolve("expected.json")), "images");
        assertThat(images).hasSize(12);
        for (Json.Obj one : images) {
            Json shown = printed("preprocess", "--image=" + PREPROCESS.resolve(text(one, "file")), "--out-rgb=" + rgb);
            assertThat(shown)
                    .isEqualTo(without(one, Set.of("file", "mode", "patch_mean", "first_patch", "last_patch")));
            byte[] sha = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(rgb));
            assertThat(HexFormat.of().formatHex(sha)).isEqualTo(text(one, "rgb_sha256"));
        }
    }

    @Test
    void preprocessShowsEveryGeometryAndPlan() throws Exception {
        Json.Obj expected = json(PREPROCESS.resolve("expected.json"));
        for (Json.Obj one : objects(expected, "image_geometry")) {
            assertThat(printed("preprocess", "--geometry", number(one, "width") + "x" + number(one, "height")))
                    .isEqualTo(one);
        }
        for (Json.Obj one : objects(expected, "video_frame_geometry")) {
            String size = number(one, "width") + "x" + number(one, "height");
            assertThat(printed("preprocess", "--geometry", size, "--video-frame"))
                    .isEqualTo(one);
        }
        for (Json.Obj one : objects(expected, "videos")) {
            assertThat(printed("preprocess", "--video-plan", number(one, "num_frames") + ":" + number(one, "fps")))
                    .isEqualTo(without(one, Set.of("num_frames", "fps")));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "2, preprocess, required",
        "2, preprocess;--geometry=10, WIDTHxHEIGHT",
        "2, preprocess;--geometry=0x5, WIDTHxHEIGHT",
        "2, preprocess;--video-plan=10, FRAMES:FPS",
        "2, preprocess;--geometry=3x3;--video-plan=3:3, mutually exclusive",
        "1, preprocess;--geometry=3x3;--out-rgb=x, --out-rgb: only with --image",
        "1, preprocess;--video-plan=3:3;--video-frame, only with --geometry",
        "1, preprocess;--image=nowhere.png, nowhere.png",
        "1, ask;what;--image=nowhere.png, nowhere.png",
        "2, logits;--model=nano;--tokens=1;--out=x;--media=a.rgb:28x28, FILE:WIDTHxHEIGHTxFRAMES",
    })
    void whatCannotBeShownIsRefused(int exitCode, String line, String message) {
        Ran ran = Ran.kimi(line.split(";"));
        assertThat(ran.exitCode()).as(ran.err()).isEqualTo(exitCode);
        assertThat(ran.err()).contains(message);
    }

    private static float[] floats(Path file) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        float[] values = new float[bytes.remaining() / Float.BYTES];
        bytes.asFloatBuffer().get(values);
        return values;
    }

    @ParameterizedTest
    @CsvSource({"tiny-a, scalar", "tiny-a, vector", "tiny-b, scalar", "tiny-b, vector"})
    void embedImageGivesTheVectorsOfTheReference(String model, String backend) throws Exception {
        Path directory = Ran.GOLDEN.resolve(model);
        Path out = folder.resolve("rows.f32");
        List<Json.Obj> media = objects(json(directory.resolve("expected.json")), "media");
        assertThat(media).hasSize(5);
        for (Json.Obj one : media) {
            Ran ran = Ran.kimi(
                    "embed-image",
                    "--model=" + directory.resolve("checkpoint"),
                    "--rgb=" + directory.resolve(text(one, "rgb")),
                    "--size=" + number(one, "width") + "x" + number(one, "height"),
                    "--frames=" + number(one, "frames"),
                    "--backend=" + backend,
                    "--out=" + out);
            assertThat(ran.exitCode()).as(ran.err()).isZero();
            Path expected =
                    directory.resolve(text((Json.Obj) one.get("embeddings").orElseThrow(), "file"));
            TensorDifference difference = TensorDifference.of(floats(out), floats(expected));
            assertThat(difference.rmsRelative())
                    .as("%s: %s", text(one, "name"), difference)
                    .isLessThanOrEqualTo(1e-5);
        }
    }

    @ParameterizedTest
    @CsvSource({"tiny-a, scalar, 7", "tiny-a, vector, 512", "tiny-b, scalar, 512", "tiny-b, vector, 7"})
    void logitsWithMediaAreThoseOfTheReference(String model, String backend, String chunk) throws Exception {
        Path directory = Ran.GOLDEN.resolve(model);
        Json.Obj root = json(directory.resolve("expected.json"));
        Json.Obj one = objects(root, "cases").stream()
                .filter(c -> text(c, "name").equals("multimodal"))
                .findFirst()
                .orElseThrow();
        Path out = folder.resolve("logits.f32");
        List<String> line = new ArrayList<>(List.of(
                "logits",
                "--model=" + directory.resolve("checkpoint"),
                "--tokens="
                        + ((Json.Arr) one.get("tokens").orElseThrow())
                                .items().stream()
                                        .map(Json::write)
                                        .reduce((a, b) -> a + "," + b)
                                        .orElseThrow(),
                "--positions=all",
                "--backend=" + backend,
                "--precision=exact",
                "--chunk=" + chunk,
                "--out=" + out));
        for (Json name : ((Json.Arr) one.get("media").orElseThrow()).items()) {
            Json.Obj item = objects(root, "media").stream()
                    .filter(m -> m.get("name").orElseThrow().equals(name))
                    .findFirst()
                    .orElseThrow();
            // A colon in the path: the size stands behind the last one.
            Path rgb = Files.copy(directory.resolve(text(item, "rgb")), folder.resolve("a:" + text(item, "rgb")));
            line.add("--media=" + rgb + ":" + number(item, "width") + "x" + number(item, "height") + "x"
                    + number(item, "frames"));
        }
        Ran ran = Ran.kimi(line.toArray(String[]::new));
        assertThat(ran.exitCode()).as(ran.err()).isZero();
        Path expected = directory.resolve(text((Json.Obj) one.get("logits").orElseThrow(), "file"));
        TensorDifference difference = TensorDifference.of(floats(out), floats(expected));
        assertThat(difference.rmsRelative()).as("%s", difference).isLessThan(1e-5);
        assertThat(difference.maxAbs()).as("%s", difference).isLessThan(2e-4);
    }

    @Test
    void logitsNeedAPadForEachVector() throws IOException {
        Path rgb = Files.write(folder.resolve("x.rgb"), new byte[3 * 28 * 28]);
        Path model = Ran.GOLDEN.resolve("tiny-a/checkpoint");
        String[] line = {
            "logits", "--model=" + model, "--tokens=1,2", "--media=" + rgb + ":28x28x1", "--out=" + folder.resolve("x")
        };
        Ran ran = Ran.kimi(line);
        assertThat(ran.exitCode()).isEqualTo(1);
        assertThat(ran.err()).contains("0 pads").contains("1 vectors");
        line[3] = "--media=" + rgb + ":28x56x1";
        ran = Ran.kimi(line);
        assertThat(ran.exitCode()).isEqualTo(1);
        assertThat(ran.err()).contains("expected 4704 bytes");
    }

    @Test
    void askSeesPictures() {
        Ran one = Ran.kimi(
                "ask",
                "Tell me what is in the image.",
                "--instant",
                "--image",
                EVAL.resolve("00-picture_describe-0.png") + "");
        assertThat(one.exitCode()).as(one.err()).isZero();
        assertThat(one.out().strip()).isEqualTo("I see a red star, an orange heart and a red heart.");
        Ran two = Ran.kimi(
                "ask",
                "Describe the first picture",
                "--image=" + FIXTURES.resolve("nano/goldens/two-images-0.png"),
                "--image=" + FIXTURES.resolve("nano/goldens/two-images-1.png"));
        assertThat(two.out().strip()).isEqualTo("I see an orange square and a yellow triangle.");
    }

    /** A clip of the held-out questions as an MP4 without loss, two frames a second. */
    private Path mp4() throws Exception {
        Path log = folder.resolve("ffmpeg.log");
        Path mp4 = folder.resolve("clip.mp4");
        Process process;
        try {
            process = new ProcessBuilder(
                            "ffmpeg",
                            "-y",
                            "-framerate",
                            "2",
                            "-i",
                            EVAL.resolve("36-video_color-0-%d.png") + "",
                            "-c:v",
                            "libx264rgb",
                            "-qp",
                            "0",
                            "-pix_fmt",
                            "rgb24",
                            mp4 + "")
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
        } catch (IOException e) {
            assumeThat(false).as("FFmpeg is not installed: %s", e.getMessage()).isTrue();
            throw e;
        }
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assumeThat(process.exitValue())
                .as("FFmpeg makes no lossless MP4 here: %s", Files.readString(log))
                .isZero();
        return mp4;
    }

    @Test
    void anMp4IsSeenAsItsFramesAre() throws Exception {
        Path mp4 = mp4();
        Json.Obj recorded = objects(json(EVAL.resolve("cases.json")), "cases").stream()
                .filter(c -> text(c, "name").startsWith("36-"))
                .findFirst()
                .orElseThrow();
        Json.Obj message = objects(recorded, "messages").getFirst();
        String question = text(
                objects(message, "content").stream()
                        .filter(p -> text(p, "type").equals("text"))
                        .findFirst()
                        .orElseThrow(),
                "text");
        boolean thinking = ((Json.Bool) recorded.get("thinking").orElseThrow()).value();
        List<Media> frames = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            frames.add(Media.of(EVAL.resolve("36-video_color-0-" + i + ".png")));
        }
        Ran ran = thinking
                ? Ran.kimi("ask", question, "--stats", "--video", mp4 + "")
                : Ran.kimi("ask", question, "--stats", "--instant", "--video", mp4 + "");
        assertThat(ran.exitCode()).as(ran.err()).isZero();
        try (Kimi kimi = Kimi.load(KimiNano.path())) {
            Reply ofFrames = ask(kimi, question, thinking, new Media.Frames(frames, 2));
            Reply ofFile = ask(kimi, question, thinking, Media.of(mp4));
            assertThat(ofFile.logprobs()).isEqualTo(ofFrames.logprobs());
            assertThat(ofFile.usage().promptTokens()).isEqualTo(ofFrames.usage().promptTokens());
            assertThat(ran.out().strip()).isEqualTo(ofFrames.text());
        }
        assertThat(ran.out().strip())
                .isEqualTo(text((Json.Obj) recorded.get("nano").orElseThrow(), "content"));
    }

    private static Reply ask(Kimi kimi, String question, boolean thinking, Media video) {
        return kimi.chat()
                .user(u -> u.video(video).text(question))
                .thinking(thinking)
                .temperature(0)
                .logprobs(1)
                .send();
    }
}

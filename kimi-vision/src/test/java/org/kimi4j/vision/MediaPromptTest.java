package org.kimi4j.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.function.UnaryOperator;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kimi4j.Backend;
import org.kimi4j.GenerateOptions;
import org.kimi4j.Kimi;
import org.kimi4j.KimiOptions;
import org.kimi4j.PromptProgress;
import org.kimi4j.PromptProgress.Stage;
import org.kimi4j.Reply;
import org.kimi4j.UserTurn;
import org.kimi4j.chat.ChatMessage;
import org.kimi4j.chat.Content;
import org.kimi4j.chat.Media;
import org.kimi4j.chat.MediaOptions;
import org.kimi4j.chat.MediaTokens;
import org.kimi4j.chat.ToolCall;
import org.kimi4j.error.MediaException;
import org.kimi4j.nano.KimiNano;

/** Pictures and clips on their way through a request, on the bundled model. */
class MediaPromptTest {

    private static final byte[] ONE = Fixtures.bytes("nano/goldens/one-image-0.png");
    private static final byte[] OTHER = Fixtures.bytes("nano/goldens/two-images-0.png");

    private static Kimi open(MediaOptions media) {
        return Kimi.load(KimiNano.path(), KimiOptions.DEFAULTS.with(o -> o.media(media)));
    }

    private static Kimi open() {
        return open(MediaOptions.DEFAULTS);
    }

    /** What a request tells of its prompt. */
    private static List<PromptProgress> progress(Kimi kimi, String text, Media... pictures) {
        List<PromptProgress> told = new ArrayList<>();
        kimi.chat()
                .user(u -> {
                    u.text(text);
                    for (Media picture : pictures) {
                        u.image(picture);
                    }
                })
                .temperature(0)
                .maxTokens(1)
                .progress(told::add)
                .send();
        return told;
    }

    private static boolean looked(List<PromptProgress> told) {
        return told.stream().anyMatch(p -> p.stage() == Stage.LOOKING);
    }

    private static Media pixels(byte[] png) {
        RgbImage image = new ImageDecoder(MediaOptions.DEFAULTS).decode(png);
        return new Media.Rgb(image.width(), image.height(), image.rgb());
    }

    @Test
    void samePixelsAreEncodedOnceWhateverTheyComeFrom() {
        try (Kimi kimi = open()) {
            assertThat(looked(progress(kimi, "Look", Media.of(ONE)))).isTrue();
            assertThat(looked(progress(kimi, "And now?", pixels(ONE)))).isFalse();
            String uri = "data:image/png;base64," + Base64.getEncoder().encodeToString(ONE);
            assertThat(looked(progress(kimi, "Again", new Media.Uri(uri), new Media.Uri(uri))))
                    .isFalse();
            assertThat(looked(progress(kimi, "This?", Media.of(OTHER)))).isTrue();
        }
    }

    private static boolean looked(Kimi kimi, UnaryOperator<UserTurn> turn) {
        List<PromptProgress> told = new ArrayList<>();
        kimi.chat()
                .user(u -> turn.apply(u.text("Look")))
                .temperature(0)
                .maxTokens(1)
                .progress(told::add)
                .send();
        return looked(told);
    }

    @Test
    void everySourceOfAPictureIsAnInputOfATurn(@TempDir Path folder) throws IOException {
        Path file = Files.write(folder.resolve("one.png"), ONE);
        BufferedImage image = ImageIO.read(file.toFile());
        Media.Rgb pixels = (Media.Rgb) pixels(ONE);
        String uri = "data:image/png;base64," + Base64.getEncoder().encodeToString(ONE);
        // That nothing is encoded again means that the pixels were the same.
        try (Kimi kimi = open()) {
            assertThat(looked(kimi, u -> u.image(file))).isTrue();
            assertThat(looked(kimi, u -> u.image(ONE))).isFalse();
            assertThat(looked(kimi, u -> u.image(new ByteArrayInputStream(ONE))))
                    .isFalse();
            assertThat(looked(kimi, u -> u.image(image))).isFalse();
            assertThat(looked(kimi, u -> u.image(pixels.width(), pixels.height(), pixels.rgb())))
                    .isFalse();
            assertThat(looked(kimi, u -> u.image(uri))).isFalse();
            assertThat(looked(kimi, u -> u.video(new Media.Frames(List.of(Media.of(image), Media.of(ONE)), 2))))
                    .isTrue();
            assertThatThrownBy(() -> looked(kimi, u -> u.image(file.toString())))
                    .isInstanceOf(MediaException.class)
                    .hasMessageContaining("image(Path)");
            assertThatThrownBy(() -> looked(kimi, u -> u.video(Media.of(image))))
                    .isInstanceOf(MediaException.class)
                    .hasMessageContaining("video 1", "no video");
        }
    }

    @Test
    void bufferedImagesAreReadAsTheOptionsSay() {
        BufferedImage clear = new BufferedImage(168, 168, BufferedImage.TYPE_INT_ARGB);
        byte[] white = new byte[3 * 168 * 168];
        java.util.Arrays.fill(white, (byte) 255);
        try (Kimi kimi = open(MediaOptions.DEFAULTS.with(o -> o.alpha(MediaOptions.Alpha.ON_WHITE)))) {
            assertThat(looked(kimi, u -> u.image(clear))).isTrue();
            assertThat(looked(kimi, u -> u.image(168, 168, white))).isFalse();
        }
        try (Kimi kimi = open(MediaOptions.DEFAULTS.with(o -> o.maxPixels(1000)))) {
            assertThatThrownBy(() -> looked(kimi, u -> u.image(clear)))
                    .isInstanceOf(MediaException.class)
                    .hasMessageContaining("168x168")
                    .hasMessageContaining("maxPixels");
        }
    }

    @Test
    void modelsOfTheSameFilesEncodeThePictureOnce(@TempDir Path folder) throws IOException {
        Path copy = Files.createDirectories(folder.resolve("copy"));
        try (DirectoryStream<Path> files = Files.newDirectoryStream(KimiNano.path())) {
            for (Path file : files) {
                Files.copy(file, copy.resolve(file.getFileName().toString()));
            }
        }
        try (Kimi one = open();
                Kimi two = open();
                Kimi without = open(MediaOptions.DEFAULTS.with(o -> o.cacheBytes(0)));
                Kimi scalar = Kimi.load(KimiNano.path(), KimiOptions.DEFAULTS.with(o -> o.backend(Backend.SCALAR)));
                Kimi other = Kimi.load(copy)) {
            assertThat(looked(one, u -> u.image(ONE))).isTrue();
            assertThat(looked(two, u -> u.image(ONE))).isFalse();
            assertThat(seen(two, ONE).logprobs()).isEqualTo(seen(without, ONE).logprobs());
            assertThat(looked(without, u -> u.image(ONE))).isTrue();
            assertThat(looked(scalar, u -> u.image(ONE))).isTrue();
            assertThat(looked(other, u -> u.image(ONE))).isTrue();
        }
        try (Kimi anew = open()) {
            assertThat(looked(anew, u -> u.image(ONE))).isTrue();
        }
    }

    @Test
    void withoutACacheTheyAreEncodedEachTime() {
        try (Kimi kimi = open(MediaOptions.DEFAULTS.with(o -> o.cacheBytes(0)))) {
            assertThat(looked(progress(kimi, "Look", Media.of(ONE)))).isTrue();
            assertThat(looked(progress(kimi, "And now?", Media.of(ONE)))).isTrue();
        }
    }

    @Test
    void progressNamesTheStagesAndEndsWithTheWholePrompt() {
        try (Kimi kimi = open()) {
            List<PromptProgress> told = progress(kimi, "Compare", Media.of(ONE), Media.of(OTHER));
            assertThat(told.getFirst()).isEqualTo(new PromptProgress(Stage.DECODING, 1, 2));
            assertThat(told).extracting(PromptProgress::stage).contains(Stage.LOOKING, Stage.READING);
            for (Stage stage : Stage.values()) {
                List<PromptProgress> of =
                        told.stream().filter(p -> p.stage() == stage).toList();
                assertThat(of).extracting(PromptProgress::done).isSorted();
                assertThat(of).allMatch(p -> p.total() == of.getFirst().total() && p.done() <= p.total());
            }
            PromptProgress last = told.getLast();
            assertThat(last.stage()).isEqualTo(Stage.READING);
            assertThat(last.done()).isEqualTo(last.total());
        }
    }

    private static Reply afterTool(Kimi kimi, Content... result) {
        ToolCall call = new ToolCall("functions.camera:0", "camera", "{}");
        return kimi.chat()
                .messages(List.of(
                        ChatMessage.user("Describe what the camera sees."),
                        new ChatMessage.Assistant(List.of(), "", List.of(call), ""),
                        ChatMessage.tool(call.id(), result)))
                .thinking(false)
                .temperature(0)
                .maxTokens(20)
                .logprobs(1)
                .send();
    }

    @Test
    void pictureInAToolResultIsSeen() {
        try (Kimi kimi = open()) {
            Reply without = afterTool(kimi, Content.text("Here."));
            Reply one = afterTool(kimi, Content.text("Here."), Content.image(Media.of(ONE)));
            Reply other = afterTool(kimi, Content.text("Here."), Content.image(Media.of(OTHER)));
            int pads = 16;
            assertThat(one.usage().promptTokens())
                    .isEqualTo(other.usage().promptTokens())
                    .isGreaterThan(without.usage().promptTokens() + pads);
            assertThat(one.logprobs()).isNotEqualTo(other.logprobs());
            assertThat(afterTool(kimi, Content.text("Here."), Content.image(pixels(ONE)))
                            .logprobs())
                    .isEqualTo(one.logprobs());
        }
    }

    @Test
    void pictureOfAnEarlierTurnIsReadFromTheCacheOfTheConversation() {
        try (Kimi kimi = open()) {
            var conversation =
                    kimi.conversation().options(o -> o.thinking(false).temperature(0));
            conversation.user(u -> u.image(ONE).text("Describe the picture")).send();
            Reply second = conversation.user("How many shapes are there?").send();
            assertThat(second.usage().cachedTokens()).isGreaterThan(16);
        }
    }

    private static Reply seen(Kimi kimi, byte[] picture) {
        return kimi.chat()
                .user(u -> u.text("Tell me what is in the image.").image(picture))
                .thinking(false)
                .temperature(0)
                .send();
    }

    @Test
    void sameWordsAboutAnotherPictureAreAnsweredAboutThatAndReadFromItsFirstPadOn() {
        String alone;
        try (Kimi kimi = open()) {
            alone = seen(kimi, OTHER).text();
        }
        try (Kimi kimi = open()) {
            Reply one = seen(kimi, ONE);
            Reply other = seen(kimi, OTHER);
            assertThat(other.text()).isEqualTo(alone).isNotEqualTo(one.text());
            int firstPad = kimi.model()
                    .render(
                            List.of(ChatMessage.user(
                                    Content.text("Tell me what is in the image."), Content.image(Media.of(OTHER)))),
                            List.of(),
                            GenerateOptions.DEFAULTS.with(o -> o.thinking(false)))
                    .encode(kimi.model().tokenizer(), List.of(new MediaTokens.Image(1)))
                    .padRuns()
                    .getFirst()
                    .position();
            assertThat(other.usage().cachedTokens()).isEqualTo(firstPad);
            Reply again = seen(kimi, OTHER);
            assertThat(again.text()).isEqualTo(alone);
            assertThat(again.usage().cachedTokens()).isEqualTo(again.usage().promptTokens() - 1);
        }
    }

    @Test
    void brokenPictureIsNamedByItsPlaceInTheMessages() {
        byte[] cut = java.util.Arrays.copyOf(ONE, ONE.length / 2);
        try (Kimi kimi = open()) {
            assertThatThrownBy(() ->
                            kimi.chat().user(u -> u.image(OTHER).image(cut)).send())
                    .isInstanceOf(MediaException.class)
                    .hasMessageContaining("picture 2");
            assertThat(kimi.model().stats().active()).isZero();
            assertThat(kimi.model().stats().waiting()).isZero();
        }
    }

    @Test
    void addressesOfFilesAndHostsAreNotOpened() {
        try (Kimi kimi = open()) {
            for (String uri : List.of("file:///etc/passwd", "http://127.0.0.1:9/x.png", "/etc/passwd")) {
                assertThatThrownBy(() -> kimi.chat()
                                .user(u -> u.image(new Media.Uri(uri)))
                                .send())
                        .isInstanceOf(MediaException.class)
                        .hasMessageContaining("data:");
            }
        }
    }

    @Test
    void framesLimitAndPatchLimitShortenThePrompt() {
        List<Media> frames = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            byte[] rgb = new byte[3 * 168 * 168];
            java.util.Arrays.fill(rgb, (byte) (10 * i));
            frames.add(new Media.Rgb(168, 168, rgb));
        }
        Media video = new Media.Frames(frames, 2);
        int whole = videoTokens(MediaOptions.DEFAULTS, video);
        int half = videoTokens(MediaOptions.DEFAULTS.with(o -> o.maxFrames(12)), video);
        int small = videoTokens(MediaOptions.DEFAULTS.with(o -> o.maxFramePatches(36)), video);
        // Six chunks of 6 x 6 tokens each; three; six of 3 x 3.
        assertThat(whole - half).isGreaterThanOrEqualTo(3 * 36);
        assertThat(whole - small).isEqualTo(6 * (36 - 9));
    }

    private static int videoTokens(MediaOptions options, Media video) {
        try (Kimi kimi = open(options)) {
            return kimi.chat()
                    .user(u -> u.video(video).text("What moves?"))
                    .maxTokens(1)
                    .temperature(0)
                    .send()
                    .usage()
                    .promptTokens();
        }
    }
}

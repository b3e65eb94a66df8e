package org.kimi4j.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kimi4j.chat.MediaOptions;
import org.kimi4j.chat.MediaOptions.LossyWebp;
import org.kimi4j.json.Json;

/** Each of the three decoders of lossy WebP by itself. */
class LossyWebpDecoderTest {

    static List<Json.Obj> lossy() {
        return Fixtures.objects(Fixtures.json("corpus/corpus.json"), "images").stream()
                .filter(o -> o.get("lossy_webp").isPresent()
                        && !Fixtures.text(o, "file").contains("animated"))
                .toList();
    }

    private static WebpFile.Frame frame(Json.Obj entry) throws BrokenImageException {
        byte[] data = Fixtures.bytes("corpus/" + Fixtures.text(entry, "file"));
        return ((WebpFile) PictureFile.open(data)).frame();
    }

    @ParameterizedTest
    @MethodSource("lossy")
    void libwebpGivesPillowsPixels(Json.Obj entry) throws BrokenImageException {
        Optional<LibWebp> library = LibWebp.find();
        assumeTrue(library.isPresent(), "libwebp is not installed");
        Pixels pixels = library.get().decode(frame(entry), false);
        assertThat(Fixtures.sha256(pixels.rgb())).isEqualTo(Fixtures.text(entry, "rgb_sha256"));
    }

    @ParameterizedTest
    @MethodSource("lossy")
    void ffmpegGivesPillowsPixels(Json.Obj entry) throws BrokenImageException {
        Optional<Ffmpeg> ffmpeg = Ffmpeg.find(MediaOptions.DEFAULTS);
        assumeTrue(ffmpeg.isPresent(), "FFmpeg is not installed");
        Pixels pixels = LossyWebpDecoder.withFfmpeg(ffmpeg.get(), frame(entry), false);
        assertThat(Fixtures.sha256(pixels.rgb())).isEqualTo(Fixtures.text(entry, "rgb_sha256"));
    }

    @Test
    void ffmpegGivesPillowsAlpha() throws BrokenImageException {
        Optional<Ffmpeg> ffmpeg = Ffmpeg.find(MediaOptions.DEFAULTS);
        assumeTrue(ffmpeg.isPresent(), "FFmpeg is not installed");
        Json.Obj entry = lossy().stream()
                .filter(o -> o.get("white_sha256").isPresent())
                .findFirst()
                .orElseThrow();
        Pixels pixels = LossyWebpDecoder.withFfmpeg(ffmpeg.get(), frame(entry), true);
        assertThat(Fixtures.sha256(pixels.onWhite().rgb())).isEqualTo(Fixtures.text(entry, "white_sha256"));
    }

    @Test
    void javaGivesTheRightPictureApproximately() throws BrokenImageException {
        Optional<LibWebp> library = LibWebp.find();
        assumeTrue(library.isPresent(), "libwebp is not installed, nothing to compare with");
        for (Json.Obj entry : lossy()) {
            Pixels exact = library.get().decode(frame(entry), false);
            Pixels java = LossyWebpDecoder.withJava(frame(entry), false, MediaOptions.DEFAULTS);
            double sum = 0;
            for (int i = 0; i < exact.rgb().length; i++) {
                sum += Math.abs((exact.rgb()[i] & 0xFF) - (java.rgb()[i] & 0xFF));
            }
            // Colours that are off by a conversion, not by a shifted or scrambled picture.
            assertThat(sum / exact.rgb().length)
                    .as(Fixtures.text(entry, "file"))
                    .isLessThan(16);
        }
    }

    @Test
    void approximationCanBeRefused() {
        MediaOptions options =
                MediaOptions.builder().lossyWebp(LossyWebp.REFUSE).build();
        assertThatThrownBy(() -> LossyWebpDecoder.withJava(frame(lossy().getFirst()), false, options))
                .hasMessageContaining("libwebp")
                .hasMessageContaining("FFmpeg");
    }
}

package org.kimi4j.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kimi4j.chat.MediaOptions;
import org.kimi4j.json.Json;

/** Every picture of the corpus decodes to Pillow's pixels; tools/vision/make_corpus.py makes the corpus. */
class CorpusTest {

    private static final byte[] PIXELS = unpack(Fixtures.bytes("corpus/pixels.rgb.gz"));

    record Entry(String file, Json.Obj expected) {
        @Override
        public String toString() {
            return file;
        }
    }

    static List<Entry> entries() {
        return Fixtures.objects(Fixtures.json("corpus/corpus.json"), "images").stream()
                .map(o -> new Entry(Fixtures.text(o, "file"), o))
                .toList();
    }

    private static byte[] unpack(byte[] gz) {
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(gz))) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static EncodedImage open(Entry entry, MediaOptions options) {
        return new ImageDecoder(options).open(Fixtures.bytes("corpus/" + entry.file), entry.file);
    }

    /** The first pixel that differs, in words. */
    private static String difference(RgbImage found, Entry entry) {
        int from = Fixtures.integer(entry.expected, "rgb_offset");
        byte[] expected = Arrays.copyOfRange(PIXELS, from, from + found.rgb().length);
        int at = Arrays.mismatch(expected, found.rgb());
        return at < 0
                ? "none"
                : "pixel (" + at / 3 % found.width() + ", " + at / 3 / found.width() + ") channel " + at % 3
                        + ": expected " + (expected[at] & 0xFF) + ", found " + (found.rgb()[at] & 0xFF);
    }

    /** Skips a lossy WebP where nothing on this machine decodes it exactly. */
    private static void assumeExact(Entry entry) {
        if (entry.expected.get("lossy_webp").isPresent()) {
            assumeTrue(
                    LibWebp.find().isPresent()
                            || Ffmpeg.find(MediaOptions.DEFAULTS).isPresent(),
                    "lossy WebP needs libwebp or FFmpeg; neither is installed");
        }
    }

    @ParameterizedTest
    @MethodSource("entries")
    void picturesDecodeToPillowsPixels(Entry entry) {
        assumeExact(entry);
        EncodedImage encoded = open(entry, MediaOptions.DEFAULTS);
        assertThat(encoded.width()).isEqualTo(Fixtures.integer(entry.expected, "width"));
        assertThat(encoded.height()).isEqualTo(Fixtures.integer(entry.expected, "height"));
        RgbImage image = encoded.decode();
        if (entry.expected.get("rgb_offset").isPresent()) {
            assertThat(difference(image, entry)).isEqualTo("none");
        }
        assertThat(Fixtures.sha256(image.rgb())).isEqualTo(Fixtures.text(entry.expected, "rgb_sha256"));
    }

    static List<Entry> entriesWithAlpha() {
        return entries().stream()
                .filter(e -> e.expected.get("white_sha256").isPresent())
                .toList();
    }

    @ParameterizedTest
    @MethodSource("entriesWithAlpha")
    void transparentPicturesOnWhiteEqualPillowsPaste(Entry entry) {
        assumeExact(entry);
        MediaOptions options =
                MediaOptions.builder().alpha(MediaOptions.Alpha.ON_WHITE).build();
        RgbImage image = open(entry, options).decode();
        assertThat(Fixtures.sha256(image.rgb())).isEqualTo(Fixtures.text(entry.expected, "white_sha256"));
    }

    /** Pillow finds no transparent pixel in these; the files make the colour of pixel (4, 3) transparent. */
    @ParameterizedTest
    @ValueSource(strings = {"0-2bit", "0-4bit", "0-16bit", "2-16bit"})
    void transparentColourOfOtherDepthsIsFound(String layout) {
        byte[] data = Fixtures.bytes("corpus/png-type" + layout + "-trns.png");
        RgbImage dropped = new ImageDecoder(MediaOptions.DEFAULTS).decode(data);
        MediaOptions options =
                MediaOptions.builder().alpha(MediaOptions.Alpha.ON_WHITE).build();
        RgbImage white = new ImageDecoder(options).decode(data);
        int at = 3 * (3 * white.width() + 4);
        assertThat(Arrays.copyOfRange(white.rgb(), at, at + 3)).containsOnly(255);
        int same = 0;
        for (int i = 0; i < white.rgb().length; i++) {
            same += white.rgb()[i] == dropped.rgb()[i] ? 1 : 0;
        }
        assertThat(same).isGreaterThan(white.rgb().length / 2);
    }

    static List<Entry> entriesWithOrientation() {
        return entries().stream()
                .filter(e -> e.expected.get("oriented").isPresent())
                .toList();
    }

    @ParameterizedTest
    @MethodSource("entriesWithOrientation")
    void orientedPicturesEqualPillowsExifTranspose(Entry entry) {
        EncodedImage encoded = open(entry, MediaOptions.builder().orient(true).build());
        Json.Obj expected = (Json.Obj) entry.expected.get("oriented").orElseThrow();
        assertThat(encoded.width()).isEqualTo(Fixtures.integer(expected, "width"));
        assertThat(encoded.height()).isEqualTo(Fixtures.integer(expected, "height"));
        RgbImage image = encoded.decode();
        assertThat(image.width()).isEqualTo(encoded.width());
        assertThat(Fixtures.sha256(image.rgb())).isEqualTo(Fixtures.text(expected, "rgb_sha256"));
    }

    @Test
    void everyFormatAndOptionIsInTheCorpus() {
        List<String> files = entries().stream().map(Entry::file).toList();
        for (String format : List.of("png-", "jpeg-", "gif-", "bmp-", "webp-lossless", "webp-lossy")) {
            assertThat(files).filteredOn(f -> f.startsWith(format)).hasSizeGreaterThan(8);
        }
        assertThat(entriesWithAlpha()).hasSizeGreaterThan(15);
        assertThat(entriesWithOrientation()).hasSizeGreaterThan(10);
    }
}

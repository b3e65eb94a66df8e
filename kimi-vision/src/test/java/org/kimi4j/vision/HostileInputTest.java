package org.kimi4j.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kimi4j.chat.MediaOptions;
import org.kimi4j.error.MediaException;

/** Each hostile input gives a picture or one MediaException that names the file and the reason. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class HostileInputTest {

    private static final ImageDecoder DECODER = new ImageDecoder(MediaOptions.DEFAULTS);

    @TempDir
    Path dir;

    /** An input and what becomes of it: the reason of an error, or "picture WxH". */
    record Input(String name, byte[] data, String outcome) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static byte[] corpus(String file) {
        return Fixtures.bytes("corpus/" + file);
    }

    private static byte[] cut(String file, int percent) {
        byte[] data = corpus(file);
        return Arrays.copyOf(data, data.length * percent / 100);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** A copy with some bytes replaced. */
    private static byte[] patched(byte[] data, int at, int... bytes) {
        byte[] copy = data.clone();
        for (int i = 0; i < bytes.length; i++) {
            copy[at + i] = (byte) bytes[i];
        }
        return copy;
    }

    /** A PNG whose header tells this size; the checksum is right. */
    private static byte[] pngOf(int width, int height) {
        byte[] png = corpus("png-type2-8bit.png");
        ByteBuffer.wrap(png).putInt(16, width).putInt(20, height);
        CRC32 crc = new CRC32();
        crc.update(png, 12, 17);
        ByteBuffer.wrap(png).putInt(29, (int) crc.getValue());
        return png;
    }

    /** A JPEG whose frame header tells this size. */
    private static byte[] jpegOf(String file, int width, int height) {
        byte[] jpeg = corpus(file);
        int at = 2;
        while ((jpeg[at + 1] & 0xFF) < 0xC0 || (jpeg[at + 1] & 0xFF) > 0xC2) {
            at += 2 + ((jpeg[at + 2] & 0xFF) << 8 | jpeg[at + 3] & 0xFF);
        }
        return patched(jpeg, at + 5, height >> 8, height, width >> 8, width);
    }

    private static byte[] gifOf(int width, int height) {
        byte[] gif = corpus("gif-87a.gif");
        int descriptor = 13 + 24 + 9;
        return patched(
                patched(gif, 6, width, width >> 8, height, height >> 8),
                descriptor + 5,
                width,
                width >> 8,
                height,
                height >> 8);
    }

    private static byte[] bmpWith(String file, int at, int value) {
        byte[] bmp = corpus(file);
        ByteBuffer.wrap(bmp).order(ByteOrder.LITTLE_ENDIAN).putInt(at, value);
        return bmp;
    }

    private static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    private static byte[] manyScans() {
        byte[] jpeg = corpus("jpeg-progressive-s2.jpg");
        int sos = 0;
        while (jpeg[sos] != -1 || (jpeg[sos + 1] & 0xFF) != 0xDA) {
            sos++;
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(jpeg, 0, sos);
        for (int i = 0; i < 5000; i++) {
            out.writeBytes(new byte[] {-1, (byte) 0xDA, 0, 8, 1, 1, 0, 0, 0, 0});
        }
        out.write(jpeg, sos, jpeg.length - sos);
        return out.toByteArray();
    }

    /** A lossless WebP whose container is whole and whose picture data ends half way. */
    private static byte[] halfLossless() {
        byte[] webp = corpus("webp-lossless-best.webp");
        byte[] data = Arrays.copyOfRange(webp, 20, 20 + (webp.length / 4) * 2);
        ByteBuffer head = ByteBuffer.allocate(20).order(ByteOrder.LITTLE_ENDIAN);
        head.put(ascii("RIFF")).putInt(12 + data.length).put(ascii("WEBPVP8L")).putInt(data.length);
        return concat(head.array(), data);
    }

    static List<Input> inputs() {
        List<Input> inputs = new ArrayList<>();
        inputs.addAll(notPictures());
        inputs.addAll(truncated());
        inputs.addAll(absurd());
        inputs.addAll(broken());
        inputs.addAll(unusual());
        return inputs;
    }

    private static List<Input> notPictures() {
        return List.of(
                new Input("empty.png", new byte[0], "empty"),
                new Input("text.png", ascii("this is text\nnamed .png\n"), "text"),
                new Input("drawing.svg", ascii("<?xml version='1.0'?>\n<svg xmlns='x' width='9e9'/>"), "SVG"),
                new Input("page.pdf", ascii("%PDF-1.7\n\u00e2\u00e3"), "PDF"),
                new Input("scan.tif", ascii("II*\0\10\0\0\0"), "TIFF"),
                new Input("photo.heic", ascii("\0\0\0\30ftypheic\0\0\0\0"), "AVIF or HEIC"),
                new Input("clip.png", ascii("\0\0\0\30ftypisom\0\0\0\0"), "video"),
                new Input("app.ico", ascii("\0\0\1\0\1\0\20\20"), "icon"),
                new Input("wide.jp2", ascii("\0\0\0\fjP  \r\n\u0087\n"), "JPEG 2000"),
                new Input("new.jxl", ascii("\u00ff\n\0\0"), "JPEG XL"),
                new Input("wrong-magic.png", patched(corpus("png-type2-8bit.png"), 1, 'Q'), "unknown first bytes"),
                new Input("noise.bin", patched(new byte[64], 0, 1, 200, 3, 250, 17), "unknown first bytes"));
    }

    private static List<Input> truncated() {
        return List.of(
                new Input("cut-8.png", Arrays.copyOf(corpus("png-type2-8bit.png"), 8), "truncated"),
                new Input("cut-half.png", cut("png-type2-8bit.png", 50), "broken"),
                new Input("cut-magic.jpg", Arrays.copyOf(corpus("jpeg-q75-s0.jpg"), 3), "truncated"),
                new Input("cut-half.jpg", cut("jpeg-q75-s0.jpg", 50), "truncated"),
                new Input("cut-end.jpg", cut("jpeg-progressive-s1.jpg", 99), "truncated"),
                new Input("cut-header.gif", Arrays.copyOf(corpus("gif-87a.gif"), 9), "truncated"),
                new Input("cut-half.gif", cut("gif-256-colors.gif", 70), "truncated"),
                new Input("cut-half.bmp", cut("bmp-24.bmp", 50), "truncated"),
                new Input("cut-rle.bmp", cut("bmp-rle8.bmp", 95), "truncated"),
                new Input("cut-header.bmp", Arrays.copyOf(corpus("bmp-24.bmp"), 20), "truncated"),
                new Input("cut-half.webp", cut("webp-lossless.webp", 50), "truncated"),
                new Input("cut-inside.webp", halfLossless(), "truncated"),
                new Input("cut-lossy.webp", cut("webp-lossy-q80.webp", 90), "truncated"));
    }

    private static List<Input> absurd() {
        return List.of(
                new Input("60000x60000.png", pngOf(60000, 60000), "3600000000 pixels"),
                new Input("2147483647x1.png", pngOf(Integer.MAX_VALUE, 1), "pixels"),
                new Input("9000000x10.png", pngOf(9_000_000, 10), "side"),
                new Input("10000x10000-of-2-KB.png", pngOf(10_000, 10_000), "cannot come from"),
                new Input("0x0.png", pngOf(0, 0), "0x0"),
                new Input("negative.png", pngOf(-5, 7), "pixels"),
                new Input("60000x60000.jpg", jpegOf("jpeg-q75-s0.jpg", 60000, 60000), "3600000000 pixels"),
                new Input("0x23.jpg", jpegOf("jpeg-q75-s0.jpg", 0, 23), "0x23"),
                new Input("height-0.jpg", jpegOf("jpeg-q75-s0.jpg", 37, 0), "37x0"),
                new Input("60000x60000.gif", gifOf(60000, 60000), "3600000000 pixels"),
                new Input("0x0.gif", gifOf(0, 0), "0x0"),
                new Input("60000x60000.bmp", bmpWith("bmp-24.bmp", 18, 60_000_000), "pixels"),
                new Input("0xh.bmp", bmpWith("bmp-24.bmp", 18, 0), "0x23"),
                new Input("lowest-height.bmp", bmpWith("bmp-24.bmp", 22, Integer.MIN_VALUE), "BMP of"),
                new Input("palette-of-billions.bmp", bmpWith("bmp-8.bmp", 46, -1), "palette"),
                new Input("pixels-behind-end.bmp", bmpWith("bmp-24.bmp", 10, 0x7FFFFFF0), "truncated"),
                new Input("many-scans.jpg", manyScans(), "scans"),
                new Input(
                        "chunk-of-4-GB.png",
                        patched(corpus("png-type3-8bit.png"), 33, 255, 255, 255, 255),
                        "truncated"),
                new Input(
                        "chunk-of-4-GB.webp",
                        patched(corpus("webp-lossless.webp"), 16, 255, 255, 255, 255),
                        "truncated"));
    }

    private static List<Input> broken() {
        byte[] png = corpus("png-type2-8bit.png");
        byte[] jpeg = corpus("jpeg-q75-s0.jpg");
        return List.of(
                new Input("bad-header-checksum.png", patched(png, 29, 1, 2, 3, 4), "checksum"),
                new Input("bad-pixel-data.png", patched(png, 80, 1, 2, 3, 4, 5, 6), "broken"),
                new Input("magic-only.png", Arrays.copyOf(png, 8 + 25), "no pixel data"),
                new Input("no-scan.jpg", concat(Arrays.copyOf(jpeg, 20), new byte[] {-1, (byte) 0xD9}), "first scan"),
                new Input("scan-without-frame.jpg", new byte[] {-1, -40, -1, -38, 0, 2, -1, -39}, "frame header"),
                new Input("arithmetic.jpg", patched(jpeg, indexOf(jpeg, 0xC0), 0xC9), "arithmetic"),
                new Input("lossless.jpg", patched(jpeg, indexOf(jpeg, 0xC0), 0xC3), "lossless"),
                new Input("12-bit.jpg", patched(jpeg, indexOf(jpeg, 0xC0) + 3, 12), "12 bits"),
                new Input("no-picture.gif", concat(Arrays.copyOf(corpus("gif-87a.gif"), 37), ascii(";")), "without"),
                new Input("magic-only.webp", ascii("RIFF\4\0\0\0WEBP"), "without a picture"),
                new Input("bad-lossless.webp", patched(corpus("webp-lossless.webp"), 30, 255, 255, 255), "broken"),
                new Input("huge-header.bmp", bmpWith("bmp-24.bmp", 14, 200), "header of 200"),
                new Input("embedded-jpeg.bmp", bmpWith("bmp-24.bmp", 30, 4), "compression 4"));
    }

    private static int indexOf(byte[] jpeg, int marker) {
        int at = 2;
        while ((jpeg[at + 1] & 0xFF) != marker) {
            at += 2 + ((jpeg[at + 2] & 0xFF) << 8 | jpeg[at + 3] & 0xFF);
        }
        return at + 1;
    }

    private static List<Input> unusual() {
        return List.of(
                new Input("animated.gif", corpus("gif-animated.gif"), "picture 37x23"),
                new Input("animated.webp", corpus("webp-animated-lossless.webp"), "picture 37x23"),
                new Input("animated.png", corpus("png-animated.png"), "picture 37x23"),
                new Input("16-bit.png", corpus("png-type6-16bit.png"), "picture 37x23"),
                new Input("16-bit-gray.png", corpus("png-type0-16bit.png"), "picture 37x23"),
                new Input("cmyk-without-profile.jpg", corpus("jpeg-cmyk-no-adobe-s0.jpg"), "picture 46x35"),
                new Input("exif-rotated.jpg", corpus("jpeg-exif6.jpg"), "picture 46x35"),
                new Input("jpeg-named.png", corpus("jpeg-q75-s0.jpg"), "picture 37x23"),
                new Input("trailing-bytes.png", concat(corpus("png-type2-8bit.png"), new byte[999]), "picture 37x23"),
                new Input("bad-profile.jpg", corpus("jpeg-bad-icc.jpg"), "picture 46x35"));
    }

    @ParameterizedTest
    @MethodSource("inputs")
    void isAPictureOrOneClearError(Input input) throws IOException {
        Path file = Files.write(dir.resolve(input.name), input.data);
        if (input.outcome.startsWith("picture ")) {
            RgbImage image = DECODER.decode(file);
            assertThat("picture " + image.width() + "x" + image.height()).isEqualTo(input.outcome);
        } else {
            assertThatThrownBy(() -> DECODER.decode(file))
                    .isInstanceOf(MediaException.class)
                    .hasMessageStartingWith(file + ": ")
                    .hasMessageContaining(input.outcome);
            assertThatThrownBy(() -> DECODER.decode(input.data))
                    .isInstanceOf(MediaException.class)
                    .hasMessageStartingWith("bytes: ");
        }
    }

    @Test
    void thereAreAtLeastThirty() {
        assertThat(inputs()).hasSizeGreaterThan(60);
    }

    @Test
    void everyCutOfEveryFormatIsAPictureOrAnError() {
        for (String file : List.of(
                "png-type3-4bit-trns.png",
                "jpeg-cmyk-s2.jpg",
                "gif-offset-transparent.gif",
                "bmp-rle4.bmp",
                "webp-animated-offset.webp",
                "webp-lossy-alpha.webp")) {
            byte[] data = corpus(file);
            for (int length = 0; length < data.length; length++) {
                byte[] part = Arrays.copyOf(data, length);
                try {
                    DECODER.decode(part);
                } catch (MediaException e) {
                    assertThat(e).hasMessageStartingWith("bytes: ");
                }
            }
        }
    }

    @Test
    void pipeThatEndsWithAnErrorIsOneError() {
        InputStream failing = new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("connection reset");
            }
        };
        InputStream half = new SequenceInputStream(new ByteArrayInputStream(cut("jpeg-large.jpg", 50)), failing);
        assertThatThrownBy(() -> DECODER.open(half, "upload.jpg"))
                .isInstanceOf(MediaException.class)
                .hasMessage("upload.jpg: cannot be read: connection reset");
        assertThatThrownBy(() -> DECODER.decode(new ByteArrayInputStream(cut("jpeg-large.jpg", 50))))
                .isInstanceOf(MediaException.class)
                .hasMessageContaining("truncated");
    }

    @Test
    void streamWithoutEndIsRefusedAtTheByteLimit() {
        MediaOptions options = MediaOptions.builder().maxEncodedBytes(100_000).build();
        InputStream endless = new InputStream() {
            @Override
            public int read() {
                return 'x';
            }
        };
        assertThatThrownBy(() -> new ImageDecoder(options).open(endless, "endless"))
                .isInstanceOf(MediaException.class)
                .hasMessageContaining("maxEncodedBytes");
    }

    @Test
    void missingFileAndDirectoryAreNamed() {
        Path missing = dir.resolve("missing.png");
        assertThatThrownBy(() -> DECODER.decode(missing))
                .isInstanceOf(MediaException.class)
                .hasMessage(missing + ": no such file");
        assertThatThrownBy(() -> DECODER.decode(dir))
                .isInstanceOf(MediaException.class)
                .hasMessageContaining("directory");
    }

    @Test
    void dataUrisDecodeOrAreRefused() {
        byte[] png = corpus("png-type2-8bit.png");
        RgbImage expected = DECODER.decode(png);
        String base64 = Base64.getMimeEncoder().encodeToString(png);
        assertThat(DECODER.openDataUri("data:image/png;base64," + base64)
                        .decode()
                        .rgb())
                .isEqualTo(expected.rgb());
        assertThat(DECODER.openDataUri("DATA:;base64," + base64.replace("+", "%2B"))
                        .decode()
                        .rgb())
                .isEqualTo(expected.rgb());
        StringBuilder percent = new StringBuilder("data:image/gif,");
        for (byte b : corpus("gif-87a.gif")) {
            percent.append(String.format("%%%02X", b & 0xFF));
        }
        assertThat(DECODER.openDataUri(percent.toString()).width()).isEqualTo(37);
        for (String uri : List.of(
                "http://example.org/a.png",
                "data:image/png;base64",
                "data:image/png;base64,@@@",
                "data:,",
                "data:,%4")) {
            assertThatThrownBy(() -> DECODER.openDataUri(uri))
                    .isInstanceOf(MediaException.class)
                    .hasMessageStartingWith("data URI: ");
        }
    }

    @Test
    void rawPixelsOfAWrongLengthAreRefused() {
        assertThatThrownBy(() -> RgbImage.of(3, 3, new byte[26]))
                .isInstanceOf(MediaException.class)
                .hasMessageContaining("27")
                .hasMessageContaining("26");
        assertThatThrownBy(() -> RgbImage.of(0, 3, new byte[0])).isInstanceOf(MediaException.class);
        assertThatThrownBy(() -> RgbImage.of(40_000, 40_000, new byte[1])).isInstanceOf(MediaException.class);
    }

    @Test
    void pixelLimitIsAnOption() {
        MediaOptions options = MediaOptions.builder().maxPixels(37 * 23 - 1).build();
        assertThatThrownBy(() -> new ImageDecoder(options).open(corpus("png-type2-8bit.png"), "a.png"))
                .isInstanceOf(MediaException.class)
                .hasMessageContaining("maxPixels");
    }
}

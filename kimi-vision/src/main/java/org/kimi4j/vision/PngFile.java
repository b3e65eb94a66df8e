package org.kimi4j.vision;

import java.awt.image.Raster;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import org.kimi4j.chat.MediaOptions;

/**
 * A PNG. The chunks are read here; the JDK's reader gets the header and the pixel data alone, so that broken or
 * oversized metadata cannot disturb it, and palettes, transparency and depths are expanded here as Pillow does it. An
 * animated PNG gives its default picture.
 */
final class PngFile implements PictureFile {

    private static final int GRAY = 0;
    private static final int RGB = 2;
    private static final int PALETTE = 3;
    private static final int GRAY_ALPHA = 4;
    private static final int RGB_ALPHA = 6;

    /** Deflate makes at most 1032 bytes of one. */
    private static final long MOST_INFLATION = 1032;

    private final int width;
    private final int height;
    private final int depth;
    private final int colorType;
    private final byte[] header;
    private byte[] palette = {};
    private byte[] transparency = {};
    private int orientation = ExifOrientation.UPRIGHT;
    private final ByteArrayOutputStream pixelData = new ByteArrayOutputStream();

    private PngFile(ByteReader bytes) throws BrokenImageException {
        if (bytes.u32be(8) != 13 || !bytes.name(12).equals("IHDR")) {
            throw new BrokenImageException("PNG without a header chunk");
        }
        header = chunk(bytes, 16, 13);
        long w = bytes.u32be(16);
        long h = bytes.u32be(20);
        if (w < 1 || h < 1 || w > Integer.MAX_VALUE || h > Integer.MAX_VALUE) {
            throw new BrokenImageException("PNG of " + w + "x" + h + " pixels");
        }
        width = (int) w;
        height = (int) h;
        depth = bytes.u8(24);
        colorType = bytes.u8(25);
        boolean known = switch (colorType) {
            case GRAY -> depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
            case PALETTE -> depth == 1 || depth == 2 || depth == 4 || depth == 8;
            case RGB, GRAY_ALPHA, RGB_ALPHA -> depth == 8 || depth == 16;
            default -> false;
        };
        if (!known || bytes.u8(26) != 0 || bytes.u8(27) != 0 || bytes.u8(28) > 1) {
            throw new BrokenImageException("PNG with an unknown layout: colour type " + colorType + ", " + depth
                    + " bits, compression " + bytes.u8(26) + ", filter " + bytes.u8(27) + ", interlace "
                    + bytes.u8(28));
        }
    }

    static PngFile open(ByteReader bytes) throws BrokenImageException {
        PngFile png = new PngFile(bytes);
        png.readChunks(bytes);
        return png;
    }

    private void readChunks(ByteReader bytes) throws BrokenImageException {
        int at = 8 + 12 + 13;
        while (at < bytes.length()) {
            if (at > bytes.length() - 8) {
                break;
            }
            long length = bytes.u32be(at);
            String name = bytes.name(at + 4);
            int body = at + 8;
            // Pixels may be complete although the file ends within a chunk: the reader decides.
            int available = (int) Math.min(length, bytes.length() - body);
            switch (name) {
                case "PLTE" -> palette = chunk(bytes, body, length);
                case "tRNS" -> transparency = chunk(bytes, body, length);
                case "eXIf" -> orientation = ExifOrientation.read(bytes, body);
                case "IDAT" -> pixelData.write(bytes.data(), body, available);
                case "IEND" -> {
                    return;
                }
                default -> {}
            }
            if (length > bytes.length() - body - 4L) {
                return;
            }
            at = body + (int) length + 4;
        }
    }

    private static byte[] chunk(ByteReader bytes, int body, long length) throws BrokenImageException {
        bytes.require(body, length + 4);
        CRC32 crc = new CRC32();
        crc.update(bytes.data(), body - 4, (int) length + 4);
        if (crc.getValue() != bytes.u32be(body + (int) length)) {
            throw new BrokenImageException("PNG chunk " + bytes.name(body - 4) + " has a wrong checksum");
        }
        byte[] chunk = new byte[(int) length];
        System.arraycopy(bytes.data(), body, chunk, 0, chunk.length);
        return chunk;
    }

    @Override
    public String format() {
        return "PNG";
    }

    @Override
    public int width() {
        return width;
    }

    @Override
    public int height() {
        return height;
    }

    @Override
    public int orientation() {
        return orientation;
    }

    @Override
    public Pixels decode(MediaOptions options) throws BrokenImageException {
        if (colorType == PALETTE && palette.length < 3) {
            throw new BrokenImageException("PNG without the palette it needs");
        }
        if (pixelData.size() == 0) {
            throw new BrokenImageException("truncated: PNG with no pixel data");
        }
        int channels = channels();
        long rowBytes = 1 + ((long) width * channels * depth + 7) / 8;
        if (rowBytes * height > MOST_INFLATION * (pixelData.size() + 64L)) {
            throw new BrokenImageException("truncated: " + width + "x" + height + " pixels cannot come from "
                    + pixelData.size() + " bytes of pixel data");
        }
        Raster raster = JdkCodecs.image("png", pixelsOnly()).getRaster();
        if (raster.getNumBands() != channels || raster.getWidth() != width || raster.getHeight() != height) {
            throw new BrokenImageException("PNG decoded to another layout than its header has");
        }
        byte[] rgb = new byte[Math.multiplyExact(3 * width, height)];
        boolean wantAlpha = options.alpha() == MediaOptions.Alpha.ON_WHITE && hasAlpha();
        byte[] alpha = wantAlpha ? new byte[width * height] : null;
        JdkCodecs.Rows rows = new JdkCodecs.Rows(raster);
        for (int y = 0; y < height; y++) {
            int[] samples = rows.row(y);
            if (alpha != null) {
                alphaRow(samples, alpha, y * width);
            }
            colorRow(samples, rgb, 3 * y * width);
        }
        return new Pixels(width, height, rgb, alpha);
    }

    private int channels() {
        return switch (colorType) {
            case RGB -> 3;
            case GRAY_ALPHA -> 2;
            case RGB_ALPHA -> 4;
            default -> 1;
        };
    }

    private boolean hasAlpha() {
        return transparency.length > 0 || colorType == GRAY_ALPHA || colorType == RGB_ALPHA;
    }

    private void colorRow(int[] samples, byte[] rgb, int start) {
        int o = start;
        int shift = depth == 16 ? 8 : 0;
        switch (colorType) {
            case PALETTE -> {
                for (int x = 0; x < width; x++, o += 3) {
                    Palettes.put(palette, samples[x], rgb, o);
                }
            }
            case RGB, RGB_ALPHA -> {
                int step = colorType == RGB ? 3 : 4;
                for (int p = 0; p < samples.length; p += step, o += 3) {
                    rgb[o] = (byte) (samples[p] >> shift);
                    rgb[o + 1] = (byte) (samples[p + 1] >> shift);
                    rgb[o + 2] = (byte) (samples[p + 2] >> shift);
                }
            }
            case GRAY_ALPHA -> {
                for (int p = 0; p < samples.length; p += 2, o += 3) {
                    gray(rgb, o, samples[p] >> shift);
                }
            }
            default -> {
                // Pillow keeps 16-bit gray as integers and clips them to 8 bits instead of scaling.
                int scale = depth < 8 ? 255 / ((1 << depth) - 1) : 1;
                for (int x = 0; x < width; x++, o += 3) {
                    gray(rgb, o, Math.min(samples[x] * scale, 255));
                }
            }
        }
    }

    private static void gray(byte[] rgb, int at, int value) {
        rgb[at] = (byte) value;
        rgb[at + 1] = (byte) value;
        rgb[at + 2] = (byte) value;
    }

    private void alphaRow(int[] samples, byte[] alpha, int start) {
        int channels = channels();
        int shift = depth == 16 ? 8 : 0;
        for (int x = 0; x < width; x++) {
            int p = x * channels;
            int value = switch (colorType) {
                case GRAY_ALPHA, RGB_ALPHA -> samples[p + channels - 1] >> shift;
                case PALETTE -> samples[p] < transparency.length ? transparency[samples[p]] : 255;
                default -> isKey(samples, p, channels) ? 0 : 255;
            };
            alpha[start + x] = (byte) value;
        }
    }

    /** Whether a pixel has the one colour that tRNS declares transparent. */
    private boolean isKey(int[] samples, int at, int channels) {
        if (transparency.length < 2 * channels) {
            return false;
        }
        for (int c = 0; c < channels; c++) {
            int key = (transparency[2 * c] & 0xFF) << 8 | transparency[2 * c + 1] & 0xFF;
            if (samples[at + c] != key) {
                return false;
            }
        }
        return true;
    }

    /** A PNG of header, a plain palette where one must be there, and pixel data. */
    private byte[] pixelsOnly() {
        ByteArrayOutputStream out = new ByteArrayOutputStream(pixelData.size() + 1024);
        out.writeBytes("\u0089PNG\r\n\u001a\n".getBytes(StandardCharsets.ISO_8859_1));
        writeChunk(out, "IHDR", header);
        if (colorType == PALETTE) {
            writeChunk(out, "PLTE", new byte[3 << depth]);
        }
        writeChunk(out, "IDAT", pixelData.toByteArray());
        writeChunk(out, "IEND", new byte[0]);
        return out.toByteArray();
    }

    private static void writeChunk(ByteArrayOutputStream out, String name, byte[] body) {
        byte[] type = name.getBytes(StandardCharsets.ISO_8859_1);
        CRC32 crc = new CRC32();
        crc.update(type);
        crc.update(body);
        out.writeBytes(ByteBuffer.allocate(4).putInt(body.length).array());
        out.writeBytes(type);
        out.writeBytes(body);
        out.writeBytes(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
    }
}

package org.kimi4j.vision;

import java.awt.image.Raster;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.kimi4j.chat.MediaOptions;

/**
 * A GIF, of which the first frame is decoded. As in Pillow the picture is the logical screen, enlarged where the frame
 * reaches beyond it, and filled with the transparent colour, or with colour 0, around the frame.
 */
final class GifFile implements PictureFile {

    private static final int EXTENSION = 0x21;
    private static final int IMAGE = 0x2C;
    private static final int GRAPHIC_CONTROL = 0xF9;
    private static final int OPAQUE = -1;

    private final int width;
    private final int height;
    private final Frame frame;
    private final byte[] palette;
    private final int transparent;
    private final byte[] blocks;

    /** The first frame's place on the screen. */
    private record Frame(int x, int y, int width, int height, boolean interlaced) {}

    static GifFile open(ByteReader bytes) throws BrokenImageException {
        return new GifFile(bytes);
    }

    private GifFile(ByteReader bytes) throws BrokenImageException {
        int flags = bytes.u8(10);
        int at = 13;
        byte[] colors = {};
        if ((flags & 0x80) != 0) {
            colors = colorTable(bytes, at, flags);
            at += colors.length;
        }
        int key = OPAQUE;
        while (bytes.u8(at) != IMAGE) {
            if (bytes.u8(at) != EXTENSION) {
                throw new BrokenImageException("GIF without a picture");
            }
            if (bytes.u8(at + 1) == GRAPHIC_CONTROL && bytes.u8(at + 2) >= 4) {
                key = (bytes.u8(at + 3) & 1) != 0 ? bytes.u8(at + 6) : OPAQUE;
            }
            at = skipBlocks(bytes, at + 2);
        }
        int frameFlags = bytes.u8(at + 9);
        frame = new Frame(
                bytes.u16le(at + 1),
                bytes.u16le(at + 3),
                bytes.u16le(at + 5),
                bytes.u16le(at + 7),
                (frameFlags & 0x40) != 0);
        if (frame.width == 0 || frame.height == 0) {
            throw new BrokenImageException("GIF of " + frame.width + "x" + frame.height + " pixels");
        }
        at += 10;
        if ((frameFlags & 0x80) != 0) {
            colors = colorTable(bytes, at, frameFlags);
            at += colors.length;
        }
        palette = colors;
        transparent = key;
        width = Math.max(bytes.u16le(6), frame.x + frame.width);
        height = Math.max(bytes.u16le(8), frame.y + frame.height);
        blocks = Arrays.copyOfRange(bytes.data(), at, imageEnd(bytes, at));
    }

    private static byte[] colorTable(ByteReader bytes, int at, int flags) throws BrokenImageException {
        int size = 3 << ((flags & 7) + 1);
        bytes.require(at, size);
        return Arrays.copyOfRange(bytes.data(), at, at + size);
    }

    /** The place behind a run of data blocks and its terminator. */
    private static int skipBlocks(ByteReader bytes, int start) throws BrokenImageException {
        int at = start;
        while (bytes.u8(at) != 0) {
            at += 1 + bytes.u8(at);
        }
        return at + 1;
    }

    /** The place behind the last complete data block of the picture; the terminator may be missing. */
    private static int imageEnd(ByteReader bytes, int start) throws BrokenImageException {
        int at = start + 1;
        while (at < bytes.length() && bytes.u8(at) != 0) {
            bytes.require(at, 1L + bytes.u8(at));
            at += 1 + bytes.u8(at);
        }
        bytes.require(start, 2);
        return at;
    }

    @Override
    public String format() {
        return "GIF";
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
        return ExifOrientation.UPRIGHT;
    }

    @Override
    public Pixels decode(MediaOptions options) throws BrokenImageException {
        Raster raster = JdkCodecs.image("gif", frameOnly()).getRaster();
        if (raster.getNumBands() != 1 || raster.getWidth() != frame.width || raster.getHeight() != frame.height) {
            throw new BrokenImageException("GIF decoded to another layout than its header has");
        }
        byte[] rgb = new byte[Math.multiplyExact(3 * width, height)];
        boolean wantAlpha = options.alpha() == MediaOptions.Alpha.ON_WHITE && transparent != OPAQUE;
        byte[] alpha = wantAlpha ? new byte[width * height] : null;
        JdkCodecs.Rows rows = new JdkCodecs.Rows(raster);
        int surround = Math.max(transparent, 0);
        int o = 0;
        for (int y = 0; y < height; y++) {
            boolean inRows = y >= frame.y && y < frame.y + frame.height;
            int[] row = inRows ? rows.row(y - frame.y) : new int[0];
            for (int x = 0; x < width; x++, o++) {
                boolean inside = inRows && x >= frame.x && x < frame.x + frame.width;
                int index = inside ? row[x - frame.x] : surround;
                Palettes.put(palette, index, rgb, 3 * o);
                if (alpha != null) {
                    alpha[o] = (byte) (index == transparent ? 0 : 255);
                }
            }
        }
        return new Pixels(width, height, rgb, alpha);
    }

    /** A GIF of the first frame alone with 256 colours, so that the reader has no index out of range. */
    private byte[] frameOnly() {
        ByteArrayOutputStream out = new ByteArrayOutputStream(blocks.length + 1024);
        out.writeBytes("GIF89a".getBytes(StandardCharsets.ISO_8859_1));
        writeSize(out);
        out.write(0xF7);
        out.write(0);
        out.write(0);
        out.writeBytes(new byte[3 * 256]);
        out.write(IMAGE);
        out.writeBytes(new byte[4]);
        writeSize(out);
        out.write(frame.interlaced ? 0x40 : 0);
        out.writeBytes(blocks);
        out.write(0);
        out.write(0x3B);
        return out.toByteArray();
    }

    private void writeSize(ByteArrayOutputStream out) {
        out.write(frame.width);
        out.write(frame.width >> 8);
        out.write(frame.height);
        out.write(frame.height >> 8);
    }
}

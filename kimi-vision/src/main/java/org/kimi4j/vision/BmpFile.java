package org.kimi4j.vision;

import org.kimi4j.chat.MediaOptions;
import org.kimi4j.chat.MediaOptions.Alpha;

/**
 * A Windows or OS/2 bitmap. Decoded here rather than by the JDK's reader: that one follows links to colour profiles,
 * trusts sizes in the header, and scales 5-bit colours otherwise than Pillow.
 */
final class BmpFile implements PictureFile {

    private static final int FILE_HEADER = 14;
    private static final int CORE_HEADER = 12;
    private static final int RGB = 0;
    private static final int RLE8 = 1;
    private static final int RLE4 = 2;
    private static final int BIT_FIELDS = 3;

    private final ByteReader bytes;
    private final int width;
    private final int height;
    private final boolean topDown;
    private final int bits;
    private final int compression;
    private final int pixelStart;
    private final byte[] palette;
    private final int[] masks;

    static BmpFile open(ByteReader bytes) throws BrokenImageException {
        return new BmpFile(bytes);
    }

    private BmpFile(ByteReader bytes) throws BrokenImageException {
        this.bytes = bytes;
        long headerSize = bytes.u32le(FILE_HEADER);
        boolean core = headerSize == CORE_HEADER;
        if (!core && (headerSize < 40 || headerSize > 124)) {
            throw new BrokenImageException("BMP with a header of " + headerSize + " bytes");
        }
        width = core ? bytes.u16le(18) : (int) bytes.u32le(18);
        int rows = core ? bytes.u16le(20) : (int) bytes.u32le(22);
        topDown = rows < 0;
        height = Math.abs(rows);
        bits = bytes.u16le(core ? 24 : 28);
        long method = core ? RGB : bytes.u32le(30);
        if (width < 1 || height < 1) {
            throw new BrokenImageException("BMP of " + width + "x" + rows + " pixels");
        }
        boolean known = switch (bits) {
            case 1, 24 -> method == RGB;
            case 4 -> method == RGB || method == RLE4;
            case 8 -> method == RGB || method == RLE8;
            case 16, 32 -> method == RGB || method == BIT_FIELDS;
            default -> false;
        };
        if (!known) {
            throw new BrokenImageException(
                    "BMP of " + bits + " bits with compression " + method + ", which is not supported");
        }
        compression = (int) method;
        int tableStart = FILE_HEADER + (int) headerSize + (headerSize == 40 && method == BIT_FIELDS ? 12 : 0);
        palette = bits <= 8 ? readPalette(tableStart, core) : new byte[0];
        masks = readMasks((int) headerSize);
        long offset = bytes.u32le(10);
        // Some writers leave the palette out of the offset.
        if (offset == tableStart && bits <= 8) {
            offset += palette.length / 3L * (core ? 3 : 4);
        }
        if (offset > bytes.length()) {
            throw new BrokenImageException(
                    "truncated: pixels expected at " + offset + ", the file has " + bytes.length() + " bytes");
        }
        pixelStart = (int) offset;
    }

    private byte[] readPalette(int start, boolean core) throws BrokenImageException {
        long used = core ? 0 : bytes.u32le(46);
        if (used > 65536) {
            throw new BrokenImageException("BMP with a palette of " + used + " colours");
        }
        int colors = used == 0 ? 1 << bits : (int) used;
        int step = core ? 3 : 4;
        bytes.require(start, (long) colors * step);
        byte[] table = new byte[3 * colors];
        for (int i = 0; i < colors; i++) {
            table[3 * i] = bytes.data()[start + i * step + 2];
            table[3 * i + 1] = bytes.data()[start + i * step + 1];
            table[3 * i + 2] = bytes.data()[start + i * step];
        }
        return table;
    }

    /** Masks of red, green, blue and alpha; alpha is 0 where there is none. */
    private int[] readMasks(int headerSize) throws BrokenImageException {
        if (compression != BIT_FIELDS) {
            return bits == 16 ? new int[] {0x7C00, 0x3E0, 0x1F, 0} : new int[] {0xFF0000, 0xFF00, 0xFF, 0};
        }
        int[] read = new int[4];
        // A 40-byte header is followed by three masks, longer ones hold four.
        int present = headerSize >= 56 ? 4 : 3;
        for (int i = 0; i < present; i++) {
            read[i] = (int) bytes.u32le(FILE_HEADER + 40 + 4 * i);
        }
        for (int i = 0; i < 3; i++) {
            if (read[i] == 0) {
                throw new BrokenImageException("BMP without a mask for each colour");
            }
        }
        return read;
    }

    @Override
    public String format() {
        return "BMP";
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
        if (compression == RLE4 || compression == RLE8) {
            return runLengths();
        }
        long rowBytes = ((long) width * bits + 31) / 32 * 4;
        // The padding of the last row may be missing.
        bytes.require(pixelStart, rowBytes * (height - 1) + ((long) width * bits + 7) / 8);
        byte[] rgb = new byte[Math.multiplyExact(3 * width, height)];
        boolean wantAlpha = options.alpha() == Alpha.ON_WHITE && masks[3] != 0;
        byte[] alpha = wantAlpha ? new byte[width * height] : null;
        for (int y = 0; y < height; y++) {
            int line = topDown ? y : height - 1 - y;
            int start = pixelStart + (int) (line * rowBytes);
            int out = y * width;
            switch (bits) {
                case 24 -> row24(start, rgb, 3 * out);
                case 16, 32 -> {
                    for (int c = 0; c < 3; c++) {
                        component(start, masks[c], rgb, 3 * out + c, 3);
                    }
                    if (alpha != null) {
                        component(start, masks[3], alpha, out, 1);
                    }
                }
                default -> indexRow(start, rgb, 3 * out);
            }
        }
        return new Pixels(width, height, rgb, alpha);
    }

    private void row24(int start, byte[] rgb, int at) {
        byte[] data = bytes.data();
        for (int x = 0, p = start, o = at; x < width; x++, p += 3, o += 3) {
            rgb[o] = data[p + 2];
            rgb[o + 1] = data[p + 1];
            rgb[o + 2] = data[p];
        }
    }

    /** One component of a row of 16-bit or 32-bit pixels, scaled to 8 bits. */
    private void component(int start, int mask, byte[] out, int at, int step) throws BrokenImageException {
        int shift = Integer.numberOfTrailingZeros(mask);
        int size = 32 - Integer.numberOfLeadingZeros(mask) - shift;
        long most = (1L << size) - 1;
        for (int x = 0, o = at; x < width; x++, o += step) {
            long pixel = bits == 16 ? bytes.u16le(start + 2 * x) : bytes.u32le(start + 4 * x);
            long value = (pixel & mask & 0xFFFFFFFFL) >> shift;
            out[o] = (byte) (size == 8 ? value : value * 255 / most);
        }
    }

    private void indexRow(int start, byte[] rgb, int at) {
        byte[] data = bytes.data();
        int perByte = 8 / bits;
        int most = (1 << bits) - 1;
        for (int x = 0; x < width; x++) {
            int shift = 8 - bits * (x % perByte + 1);
            Palettes.put(palette, data[start + x / perByte] >> shift & most, rgb, at + 3 * x);
        }
    }

    /** Run-length coding; pixels that no run covers have index 0. */
    private Pixels runLengths() throws BrokenImageException {
        byte[] index = new byte[Math.multiplyExact(width, height)];
        int x = 0;
        int line = 0;
        int at = pixelStart;
        while (line < height) {
            int count = bytes.u8(at);
            int code = bytes.u8(at + 1);
            at += 2;
            if (count > 0) {
                x = run(index, line, x, count, code);
            } else if (code == 0) {
                x = 0;
                line++;
            } else if (code == 1) {
                break;
            } else if (code == 2) {
                x += bytes.u8(at);
                line += bytes.u8(at + 1);
                at += 2;
            } else {
                int used = compression == RLE8 ? code : (code + 1) / 2;
                bytes.require(at, used);
                x = literal(index, line, x, code, at);
                at += used + (used & 1);
            }
        }
        byte[] rgb = new byte[Math.multiplyExact(3 * width, height)];
        for (int i = 0; i < index.length; i++) {
            Palettes.put(palette, index[i] & 0xFF, rgb, 3 * i);
        }
        return new Pixels(width, height, rgb, null);
    }

    private int run(byte[] index, int line, int start, int count, int code) {
        int row = (topDown ? line : height - 1 - line) * width;
        int end = Math.min(start + count, width);
        for (int x = start; x < end; x++) {
            // Of a run of 4-bit pixels the high and the low half alternate.
            int value = compression == RLE8 ? code : (x - start) % 2 == 0 ? code >> 4 : code & 15;
            index[row + x] = (byte) value;
        }
        return start + count;
    }

    private int literal(byte[] index, int line, int start, int count, int at) throws BrokenImageException {
        int row = (topDown ? line : height - 1 - line) * width;
        for (int i = 0; i < count && start + i < width; i++) {
            int value = compression == RLE8
                    ? bytes.u8(at + i)
                    : i % 2 == 0 ? bytes.u8(at + i / 2) >> 4 : bytes.u8(at + i / 2) & 15;
            index[row + start + i] = (byte) value;
        }
        return start + count;
    }
}

package org.kimi4j.vision;

/** Reads the orientation from an EXIF block (a TIFF directory). A block that makes no sense counts as upright. */
final class ExifOrientation {

    /** No turn needed. */
    static final int UPRIGHT = 1;

    private static final int TAG = 0x0112;
    private static final int TYPE_SHORT = 3;

    private ExifOrientation() {}

    /**
     * The orientation, 1..8.
     *
     * @param start where the TIFF header begins
     */
    static int read(ByteReader bytes, int start) {
        try {
            boolean little = bytes.startsWith(start, "II");
            if (!little && !bytes.startsWith(start, "MM")) {
                return UPRIGHT;
            }
            long directory = little ? bytes.u32le(start + 4) : bytes.u32be(start + 4);
            if (directory > bytes.length()) {
                return UPRIGHT;
            }
            int at = start + (int) directory;
            int entries = u16(bytes, at, little);
            at += 2;
            for (int i = 0; i < entries; i++, at += 12) {
                if (u16(bytes, at, little) == TAG && u16(bytes, at + 2, little) == TYPE_SHORT) {
                    int value = u16(bytes, at + 8, little);
                    return value >= 1 && value <= 8 ? value : UPRIGHT;
                }
            }
            return UPRIGHT;
        } catch (BrokenImageException e) {
            return UPRIGHT;
        }
    }

    private static int u16(ByteReader bytes, int at, boolean little) throws BrokenImageException {
        return little ? bytes.u16le(at) : bytes.u16be(at);
    }
}

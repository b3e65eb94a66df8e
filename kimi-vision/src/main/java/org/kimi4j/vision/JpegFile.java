package org.kimi4j.vision;

import java.awt.image.Raster;
import java.io.ByteArrayOutputStream;
import org.kimi4j.chat.MediaOptions;

/**
 * A JPEG: baseline or progressive, gray, YCbCr, RGB, CMYK or YCCK. The segments are read here; the JDK's reader gets the
 * tables and scans alone and hands back the stored components, which {@link JpegColor} converts. The JDK's own colour
 * conversion applies profiles, which Pillow does not.
 */
final class JpegFile implements PictureFile {

    private static final int SOI = 0xD8;
    private static final int EOI = 0xD9;
    private static final int SOS = 0xDA;
    private static final int APP0 = 0xE0;
    private static final int APP1 = 0xE1;
    private static final int APP14 = 0xEE;
    private static final int COM = 0xFE;

    /** A picture has about ten scans; hundreds of them in a small file only burn time. */
    private static final int MOST_SCANS = 200;

    private final ByteArrayOutputStream essential = new ByteArrayOutputStream();
    private Frame frame = new Frame(0, 0, new Component[0]);
    private boolean jfif;
    private int adobeTransform = JpegColor.NO_ADOBE;
    private int orientation = ExifOrientation.UPRIGHT;

    /**
     * The frame header.
     *
     * @param components in the order of the file
     */
    record Frame(int width, int height, Component[] components) {

        int maxVertical() {
            int most = 1;
            for (Component c : components) {
                most = Math.max(most, c.vertical);
            }
            return most;
        }

        int maxHorizontal() {
            int most = 1;
            for (Component c : components) {
                most = Math.max(most, c.horizontal);
            }
            return most;
        }
    }

    /** A component's id and sampling factors. */
    record Component(int id, int horizontal, int vertical) {}

    private JpegFile() {}

    static JpegFile open(ByteReader bytes) throws BrokenImageException {
        JpegFile jpeg = new JpegFile();
        int scans = jpeg.readSegments(bytes);
        jpeg.readScans(bytes, scans);
        return jpeg;
    }

    /** Reads up to the first scan; returns where it begins. */
    private int readSegments(ByteReader bytes) throws BrokenImageException {
        essential.write(0xFF);
        essential.write(SOI);
        int at = 2;
        while (true) {
            at = nextMarker(bytes, at);
            int marker = bytes.u8(at);
            int body = at + 3;
            if (marker == EOI) {
                throw new BrokenImageException("JPEG that ends before its first scan");
            }
            if (isStandalone(marker)) {
                at++;
                continue;
            }
            int length = bytes.u16be(at + 1);
            if (length < 2) {
                throw new BrokenImageException("JPEG segment of " + length + " bytes");
            }
            bytes.require(at + 1, length);
            if (marker == SOS) {
                if (frame.components.length == 0) {
                    throw new BrokenImageException("JPEG without a frame header");
                }
                return at - 1;
            }
            segment(bytes, marker, body, length - 2);
            boolean metadata = marker >= APP0 && marker <= 0xEF || marker == COM;
            if (!metadata) {
                essential.write(bytes.data(), at - 1, length + 2);
            }
            at += 1 + length;
        }
    }

    private void segment(ByteReader bytes, int marker, int body, int length) throws BrokenImageException {
        if (marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC) {
            readFrame(bytes, marker, body, length);
        } else if (marker == APP0 && length >= 12 && bytes.startsWith(body, "JFIF\0")) {
            jfif = true;
        } else if (marker == APP14 && length >= 12 && bytes.startsWith(body, "Adobe")) {
            adobeTransform = bytes.u8(body + 11);
        } else if (marker == APP1 && orientation == ExifOrientation.UPRIGHT && bytes.startsWith(body, "Exif\0\0")) {
            orientation = ExifOrientation.read(bytes, body + 6);
        }
    }

    private void readFrame(ByteReader bytes, int marker, int body, int length) throws BrokenImageException {
        if (frame.components.length > 0) {
            throw new BrokenImageException("JPEG with two frame headers");
        }
        if (marker > 0xC2) {
            String kind = marker >= 0xC9 ? "arithmetic coding" : "lossless or hierarchical coding";
            throw new BrokenImageException("JPEG with " + kind + ", which is not supported: save it as baseline JPEG");
        }
        int precision = bytes.u8(body);
        if (precision != 8) {
            throw new BrokenImageException(
                    "JPEG of " + precision + " bits per sample, which is not supported: save it with 8 bits");
        }
        int height = bytes.u16be(body + 1);
        int width = bytes.u16be(body + 3);
        int count = bytes.u8(body + 5);
        if (width == 0 || height == 0) {
            throw new BrokenImageException("JPEG of " + width + "x" + height + " pixels");
        }
        if (count != 1 && count != 3 && count != 4 || length < 6 + 3 * count) {
            throw new BrokenImageException("JPEG of " + count + " components: 1, 3 or 4 expected");
        }
        Component[] components = new Component[count];
        for (int c = 0; c < count; c++) {
            int at = body + 6 + 3 * c;
            int sampling = bytes.u8(at + 1);
            components[c] = new Component(bytes.u8(at), sampling >> 4, sampling & 15);
            if (components[c].horizontal < 1
                    || components[c].horizontal > 4
                    || components[c].vertical < 1
                    || components[c].vertical > 4) {
                throw new BrokenImageException("JPEG with sampling factors " + components[c].horizontal + "x"
                        + components[c].vertical + ": 1..4 expected");
            }
        }
        frame = new Frame(width, height, components);
    }

    /** Walks over all scans to the end marker. Pillow, too, refuses a file that lacks it. */
    private void readScans(ByteReader bytes, int start) throws BrokenImageException {
        int scans = 0;
        int at = start;
        while (true) {
            at = nextMarker(bytes, at);
            int marker = bytes.u8(at);
            if (marker == EOI) {
                break;
            }
            if (marker == SOS && ++scans > MOST_SCANS) {
                throw new BrokenImageException("JPEG of more than " + MOST_SCANS + " scans");
            }
            at += isStandalone(marker) ? 1 : 1 + bytes.u16be(at + 1);
        }
        essential.write(bytes.data(), start, at + 1 - start);
    }

    /** The place of the next marker's code, behind its 0xFF. */
    private static int nextMarker(ByteReader bytes, int from) throws BrokenImageException {
        byte[] data = bytes.data();
        for (int at = from; at < data.length - 1; at++) {
            // 0xFF00 is a data byte, 0xFFFF is filling.
            if (data[at] == -1 && data[at + 1] != 0 && data[at + 1] != -1) {
                return at + 1;
            }
        }
        throw new BrokenImageException("truncated: the end marker of the JPEG is missing");
    }

    private static boolean isStandalone(int marker) {
        return marker == 1 || marker >= 0xD0 && marker <= SOI;
    }

    @Override
    public String format() {
        return "JPEG";
    }

    @Override
    public int width() {
        return frame.width;
    }

    @Override
    public int height() {
        return frame.height;
    }

    @Override
    public int orientation() {
        return orientation;
    }

    @Override
    public Pixels decode(MediaOptions options) throws BrokenImageException {
        Raster raster = JdkCodecs.raster("jpeg", essential.toByteArray());
        if (raster.getWidth() != frame.width
                || raster.getHeight() != frame.height
                || raster.getNumBands() != frame.components.length) {
            throw new BrokenImageException("JPEG decoded to another layout than its header has");
        }
        byte[] rgb = new JpegColor(frame, jfif, adobeTransform).toRgb(raster);
        return new Pixels(frame.width, frame.height, rgb, null);
    }
}

package org.kimi4j.vision;

import java.awt.image.Raster;
import org.kimi4j.vision.JpegFile.Component;
import org.kimi4j.vision.JpegFile.Frame;

/** The components of a JPEG to RGB, with libjpeg-turbo's arithmetic and Pillow's reading of CMYK. */
final class JpegColor {

    /** No Adobe marker. */
    static final int NO_ADOBE = -1;

    private static final int ADOBE_UNKNOWN = 0;
    private static final int SCALE_BITS = 16;
    private static final int ONE_HALF = 1 << (SCALE_BITS - 1);

    private final Frame frame;
    private final boolean luminance;

    /**
     * @param adobeTransform the Adobe marker's colour transform, or {@link #NO_ADOBE}
     */
    JpegColor(Frame frame, boolean jfif, int adobeTransform) {
        this.frame = frame;
        this.luminance = switch (frame.components().length) {
            case 3 -> jfif || (adobeTransform == NO_ADOBE ? !idsAreRgb(frame) : adobeTransform != ADOBE_UNKNOWN);
            case 4 -> adobeTransform != NO_ADOBE && adobeTransform != ADOBE_UNKNOWN;
            default -> false;
        };
    }

    private static boolean idsAreRgb(Frame frame) {
        Component[] c = frame.components();
        return c[0].id() == 'R' && c[1].id() == 'G' && c[2].id() == 'B';
    }

    byte[] toRgb(Raster raster) {
        int width = frame.width();
        int height = frame.height();
        int bands = frame.components().length;
        byte[] stored = JdkCodecs.interleaved(raster);
        for (int band = 0; band < bands; band++) {
            Component c = frame.components()[band];
            if (c.horizontal() == frame.maxHorizontal() && 2 * c.vertical() == frame.maxVertical()) {
                smoothRows(stored, band, bands);
            }
        }
        byte[] rgb = bands == 3 ? stored : new byte[Math.multiplyExact(3 * width, height)];
        switch (bands) {
            case 1 -> gray(stored, rgb);
            case 3 -> threeBands(rgb);
            default -> fourBands(stored, rgb);
        }
        return rgb;
    }

    /**
     * libjpeg-turbo smooths a component that is halved vertically only; the JDK's older libjpeg repeats its rows. The
     * stored rows are all there, so the smoothing can be made up for. Where rows of a pair differ, the JDK was built
     * with libjpeg-turbo and has smoothed already.
     */
    private void smoothRows(byte[] stored, int band, int bands) {
        int height = frame.height();
        int rowBytes = bands * frame.width();
        for (int y = 0; y + 1 < height; y += 2) {
            for (int p = y * rowBytes + band; p < (y + 1) * rowBytes; p += bands) {
                if (stored[p] != stored[p + rowBytes]) {
                    return;
                }
            }
        }
        int last = (height - 1) / 2;
        int[] column = new int[last + 1];
        for (int x = band; x < rowBytes; x += bands) {
            for (int k = 0; k <= last; k++) {
                column[k] = stored[2 * k * rowBytes + x] & 0xFF;
            }
            for (int k = 0; k <= last; k++) {
                int p = 2 * k * rowBytes + x;
                stored[p] = (byte) ((3 * column[k] + column[Math.max(0, k - 1)] + 1) >> 2);
                if (2 * k + 1 < height) {
                    stored[p + rowBytes] = (byte) ((3 * column[k] + column[Math.min(last, k + 1)] + 2) >> 2);
                }
            }
        }
    }

    private static void gray(byte[] stored, byte[] rgb) {
        for (int i = 0, o = 0; i < stored.length; i++, o += 3) {
            rgb[o] = stored[i];
            rgb[o + 1] = stored[i];
            rgb[o + 2] = stored[i];
        }
    }

    private void threeBands(byte[] rgb) {
        if (!luminance) {
            return;
        }
        for (int p = 0; p < rgb.length; p += 3) {
            fromLuminance(rgb, p, rgb, p);
        }
    }

    /** Four components are ink as Adobe stores it, inverted, whatever the marker says: so Pillow takes it. */
    private void fourBands(byte[] stored, byte[] rgb) {
        for (int p = 0, o = 0; p < stored.length; p += 4, o += 3) {
            if (luminance) {
                fromLuminance(stored, p, rgb, o);
            } else {
                rgb[o] = (byte) ~stored[p];
                rgb[o + 1] = (byte) ~stored[p + 1];
                rgb[o + 2] = (byte) ~stored[p + 2];
            }
            int light = stored[p + 3] & 0xFF;
            for (int c = o; c < o + 3; c++) {
                int product = (rgb[c] & 0xFF) * light + 128;
                rgb[c] = (byte) (light - (((product >> 8) + product) >> 8));
            }
        }
    }

    /** YCbCr to RGB in 16-bit fixed point: 1.402, 0.344136, 0.714136, 1.772. */
    private static void fromLuminance(byte[] in, int p, byte[] out, int o) {
        int y = in[p] & 0xFF;
        int cb = (in[p + 1] & 0xFF) - 128;
        int cr = (in[p + 2] & 0xFF) - 128;
        out[o] = clamp(y + ((91881 * cr + ONE_HALF) >> SCALE_BITS));
        out[o + 1] = clamp(y + ((-22554 * cb - 46802 * cr + ONE_HALF) >> SCALE_BITS));
        out[o + 2] = clamp(y + ((116130 * cb + ONE_HALF) >> SCALE_BITS));
    }

    private static byte clamp(int value) {
        return (byte) Math.min(Math.max(value, 0), 255);
    }
}

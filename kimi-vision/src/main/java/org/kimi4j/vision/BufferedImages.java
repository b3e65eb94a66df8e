package org.kimi4j.vision;

import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import org.jspecify.annotations.Nullable;

/** Pictures of the JDK's own class to RGB. */
final class BufferedImages {

    private BufferedImages() {}

    static Pixels pixels(BufferedImage image, boolean withAlpha) {
        int width = image.getWidth();
        int height = image.getHeight();
        byte[] rgb = new byte[Math.multiplyExact(3 * width, height)];
        ColorModel colors = image.getColorModel();
        byte[] alpha = withAlpha && colors.hasAlpha() ? new byte[width * height] : null;
        // The JDK takes gray as linear light; its conversion to sRGB would brighten every value.
        boolean gray = colors.getNumColorComponents() == 1 && !(colors instanceof IndexColorModel);
        if (gray && image.getRaster().getTransferType() <= DataBuffer.TYPE_USHORT) {
            gray(image, rgb, alpha);
        } else {
            colored(image, rgb, alpha);
        }
        return new Pixels(width, height, rgb, alpha);
    }

    private static void gray(BufferedImage image, byte[] rgb, byte @Nullable [] alpha) {
        JdkCodecs.Rows rows = new JdkCodecs.Rows(image.getRaster());
        int bands = rows.numBands();
        int shift = Math.max(0, image.getColorModel().getComponentSize(0) - 8);
        int o = 0;
        for (int y = 0; y < image.getHeight(); y++) {
            int[] row = rows.row(y);
            for (int p = 0; p < row.length; p += bands, o++) {
                byte value = (byte) (row[p] >> shift);
                rgb[3 * o] = value;
                rgb[3 * o + 1] = value;
                rgb[3 * o + 2] = value;
                if (alpha != null) {
                    alpha[o] = (byte) (row[p + bands - 1] >> shift);
                }
            }
        }
    }

    private static void colored(BufferedImage image, byte[] rgb, byte @Nullable [] alpha) {
        int width = image.getWidth();
        int[] row = new int[width];
        int o = 0;
        for (int y = 0; y < image.getHeight(); y++) {
            image.getRGB(0, y, width, 1, row, 0, width);
            for (int x = 0; x < width; x++, o++) {
                rgb[3 * o] = (byte) (row[x] >> 16);
                rgb[3 * o + 1] = (byte) (row[x] >> 8);
                rgb[3 * o + 2] = (byte) row[x];
                if (alpha != null) {
                    alpha[o] = (byte) (row[x] >>> 24);
                }
            }
        }
    }
}

package org.kimi4j.vision;

import org.jspecify.annotations.Nullable;

/**
 * What a decoder gives.
 *
 * @param rgb [height, width, 3]
 * @param alpha [height, width], or null where the picture is opaque or its alpha was not asked for
 */
record Pixels(int width, int height, byte[] rgb, byte @Nullable [] alpha) {

    /** The picture on white, with the rounding of Pillow's paste through a mask. */
    Pixels onWhite() {
        if (alpha == null) {
            return this;
        }
        byte[] out = new byte[rgb.length];
        for (int i = 0, p = 0; i < alpha.length; i++) {
            int a = alpha[i] & 0xFF;
            for (int end = p + 3; p < end; p++) {
                int sum = 255 * (255 - a) + (rgb[p] & 0xFF) * a + 128;
                out[p] = (byte) (((sum >> 8) + sum) >> 8);
            }
        }
        return new Pixels(width, height, out, null);
    }

    /**
     * The picture turned upright.
     *
     * @param orientation EXIF's 1..8: where the first row and the first column of the file belong
     */
    Pixels oriented(int orientation) {
        if (orientation == 1) {
            return this;
        }
        boolean transposed = orientation >= 5;
        boolean flipX = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
        boolean flipY = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
        int outWidth = transposed ? height : width;
        int outHeight = transposed ? width : height;
        byte[] out = new byte[rgb.length];
        int o = 0;
        for (int y = 0; y < outHeight; y++) {
            for (int x = 0; x < outWidth; x++, o += 3) {
                int sourceX = transposed ? y : x;
                int sourceY = transposed ? x : y;
                sourceX = flipX ? width - 1 - sourceX : sourceX;
                sourceY = flipY ? height - 1 - sourceY : sourceY;
                int p = 3 * (sourceY * width + sourceX);
                out[o] = rgb[p];
                out[o + 1] = rgb[p + 1];
                out[o + 2] = rgb[p + 2];
            }
        }
        return new Pixels(outWidth, outHeight, out, null);
    }
}

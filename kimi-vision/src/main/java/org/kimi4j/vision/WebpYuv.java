package org.kimi4j.vision;

/** The planes of a lossy WebP to RGB, with libwebp's smoothing of the halved colour planes and its fixed point. */
final class WebpYuv {

    private WebpYuv() {}

    /**
     * Converts a picture.
     *
     * @param planes Y [height, width], then U and V [(height + 1) / 2, (width + 1) / 2] each
     * @return [height, width, 3]
     */
    static byte[] toRgb(byte[] planes, int width, int height) {
        int halfWidth = (width + 1) / 2;
        int halfHeight = (height + 1) / 2;
        int uStart = width * height;
        int vStart = uStart + halfWidth * halfHeight;
        byte[] rgb = new byte[Math.multiplyExact(3 * width, height)];
        int[] u = new int[width];
        int[] v = new int[width];
        for (int y = 0; y < height; y++) {
            int near = y / 2;
            int far = Math.min(Math.max(y % 2 == 0 ? near - 1 : near + 1, 0), halfHeight - 1);
            smooth(planes, uStart + near * halfWidth, uStart + far * halfWidth, u);
            smooth(planes, vStart + near * halfWidth, vStart + far * halfWidth, v);
            int o = 3 * y * width;
            for (int x = 0; x < width; x++, o += 3) {
                int luma = (planes[y * width + x] & 0xFF) * 19077 >> 8;
                rgb[o] = clamp(luma + (v[x] * 26149 >> 8) - 14234);
                rgb[o + 1] = clamp(luma - (u[x] * 6419 >> 8) - (v[x] * 13320 >> 8) + 8708);
                rgb[o + 2] = clamp(luma + (u[x] * 33050 >> 8) - 17685);
            }
        }
        return rgb;
    }

    /** One row of a colour plane at full width: weights 9, 3, 3, 1 of 16, rounded in two steps. */
    private static void smooth(byte[] plane, int near, int far, int[] out) {
        int width = out.length;
        int n = plane[near] & 0xFF;
        int f = plane[far] & 0xFF;
        out[0] = (3 * n + f + 2) >> 2;
        for (int x = 1; x <= (width - 1) / 2; x++) {
            int nextN = plane[near + x] & 0xFF;
            int nextF = plane[far + x] & 0xFF;
            int sum = n + nextN + f + nextF + 8;
            out[2 * x - 1] = (((sum + 2 * (nextN + f)) >> 3) + n) >> 1;
            out[2 * x] = (((sum + 2 * (n + nextF)) >> 3) + nextN) >> 1;
            n = nextN;
            f = nextF;
        }
        if (width % 2 == 0) {
            out[width - 1] = (3 * n + f + 2) >> 2;
        }
    }

    private static byte clamp(int value) {
        return (byte) Math.min(Math.max(value >> 6, 0), 255);
    }
}

package org.kimi4j.kernel;

/**
 * Activations in 8 bits, as FAST has them: each group of 32 values of a row as integers of -127 to 127 times one scale,
 * the largest magnitude over 127. The scale is of that row and group alone.
 */
final class Activations {

    static final int GROUP = 32;

    /** Groups without a value of this size count as zeros: the inverse of a smaller scale might not be finite. */
    private static final float TINY = 0x1p-100f;

    private Activations() {}

    /**
     * Quantises one row.
     *
     * @param codes receives the integers at {@code codesAt}
     * @param scales receives one scale per group at {@code scalesAt}
     */
    static void quantize(float[] x, int at, int cols, byte[] codes, int codesAt, float[] scales, int scalesAt) {
        for (int g = 0; g < cols / GROUP; g++) {
            int from = at + g * GROUP;
            float max = largest(x, from);
            float inverse = inverse(max);
            scales[scalesAt + g] = max / 127f;
            for (int i = 0; i < GROUP; i++) {
                codes[codesAt + g * GROUP + i] = (byte) Math.rint(x[from + i] * inverse);
            }
        }
    }

    /** Replaces a row by what its 8-bit form stands for: what prompt rows are computed with in FAST. */
    static void round(float[] x, int at, int cols) {
        for (int g = 0; g < cols / GROUP; g++) {
            int from = at + g * GROUP;
            float max = largest(x, from);
            float inverse = inverse(max);
            float scale = max / 127f;
            for (int i = 0; i < GROUP; i++) {
                x[from + i] = (float) Math.rint(x[from + i] * inverse) * scale;
            }
        }
    }

    /** The largest magnitude of a group, or 0 if it is too small to count. */
    private static float largest(float[] x, int from) {
        float max = 0;
        for (int i = 0; i < GROUP; i++) {
            max = Math.max(max, Math.abs(x[from + i]));
        }
        return counted(max);
    }

    /** A largest magnitude as it counts. */
    static float counted(float max) {
        return max < TINY ? 0 : max;
    }

    /** What a group with this largest magnitude is multiplied with. */
    static float inverse(float max) {
        return max == 0 ? 0 : 127f / max;
    }
}

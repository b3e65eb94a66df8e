package org.kimi4j.testkit;

/** Number formats of the checkpoint: BF16, and INT4 in groups of 32 that share a BF16 scale. */
public final class Numbers {

    /** Weights that share a scale. */
    public static final int GROUP = 32;

    private Numbers() {}

    /** The nearest BF16 to a finite float, ties to even, as its 16 bits. */
    public static short bf16(float value) {
        int bits = Float.floatToRawIntBits(value);
        return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
    }

    /** The value of 16 bits of BF16. */
    public static float fromBf16(short bits) {
        return Float.intBitsToFloat(bits << 16);
    }

    /**
     * Quantises 32 weights: the scale is 2/15 of the largest magnitude, rounded to BF16; a weight becomes the nearest of
     * -8 to 7 times the scale, stored as that number plus 8, two to a byte, the first in the low nibble.
     *
     * @param weights from {@code at} on, 32 of them
     * @param packed receives 16 bytes from {@code to} on
     * @return the bits of the scale
     */
    public static short quantise(float[] weights, int at, byte[] packed, int to) {
        float largest = 0;
        for (int i = 0; i < GROUP; i++) {
            largest = Math.max(largest, Math.abs(weights[at + i]));
        }
        short bits = bf16(largest / 7.5f);
        float scale = fromBf16(bits);
        for (int i = 0; i < GROUP; i += 2) {
            packed[to + i / 2] = (byte) (nibble(weights[at + i], scale) | nibble(weights[at + i + 1], scale) << 4);
        }
        return bits;
    }

    private static int nibble(float weight, float scale) {
        int q = scale == 0 ? 0 : (int) Math.rint(weight / scale);
        return Math.clamp(q, -8, 7) + 8;
    }

    /**
     * The weight a pair of nibbles stands for.
     *
     * @param packed rows of nibbles, the low one of a byte first
     * @param index of the weight, counted in nibbles from the first byte
     * @param scale bits of the scale of its group
     */
    public static float dequantise(byte[] packed, int index, short scale) {
        int nibble = (packed[index / 2] >>> (4 * (index & 1))) & 15;
        return (nibble - 8) * fromBf16(scale);
    }
}

package org.kimi4j.kernel;

/**
 * The exponential that every implementation computes with the same operations in the same order, so that its bits depend
 * neither on the implementation nor on the compiler: x = n ln 2 + r, a polynomial in r, and n put into the exponent.
 * Relative error below 2e-7. The vector code repeats these steps with the constants below.
 */
final class Exp {

    /** Arguments are clamped to this range: below, the result is as good as zero; above, it would overflow. */
    static final float MIN = -87.33f;

    static final float MAX = 88.37f;
    static final float LOG2E = 1.44269504f;
    /** Adding and subtracting 1.5 * 2^23 rounds to the nearest integer, ties to even. */
    static final float ROUND = 12582912f;

    /** ln 2 in two parts, the first with trailing zeros, so that n * LN2_HIGH is exact. */
    static final float LN2_HIGH = 0.693359375f;

    static final float LN2_LOW = -2.12194440e-4f;
    static final float C6 = 1.9875691500e-4f;
    static final float C5 = 1.3981999507e-3f;
    static final float C4 = 8.3334519073e-3f;
    static final float C3 = 4.1665795894e-2f;
    static final float C2 = 1.6666665459e-1f;
    static final float C1 = 5.0000001201e-1f;

    private Exp() {}

    /** e to the power of x; NaN stays NaN. */
    static float exp(float x) {
        float clamped = Math.min(Math.max(x, MIN), MAX);
        float n = Math.fma(clamped, LOG2E, ROUND) - ROUND;
        float r = Math.fma(n, -LN2_LOW, Math.fma(n, -LN2_HIGH, clamped));
        float p = Math.fma(C6, r, C5);
        p = Math.fma(p, r, C4);
        p = Math.fma(p, r, C3);
        p = Math.fma(p, r, C2);
        p = Math.fma(p, r, C1);
        p = Math.fma(p, r * r, r + 1f);
        return p * Float.intBitsToFloat(((int) n + 127) << 23);
    }

    static float sigmoid(float x) {
        return 1f / (1f + exp(-x));
    }

    static float silu(float x) {
        return x * sigmoid(x);
    }
}

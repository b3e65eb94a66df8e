package org.kimi4j.sampling;

/**
 * The exponential function for arguments up to 0, with the same bits in every JVM and at every stage of compilation.
 * {@link Math#exp} does not promise that, and {@link StrictMath#exp} costs several times as much: a softmax over K2.5's
 * vocabulary takes 163,840 of them. Relative error below 1e-15.
 */
final class Exp {

    /** Below this the result is 0: the smallest normal double is exp(-708.4). */
    private static final double MIN = -708;

    private static final int STEP_BITS = 6;
    private static final int STEPS = 1 << STEP_BITS;
    private static final double STEPS_PER_ONE = STEPS / StrictMath.log(2);
    // ln 2 / 64 in two parts. The first has 32 significant bits, so that its product with a count of steps is exact.
    private static final double STEP_HIGH = 0x1.62e42feep-7;
    private static final double STEP_LOW = 0x1.a39ef35793c76p-39;
    private static final double[] POWERS = new double[STEPS]; // 2^(i/64)
    private static final int EXPONENT_BIAS = 1023;
    private static final int MANTISSA_BITS = 52;

    static {
        for (int i = 0; i < STEPS; i++) {
            POWERS[i] = StrictMath.pow(2, (double) i / STEPS);
        }
    }

    private Exp() {}

    /** e to the power of x, for x up to 0. */
    static double of(double x) {
        if (!(x >= MIN)) {
            return 0;
        }
        int steps = (int) (x * STEPS_PER_ONE - 0.5);
        double r = x - steps * STEP_HIGH - steps * STEP_LOW;
        // |r| <= ln 2 / 128: the first term left out is below 2^-54.
        double series = 1 + r * (1 + r * (1.0 / 2 + r * (1.0 / 6 + r * (1.0 / 24 + r * (1.0 / 120)))));
        double power = Double.longBitsToDouble((long) ((steps >> STEP_BITS) + EXPONENT_BIAS) << MANTISSA_BITS);
        return series * POWERS[steps & (STEPS - 1)] * power;
    }
}

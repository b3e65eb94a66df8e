package org.kimi4j.kernel;

/** The two forms of GELU, each with its operations written out, because their bits must not depend on the compiler. */
final class Gelu {

    /** sqrt(2 / pi), twice: the hyperbolic tangent is taken as a sigmoid of the double argument. */
    static final float TWO_SQRT_2_OVER_PI = 1.5957691216f;

    static final float CUBE = 0.044715f;
    private static final float SQRT_HALF = 0.70710678f;

    private Gelu() {}

    /** The approximation with tanh: x * sigmoid(2 u). */
    static float tanh(float x) {
        float u = Math.fma(CUBE * x, x * x, x) * TWO_SQRT_2_OVER_PI;
        return x * Exp.sigmoid(u);
    }

    /** With the error function: x / 2 * erfc(-x / sqrt(2)). */
    static float erf(float x) {
        return 0.5f * x * erfc(-x * SQRT_HALF);
    }

    /**
     * The complementary error function by the Chebyshev fit of Numerical Recipes (section 6.2, {@code erfcc}): relative
     * error below 1.2e-7 before rounding.
     */
    private static float erfc(float x) {
        float z = Math.abs(x);
        float t = 1f / Math.fma(0.5f, z, 1f);
        float p = 0.17087277f;
        p = Math.fma(p, t, -0.82215223f);
        p = Math.fma(p, t, 1.48851587f);
        p = Math.fma(p, t, -1.13520398f);
        p = Math.fma(p, t, 0.27886807f);
        p = Math.fma(p, t, -0.18628806f);
        p = Math.fma(p, t, 0.09678418f);
        p = Math.fma(p, t, 0.37409196f);
        p = Math.fma(p, t, 1.00002368f);
        p = Math.fma(p, t, -1.26551223f);
        float tail = t * Exp.exp(Math.fma(-z, z, p));
        return x >= 0 ? tail : 2f - tail;
    }
}

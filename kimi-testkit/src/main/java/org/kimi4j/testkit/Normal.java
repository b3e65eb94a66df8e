package org.kimi4j.testkit;

/** The standard normal distribution as 65,536 equally likely values. */
final class Normal {

    /** Ascending; entry i is the value below which (i + 0.5) / 65,536 of the distribution lies. */
    static final float[] QUANTILES = quantiles();

    private Normal() {}

    private static float[] quantiles() {
        float[] values = new float[1 << 16];
        double x = -4.5;
        for (int i = 0; i < values.length / 2; i++) {
            x = solve((i + 0.5) / values.length, x);
            values[i] = (float) x;
            values[values.length - 1 - i] = (float) -x;
        }
        return values;
    }

    /** Newton's method on the distribution function; the neighbour below is a good start. */
    private static double solve(double p, double start) {
        double x = start;
        for (int step = 0; step < 60; step++) {
            double density = StrictMath.exp(-x * x / 2) / StrictMath.sqrt(2 * Math.PI);
            double change = (cumulative(x) - p) / density;
            // The tail is so flat that a full step from outside could overshoot.
            x -= Math.clamp(change, -0.5, 0.5);
            if (Math.abs(change) < 1e-10) {
                return x;
            }
        }
        return x;
    }

    /** By the continued fraction of Mills' ratio in the tail and by a Taylor series near 0; x is negative. */
    private static double cumulative(double x) {
        double a = -x;
        double density = StrictMath.exp(-a * a / 2) / StrictMath.sqrt(2 * Math.PI);
        if (a > 3) {
            double fraction = a;
            for (int k = 60; k >= 1; k--) {
                fraction = a + k / fraction;
            }
            return density / fraction;
        }
        double term = a;
        double sum = a;
        for (int k = 3; Math.abs(term) > 1e-17; k += 2) {
            term *= a * a / k;
            sum += term;
        }
        return 0.5 - density * sum;
    }
}

package org.kimi4j.testkit;

import java.util.Locale;

/**
 * How far a result is from what was expected.
 *
 * @param nmse mean square of the difference, relative to the mean square of the expected values
 * @param maxAbs largest difference
 * @param at where the largest difference is
 * @param expectedRms root mean square of the expected values
 */
public record TensorDifference(double nmse, double maxAbs, int at, double expectedRms) {

    /**
     * Compares two results of equal length. A value that is NaN or infinite in one of them only is infinitely far off.
     *
     * @throws IllegalArgumentException if the lengths differ
     */
    public static TensorDifference of(float[] actual, float[] expected) {
        if (actual.length != expected.length) {
            throw new IllegalArgumentException("expected " + expected.length + " values, found " + actual.length);
        }
        double error = 0;
        double size = 0;
        double maxAbs = 0;
        int at = 0;
        for (int i = 0; i < actual.length; i++) {
            double difference = difference(actual[i], expected[i]);
            error += difference * difference;
            size += Float.isFinite(expected[i]) ? (double) expected[i] * expected[i] : 0;
            if (difference > maxAbs) {
                maxAbs = difference;
                at = i;
            }
        }
        double nmse = error == 0 ? 0 : error / size;
        return new TensorDifference(nmse, maxAbs, at, Math.sqrt(size / Math.max(1, actual.length)));
    }

    private static double difference(float actual, float expected) {
        if (Float.compare(actual, expected) == 0 || actual == expected) {
            return 0;
        }
        double difference = Math.abs((double) actual - expected);
        return Double.isNaN(difference) ? Double.POSITIVE_INFINITY : difference;
    }

    /** Root of {@link #nmse}: the size of the error relative to the size of the values. */
    public double rmsRelative() {
        return Math.sqrt(nmse);
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "rms relative %.3g, nmse %.3g, max abs %.3g at %d (values of rms %.3g)",
                rmsRelative(),
                nmse,
                maxAbs,
                at,
                expectedRms);
    }
}

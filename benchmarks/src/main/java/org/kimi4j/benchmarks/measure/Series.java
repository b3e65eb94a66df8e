package org.kimi4j.benchmarks.measure;

import java.util.Arrays;
import java.util.OptionalDouble;

/**
 * The samples of one work, in the order they were taken.
 *
 * @param seconds per run, a sample of each round
 * @param foreignCores processors that others kept busy while this work ran, on average; empty if the system does not say
 */
public record Series(Work work, double[] seconds, OptionalDouble foreignCores) {

    /** Runs per second of each sample. */
    public double[] rates() {
        return Arrays.stream(seconds).map(s -> 1 / s).toArray();
    }

    public double medianSeconds() {
        return quantile(seconds, 0.5);
    }

    /** Billions of bytes per second, in the median. */
    public double gigabytesPerSecond() {
        return work.bytes() / medianSeconds() / 1e9;
    }

    /** Billions of floating point operations per second, in the median. */
    public double gigaflops() {
        return work.flops() / medianSeconds() / 1e9;
    }

    /** The median over the rounds of this one's speed over another's, in bytes per second. */
    public double bytesRatio(Series other) {
        return ratio(other, work.bytes() / other.work.bytes());
    }

    /** The median over the rounds of this one's speed over another's, in operations per second. */
    public double flopsRatio(Series other) {
        return ratio(other, work.flops() / other.work.flops());
    }

    private double ratio(Series other, double amounts) {
        double[] ratios = new double[seconds.length];
        for (int round = 0; round < ratios.length; round++) {
            ratios[round] = amounts * other.seconds[round] / seconds[round];
        }
        return quantile(ratios, 0.5);
    }

    /** A quantile, between two samples by proportion. */
    public static double quantile(double[] samples, double q) {
        double[] sorted = samples.clone();
        Arrays.sort(sorted);
        double at = q * (sorted.length - 1);
        int below = (int) at;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
    }
}

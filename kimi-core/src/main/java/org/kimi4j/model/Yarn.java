package org.kimi4j.model;

import org.kimi4j.config.RopeScaling;
import org.kimi4j.config.TextConfig;
import org.kimi4j.kernel.Rope;

/**
 * YaRN (arXiv 2309.00071): slow rotary frequencies are stretched by the whole factor, fast ones kept, those between
 * blended. StrictMath, because frequencies are part of what makes two runs equal.
 */
final class Yarn {

    private Yarn() {}

    static Rope rope(TextConfig c) {
        return new Rope(frequencies(c), c.ropeScaling().cosSinScale());
    }

    /** Radians per position of each pair of the rotary part. */
    static double[] frequencies(TextConfig c) {
        RopeScaling s = c.ropeScaling();
        int dim = c.qkRopeHeadDim();
        double low = Math.max(Math.floor(pairOf(s.betaFast(), c)), 0);
        double high = Math.min(Math.ceil(pairOf(s.betaSlow(), c)), dim - 1);
        double[] frequency = new double[dim / 2];
        for (int j = 0; j < frequency.length; j++) {
            double base = StrictMath.pow(c.ropeTheta(), -2.0 * j / dim);
            double ramp = Math.clamp((j - low) / (high == low ? 0.001 : high - low), 0, 1);
            frequency[j] = base * (1 - ramp) + base / s.factor() * ramp;
        }
        return frequency;
    }

    /** The pair, as a fraction, that turns so many times over the original context. */
    private static double pairOf(double rotations, TextConfig c) {
        double length = c.ropeScaling().originalMaxPositionEmbeddings();
        return c.qkRopeHeadDim()
                * StrictMath.log(length / (rotations * 2 * Math.PI))
                / (2 * StrictMath.log(c.ropeTheta()));
    }
}

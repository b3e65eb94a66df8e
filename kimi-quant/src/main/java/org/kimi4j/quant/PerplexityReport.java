package org.kimi4j.quant;

import java.util.Optional;

/**
 * How well a model predicts a text, and how far it is from another one.
 *
 * @param windows stretches that were read with a fresh cache each
 * @param tokens tokens read
 * @param positions tokens that counted as predictions
 * @param perplexity exp of the mean negative log probability of the tokens that came
 * @param against the comparison, if there was a second model
 */
public record PerplexityReport(
        long windows, long tokens, long positions, double perplexity, Optional<Comparison> against) {

    /**
     * The model beside a reference.
     *
     * @param perplexity of the reference
     * @param meanKl mean Kullback-Leibler divergence of the model from the reference, sum of p_ref log(p_ref / p), in nats
     * @param maxKl the largest of one position
     * @param topChanges positions at which another token is the most likely one
     */
    public record Comparison(double perplexity, double meanKl, double maxKl, long topChanges) {}

    /** The model's perplexity over that of the reference; 1 without one. */
    public double perplexityRatio() {
        return against.map(reference -> perplexity / reference.perplexity()).orElse(1.0);
    }

    /** Share of positions at which another token is the most likely one; 0 without a reference. */
    public double topChangeRate() {
        return against.map(reference -> positions == 0 ? 0 : (double) reference.topChanges() / positions)
                .orElse(0.0);
    }
}

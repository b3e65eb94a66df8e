package org.kimi4j.sampling;

import java.util.BitSet;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.kimi4j.error.CheckpointException;
import org.kimi4j.error.UnsupportedOptionException;

/**
 * Chooses the tokens of one request. For one thread. Deterministic: equal options, seed and logits give equal tokens on
 * every machine. Holds 8 bytes per token of the vocabulary (1.3 MB for K2.5), and 4 more each if there are penalties or
 * biases; a call allocates nothing.
 *
 * <p>Logits are neither modified nor kept, so the caller may use one array for all tokens.
 */
public final class Sampler {

    private final SamplingOptions options;
    private final int vocabSize;
    private final RandomGenerator random;
    private final BitSet all;
    private final Candidates candidates;
    private final float[] bias; // [vocab], or empty
    private final int[] answerCounts; // [vocab], or empty
    private final BitSet promptTokens = new BitSet();

    /**
     * A sampler with the random numbers of the options' seed, or of a new one.
     *
     * @param vocabSize length of the logits
     * @throws UnsupportedOptionException if a bias is for a token that the vocabulary does not have
     */
    public Sampler(SamplingOptions options, int vocabSize) {
        this(
                options,
                vocabSize,
                options.seed().isPresent() ? new SplittableRandom(options.seed().getAsLong()) : new SplittableRandom());
    }

    /** As above, with random numbers of the caller's: one per token unless the temperature is 0. */
    public Sampler(SamplingOptions options, int vocabSize, RandomGenerator random) {
        this.options = options;
        this.vocabSize = vocabSize;
        this.random = random;
        all = new BitSet(vocabSize);
        all.set(0, vocabSize);
        candidates = new Candidates(options.temperature() == 0 ? 0 : vocabSize);
        bias = new float[options.logitBias().isEmpty() ? 0 : vocabSize];
        options.logitBias().forEach((id, value) -> {
            if (id >= vocabSize) {
                throw new UnsupportedOptionException(
                        "logitBias: expected token ids from 0 to " + (vocabSize - 1) + ", found " + id);
            }
            bias[id] = value;
        });
        answerCounts = new int[options.isPenalised() ? vocabSize : 0];
    }

    /** Tells which tokens the prompt has; the repetition penalty applies to them. */
    public void prompt(int... ids) {
        if (answerCounts.length > 0) {
            for (int id : ids) {
                promptTokens.set(id);
            }
        }
    }

    /** Tells that a token became part of the answer, sampled or not; the penalties apply to it from then on. */
    public void accept(int id) {
        if (answerCounts.length > 0) {
            answerCounts[id]++;
        }
    }

    /**
     * The next token. It does not count for the penalties before {@link #accept}.
     *
     * @param logits [vocab]; negative infinity excludes a token
     * @throws CheckpointException if the logits are not numbers, which only damaged weights can cause
     */
    public int sample(float[] logits) {
        return sample(logits, all);
    }

    /** As above, among the allowed token ids alone; at least one must be. */
    public int sample(float[] logits, BitSet allowed) {
        if (logits.length != vocabSize) {
            throw new IllegalArgumentException("logits: expected [" + vocabSize + "], found [" + logits.length + "]");
        }
        if (allowed.isEmpty() || allowed.length() > vocabSize) {
            throw new IllegalArgumentException("allowed tokens: expected some of 0 to " + (vocabSize - 1) + ", found "
                    + (allowed.isEmpty() ? "none" : "token " + (allowed.length() - 1)));
        }
        if (options.temperature() == 0) {
            return greedy(logits, allowed);
        }
        // Drawn in any case, so that a token that leaves no choice moves the random numbers on like every other.
        double share = random.nextDouble();
        return draw(share, collect(logits, allowed));
    }

    /**
     * Logarithms of probability under the raw distribution, of {@code token} and of as many of the most probable ones as
     * {@link SamplingOptions#topLogprobs} says.
     *
     * @param logits [vocab], as given to {@link #sample}
     */
    public Logprobs logprobs(float[] logits, int token) {
        return Logprobs.of(logits, token, options.topLogprobs().orElse(0));
    }

    private int greedy(float[] logits, BitSet allowed) {
        int best = -1;
        float highest = Float.NEGATIVE_INFINITY;
        for (int id = allowed.nextSetBit(0); id >= 0; id = allowed.nextSetBit(id + 1)) {
            float logit = adjusted(logits, id);
            if (logit > highest) {
                highest = logit;
                best = id;
            }
        }
        if (best < 0) {
            throw nothingLeft();
        }
        return best;
    }

    /** Makes the candidates; their highest logit. */
    private float collect(float[] logits, BitSet allowed) {
        candidates.clear();
        float highest = Float.NEGATIVE_INFINITY;
        for (int id = allowed.nextSetBit(0); id >= 0; id = allowed.nextSetBit(id + 1)) {
            float logit = adjusted(logits, id);
            if (logit != Float.NEGATIVE_INFINITY) {
                candidates.add(logit, id);
                highest = Math.max(highest, logit);
            }
        }
        if (candidates.size() == 0) {
            throw nothingLeft();
        }
        return highest;
    }

    /** The logit after penalties and bias. */
    private float adjusted(float[] logits, int id) {
        requireLogit(logits, id);
        float logit = logits[id];
        if (answerCounts.length > 0) {
            int count = answerCounts[id];
            double value = logit;
            if (count > 0 || promptTokens.get(id)) {
                double penalty = options.repetitionPenalty();
                value = value > 0 ? value / penalty : value * penalty;
            }
            if (count > 0) {
                value -= options.frequencyPenalty() * count + options.presencePenalty();
            }
            logit = (float) value;
        }
        return bias.length > 0 ? logit + bias[id] : logit;
    }

    static void requireLogit(float[] logits, int id) {
        if (!(logits[id] < Float.POSITIVE_INFINITY)) {
            throw new CheckpointException(
                    "logits: expected numbers, found " + logits[id] + " for token " + id
                            + "; weights are damaged, or belong to another model than config.json: check the checkpoint's files");
        }
    }

    private static CheckpointException nothingLeft() {
        return new CheckpointException(
                "logits: expected a number for at least one of the allowed tokens, found -Infinity for "
                        + "all; weights are damaged, or belong to another model than config.json: check the checkpoint's files");
    }

    /**
     * Draws along the candidates in their order. Every filter keeps a prefix of that order, and the token is the first at
     * which the cumulated weight exceeds {@code share} of the kept weight. Weights are relative to the first.
     */
    private int draw(double share, float max) {
        int limit = options.topK() == 0 ? candidates.size() : Math.min(options.topK(), candidates.size());
        // Before the order is made, so that all are added in the order of their ids.
        double kept = limit == candidates.size() ? weightOfAll(max) : 0;
        candidates.order();
        if (limit < candidates.size()) {
            for (int i = 0; i < limit; i++) {
                kept += weight(candidates.best(i), max);
            }
        }
        if (options.topP() < 1 || options.minP() > 0) {
            double enough = options.topP() * kept;
            int count = 0;
            kept = 0;
            do {
                kept += weight(candidates.best(count++), max);
            } while (count < limit && (kept < enough || options.topP() == 1) && isLikely(candidates.best(count), max));
            limit = count;
        }
        double target = share * kept;
        int chosen = 0;
        double sum = weight(candidates.best(0), max);
        // Rounding can leave the sum a little below what all weigh; the last likely candidate then takes the rest.
        while (sum <= target && chosen + 1 < limit && isLikely(candidates.best(chosen + 1), max)) {
            sum += weight(candidates.best(++chosen), max);
        }
        return Candidates.id(candidates.best(chosen));
    }

    private boolean isLikely(long candidate, float max) {
        double weight = weight(candidate, max);
        return weight > 0 && weight >= options.minP();
    }

    private double weightOfAll(float max) {
        double sum = 0;
        for (int i = 0; i < candidates.size(); i++) {
            sum += weight(candidates.added(i), max);
        }
        return sum;
    }

    private double weight(long candidate, float max) {
        return Exp.of(((double) Candidates.logit(candidate) - max) / options.temperature());
    }
}

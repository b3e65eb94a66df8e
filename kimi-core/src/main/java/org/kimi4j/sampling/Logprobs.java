package org.kimi4j.sampling;

import java.util.ArrayList;
import java.util.List;

/**
 * Natural logarithms of probabilities under the raw distribution: the softmax of the model's logits, before penalties,
 * bias, temperature and filters.
 *
 * @param token the token that was chosen
 * @param logprob its logarithm of probability
 * @param top the most probable tokens, best first, the lower id first among equals
 */
public record Logprobs(int token, double logprob, List<Entry> top) {

    /** The most tokens that can be asked for. */
    public static final int MAX_TOP = 20;

    /** One token and the logarithm of its probability. */
    public record Entry(int token, double logprob) {}

    public Logprobs {
        top = List.copyOf(top);
    }

    /**
     * The logarithms of probability of one token and of the {@code top} most probable ones.
     *
     * @param logits [vocab], not modified
     * @param top 0 to {@value #MAX_TOP}
     */
    public static Logprobs of(float[] logits, int token, int top) {
        if (top < 0 || top > MAX_TOP) {
            throw new IllegalArgumentException("top: expected 0 to " + MAX_TOP + ", found " + top);
        }
        long[] best = new long[Math.min(Math.max(top, 1), logits.length)];
        int found = 0;
        for (int id = 0; id < logits.length; id++) {
            Sampler.requireLogit(logits, id);
            long key = Candidates.key(logits[id], id);
            if (found < best.length || key < best[found - 1]) {
                found = Math.min(found + 1, best.length);
                insert(best, found - 1, key);
            }
        }
        double max = Candidates.logit(best[0]);
        double sum = 0;
        for (float logit : logits) {
            sum += Exp.of(logit - max);
        }
        double logSum = max + StrictMath.log(sum);
        List<Entry> entries = new ArrayList<>(top);
        for (int i = 0; i < Math.min(top, found); i++) {
            entries.add(new Entry(Candidates.id(best[i]), Candidates.logit(best[i]) - logSum));
        }
        return new Logprobs(token, logits[token] - logSum, entries);
    }

    private static void insert(long[] sorted, int last, long key) {
        int at = last;
        for (; at > 0 && sorted[at - 1] > key; at--) {
            sorted[at] = sorted[at - 1];
        }
        sorted[at] = key;
    }
}

package org.kimi4j.sampling;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** The definition of sampling in double precision: sorts everything, filters step by step, shares nothing with Sampler. */
final class NaiveSampler {

    /** A candidate with the weight it has after the last step. */
    record Weighted(int id, double logit, double probability) {}

    private NaiveSampler() {}

    /** The distribution that is drawn from, in the order of drawing. */
    static List<Weighted> distribution(
            SamplingOptions o, float[] logits, Map<Integer, Integer> answer, List<Integer> prompt) {
        List<Weighted> candidates = new ArrayList<>();
        for (int id = 0; id < logits.length; id++) {
            double logit = logits[id];
            int count = answer.getOrDefault(id, 0);
            if (count > 0 || prompt.contains(id)) {
                logit = logit > 0 ? logit / o.repetitionPenalty() : logit * o.repetitionPenalty();
            }
            logit -= count * o.frequencyPenalty();
            logit -= count > 0 ? o.presencePenalty() : 0;
            logit += o.logitBias().getOrDefault(id, 0f);
            candidates.add(new Weighted(id, logit, 0));
        }
        candidates.sort(Comparator.comparingDouble(Weighted::logit).reversed().thenComparing(Weighted::id));
        if (o.topK() > 0 && o.topK() < candidates.size()) {
            candidates = candidates.subList(0, o.topK());
        }
        candidates = softmax(candidates, o.temperature());
        int kept = candidates.size();
        double sum = 0;
        for (int i = 0; i < kept; i++) {
            sum += candidates.get(i).probability();
            if (o.topP() < 1 && sum >= o.topP()) {
                kept = i + 1;
            }
        }
        double least = o.minP() * candidates.getFirst().probability();
        candidates = candidates.subList(0, kept).stream()
                .filter(c -> c.probability() >= least)
                .toList();
        return softmax(candidates, o.temperature());
    }

    private static List<Weighted> softmax(List<Weighted> candidates, double temperature) {
        double max = candidates.getFirst().logit();
        double sum = candidates.stream()
                .mapToDouble(c -> Math.exp((c.logit() - max) / temperature))
                .sum();
        return candidates.stream()
                .map(c -> new Weighted(c.id(), c.logit(), Math.exp((c.logit() - max) / temperature) / sum))
                .toList();
    }

    static int draw(List<Weighted> distribution, double share) {
        double sum = 0;
        for (Weighted candidate : distribution) {
            sum += candidate.probability();
            if (sum > share) {
                return candidate.id();
            }
        }
        return distribution.getLast().id();
    }
}

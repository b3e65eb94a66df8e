package org.kimi4j.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.kimi4j.error.CheckpointException;

class LogprobsTest {

    @Test
    void equalTheNaiveLogSoftmax() {
        long seed = 101;
        Random random = new Random(seed);
        for (int i = 0; i < 300; i++) {
            int vocab = 1 + random.nextInt(300);
            float[] logits = new float[vocab];
            for (int id = 0; id < vocab; id++) {
                logits[id] = Math.round(random.nextGaussian() * 40) / 8f;
            }
            int top = random.nextInt(21);
            int token = random.nextInt(vocab);
            Logprobs found = Logprobs.of(logits, token, top);
            double sum = 0;
            for (float logit : logits) {
                sum += Math.exp(logit);
            }
            assertThat(found.logprob())
                    .as("seed %d, case %d", seed, i)
                    .isCloseTo(logits[token] - Math.log(sum), within(1e-12));
            List<Integer> best = IntStream.range(0, vocab)
                    .boxed()
                    .sorted(Comparator.<Integer>comparingDouble(id -> -logits[id])
                            .thenComparing(id -> id))
                    .limit(top)
                    .toList();
            assertThat(found.top()).extracting(Logprobs.Entry::token).isEqualTo(best);
            for (Logprobs.Entry entry : found.top()) {
                assertThat(entry.logprob()).isCloseTo(logits[entry.token()] - Math.log(sum), within(1e-12));
            }
        }
    }

    @Test
    void areOfTheRawDistribution() {
        float[] logits = {0, 1, 2};
        Sampler sampler = new Sampler(
                SamplingOptions.builder()
                        .temperature(0.1)
                        .topK(1)
                        .presencePenalty(2)
                        .topLogprobs(2)
                        .build(),
                3);
        sampler.accept(2);
        Logprobs logprobs = sampler.logprobs(logits, 0);
        assertThat(logprobs.logprob()).isCloseTo(-Math.log(1 + Math.E + Math.E * Math.E), within(1e-12));
        assertThat(logprobs.top()).extracting(Logprobs.Entry::token).containsExactly(2, 1);
    }

    @Test
    void oddLogitsAreHandled() {
        float none = Float.NEGATIVE_INFINITY;
        assertThat(Logprobs.of(new float[] {none, 0}, 0, 2).logprob()).isEqualTo(Double.NEGATIVE_INFINITY);
        assertThat(Logprobs.of(new float[] {-1e30f, 1e30f}, 1, 1).logprob()).isZero();
        assertThatThrownBy(() -> Logprobs.of(new float[] {0, Float.NaN}, 0, 1)).isInstanceOf(CheckpointException.class);
        assertThatThrownBy(() -> Logprobs.of(new float[] {0}, 0, 21)).isInstanceOf(IllegalArgumentException.class);
    }
}

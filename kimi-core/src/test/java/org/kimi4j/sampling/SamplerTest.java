package org.kimi4j.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kimi4j.error.CheckpointException;
import org.kimi4j.error.UnsupportedOptionException;

class SamplerTest {

    private static float[] logits(Random random, int vocab) {
        float[] logits = new float[vocab];
        double width = 0.5 + 6 * random.nextDouble();
        for (int i = 0; i < vocab; i++) {
            // Rounded, so that there are ties.
            logits[i] = Math.round(random.nextGaussian() * width * 8) / 8f;
        }
        return logits;
    }

    private static SamplingOptions options(Random random, int vocab) {
        SamplingOptions.Builder o = SamplingOptions.builder().temperature(0.05 + 1.9 * random.nextDouble());
        if (random.nextInt(3) == 0) {
            o.topK(1 + random.nextInt(vocab + 5));
        }
        if (random.nextBoolean()) {
            o.topP(0.01 + 0.98 * random.nextDouble());
        }
        if (random.nextInt(3) == 0) {
            o.minP(random.nextDouble() / (1 + random.nextInt(20)));
        }
        if (random.nextInt(3) == 0) {
            // Powers of two, so that both codes see the same ties.
            o.repetitionPenalty(Math.scalb(1, random.nextInt(4) - 1))
                    .presencePenalty(random.nextInt(17) / 4.0 - 2)
                    .frequencyPenalty(random.nextInt(17) / 4.0 - 2);
        }
        if (random.nextInt(3) == 0) {
            Map<Integer, Float> bias = new HashMap<>();
            for (int i = random.nextInt(5); i > 0; i--) {
                bias.put(random.nextInt(vocab), random.nextInt(64) / 4f - 8);
            }
            o.logitBias(bias);
        }
        return o.build();
    }

    @Test
    void drawsWhatTheDefinitionDraws() {
        long seed = 71;
        Random random = new Random(seed);
        for (int i = 0; i < 3_000; i++) {
            int vocab = 1 + random.nextInt(i % 10 == 0 ? 600 : 40);
            SamplingOptions options = options(random, vocab);
            SplittableRandom shares = new SplittableRandom(i);
            Sampler sampler = new Sampler(options, vocab, new SplittableRandom(i));
            List<Integer> prompt = random.ints(3, 0, vocab).boxed().toList();
            sampler.prompt(prompt.stream().mapToInt(id -> id).toArray());
            Map<Integer, Integer> answer = new HashMap<>();
            for (int token = 0; token < 12; token++) {
                float[] logits = logits(random, vocab);
                int expected = NaiveSampler.draw(
                        NaiveSampler.distribution(options, logits, answer, prompt), shares.nextDouble());
                int id = sampler.sample(logits);
                assertThat(id)
                        .as("seed %d, case %d, token %d, %s", seed, i, token, options)
                        .isEqualTo(expected);
                sampler.accept(id);
                answer.merge(id, 1, Integer::sum);
            }
        }
    }

    /** Frequencies of 200,000 draws against the naive distribution: 5 standard deviations per token. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void frequenciesAreThoseOfTheDistribution(int which) {
        SamplingOptions options = switch (which) {
            case 0 -> SamplingOptions.builder().seed(81).build();
            case 1 ->
                SamplingOptions.builder().seed(82).temperature(0.6).topP(0.95).build();
            case 2 ->
                SamplingOptions.builder().seed(83).temperature(1.3).topK(9).build();
            default -> SamplingOptions.builder().seed(84).minP(0.05).build();
        };
        float[] logits = logits(new Random(80 + which), 50);
        int[] counts = new int[50];
        Sampler sampler = new Sampler(options, 50);
        int draws = 200_000;
        for (int i = 0; i < draws; i++) {
            counts[sampler.sample(logits)]++;
        }
        int seen = 0;
        for (NaiveSampler.Weighted token : NaiveSampler.distribution(options, logits, Map.of(), List.of())) {
            double p = token.probability();
            assertThat((double) counts[token.id()] / draws)
                    .as("%s, token %d", options, token.id())
                    .isCloseTo(p, within(5 * Math.sqrt(p * (1 - p) / draws) + 1e-9));
            seen += counts[token.id()];
        }
        assertThat(seen).as("no token outside of the distribution").isEqualTo(draws);
    }

    @Test
    void temperatureZeroTakesTheHighestAndOfEqualsTheLowestId() {
        RandomGenerator never = () -> {
            throw new AssertionError("greedy decoding draws nothing");
        };
        Sampler sampler = new Sampler(SamplingOptions.builder().temperature(0).build(), 5, never);
        assertThat(sampler.sample(new float[] {1, 3, 2, 3, 3})).isEqualTo(1);
        assertThat(sampler.sample(new float[] {-1, -3, -2, -0.5f, -3})).isEqualTo(3);
        assertThat(sampler.sample(new float[] {-0f, 0, -1, 0, 0})).isZero();
    }

    @Test
    void tiesInTopKGoToTheLowerId() {
        Sampler sampler = new Sampler(SamplingOptions.builder().topK(2).seed(1).build(), 5);
        for (int i = 0; i < 200; i++) {
            assertThat(sampler.sample(new float[] {0, 1, 1, 1, 0})).isBetween(1, 2);
        }
    }

    @Test
    void greedyHonoursPenaltiesBiasAndMask() {
        float[] logits = {1, 2, 3, 4};
        SamplingOptions.Builder greedy = SamplingOptions.builder().temperature(0);
        Sampler biased = new Sampler(greedy.logitBias(Map.of(0, 3.5f)).build(), 4);
        assertThat(biased.sample(logits)).isZero();
        BitSet allowed = new BitSet();
        allowed.set(1, 3);
        assertThat(biased.sample(logits, allowed)).isEqualTo(2);
        Sampler penalised = new Sampler(
                greedy.logitBias(Map.of())
                        .presencePenalty(0.5)
                        .frequencyPenalty(0.75)
                        .build(),
                4);
        penalised.prompt(3);
        assertThat(penalised.sample(logits))
                .as("only the answer counts for these two")
                .isEqualTo(3);
        penalised.accept(3);
        assertThat(penalised.sample(logits)).as("4 - 0.5 - 0.75 is below 3").isEqualTo(2);
        Sampler repetition = new Sampler(
                greedy.presencePenalty(0)
                        .frequencyPenalty(0)
                        .repetitionPenalty(1.5)
                        .build(),
                4);
        repetition.prompt(3);
        assertThat(repetition.sample(logits)).as("the prompt counts here").isEqualTo(2);
        assertThat(repetition.sample(new float[] {-9, -9, -1.4f, -1}))
                .as("negative logits are multiplied")
                .isEqualTo(2);
    }

    @Test
    void onlyAllowedTokensAreDrawn() {
        long seed = 91;
        Random random = new Random(seed);
        for (int i = 0; i < 500; i++) {
            int vocab = 2 + random.nextInt(200);
            BitSet allowed = new BitSet();
            for (int n = 1 + random.nextInt(6); n > 0; n--) {
                allowed.set(random.nextInt(vocab));
            }
            Sampler sampler = new Sampler(options(random, vocab), vocab, new SplittableRandom(i));
            for (int token = 0; token < 20; token++) {
                assertThat(allowed.get(sampler.sample(logits(random, vocab), allowed)))
                        .as("seed %d, case %d", seed, i)
                        .isTrue();
            }
        }
    }

    @Test
    void oneRandomNumberIsUsedPerTokenEvenWithoutAChoice() {
        int[] draws = {0};
        RandomGenerator counting = new RandomGenerator() {
            private final SplittableRandom inner = new SplittableRandom(5);

            @Override
            public long nextLong() {
                draws[0]++;
                return inner.nextLong();
            }
        };
        Sampler sampler = new Sampler(SamplingOptions.builder().topK(1).build(), 3, counting);
        BitSet one = new BitSet();
        one.set(2);
        assertThat(sampler.sample(new float[] {1, 2, 3}, one)).isEqualTo(2);
        assertThat(sampler.sample(new float[] {1, 2, 3})).isEqualTo(2);
        assertThat(draws[0]).isEqualTo(2);
    }

    /** Fixed so that a change of algorithm, generator or arithmetic is noticed. */
    @Test
    void aSeedGivesTheSameTokensForEver() {
        float[] logits = logits(new Random(1), 163_840);
        SamplingOptions options =
                SamplingOptions.builder().temperature(1).topP(0.95).seed(42).build();
        int[] first = tokens(options, logits, 8);
        assertThat(tokens(options, logits, 8)).isEqualTo(first);
        assertThat(tokens(options.with(o -> o.seed(43)), logits, 8)).isNotEqualTo(first);
        assertThat(first).containsExactly(117016, 30171, 30171, 30171, 30171, 12216, 30171, 26917);
    }

    private static int[] tokens(SamplingOptions options, float[] logits, int count) {
        Sampler sampler = new Sampler(options, logits.length);
        int[] tokens = new int[count];
        for (int i = 0; i < count; i++) {
            tokens[i] = sampler.sample(logits);
        }
        return tokens;
    }

    @Test
    void logitsAreNotModifiedAndExcludedOnesAreNeverDrawn() {
        float[] logits = {1, Float.NEGATIVE_INFINITY, 2, 0.5f};
        float[] before = logits.clone();
        Sampler sampler = new Sampler(
                SamplingOptions.builder()
                        .seed(3)
                        .presencePenalty(1)
                        .logitBias(Map.of(1, 100f))
                        .build(),
                4);
        for (int i = 0; i < 1_000; i++) {
            int id = sampler.sample(logits);
            assertThat(id).isNotEqualTo(1);
            sampler.accept(id);
        }
        assertThat(logits).isEqualTo(before);
    }

    @Test
    void extremeValuesStillChooseTheBest() {
        for (double temperature : new double[] {0, Double.MIN_VALUE, 1e-9, 2}) {
            Sampler sampler = new Sampler(
                    SamplingOptions.builder().temperature(temperature).seed(1).build(), 3);
            assertThat(sampler.sample(new float[] {-Float.MAX_VALUE, Float.MAX_VALUE, 0}))
                    .isEqualTo(1);
            assertThat(sampler.sample(new float[] {-1e30f, -2e30f, -3e30f})).isZero();
        }
    }

    @Test
    void logitsThatAreNoNumbersAreAnErrorThatSaysSo() {
        for (double temperature : new double[] {0, 1}) {
            Sampler sampler = new Sampler(
                    SamplingOptions.builder().temperature(temperature).build(), 3);
            assertThatThrownBy(() -> sampler.sample(new float[] {1, 2, Float.NaN}))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("NaN for token 2");
            assertThatThrownBy(() -> sampler.sample(new float[] {1, Float.POSITIVE_INFINITY, 2}))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("Infinity for token 1");
            float none = Float.NEGATIVE_INFINITY;
            assertThatThrownBy(() -> sampler.sample(new float[] {none, none, none}))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("-Infinity for all");
            assertThatThrownBy(() -> sampler.sample(new float[2])).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> sampler.sample(new float[3], new BitSet()))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> new Sampler(
                        SamplingOptions.builder().logitBias(Map.of(7, 1f)).build(), 7))
                .isInstanceOf(UnsupportedOptionException.class)
                .hasMessageContaining("logitBias")
                .hasMessageContaining("found 7");
    }

    @Test
    void aTokenLeavesNoGarbage() {
        float[] logits = logits(new Random(2), 20_000);
        Sampler sampler = new Sampler(
                SamplingOptions.builder().topP(0.95).presencePenalty(1).seed(4).build(), 20_000);
        for (int i = 0; i < 50; i++) {
            sampler.accept(sampler.sample(logits));
        }
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 50; i++) {
            sampler.accept(sampler.sample(logits));
        }
        assertThat((threads.getCurrentThreadAllocatedBytes() - before) / 50).isLessThan(1_024);
    }
}

package org.kimi4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.kimi4j.cache.LatentCache;
import org.kimi4j.config.KvType;
import org.kimi4j.config.Precision;
import org.kimi4j.kernel.Backends;
import org.kimi4j.kernel.GatedMlp;
import org.kimi4j.kernel.Rows;
import org.kimi4j.kernel.WatchedKernels;
import org.kimi4j.tensor.Matrix;
import org.kimi4j.tensor.Tensor;
import org.kimi4j.trace.Trace;

/** A pass over rows of several sequences is as good as a pass for each, and reads each matrix once. */
class BatchTest {

    private static final long SEED = 20261105;
    /** Around the page of 64 positions, and one that waits while others go on. */
    private static final int[] LENGTHS = {70, 13, 1, 64, 31};

    private static OpenedModel open(Backends backend, Precision precision) {
        return new OpenedModel(
                Golden.read("tiny-a").directory().resolve("checkpoint"),
                backend.create(precision, 2),
                KvType.F32,
                Trace.NONE);
    }

    private static int[][] sequences(int vocabulary) {
        SplittableRandom random = new SplittableRandom(SEED);
        return IntStream.of(LENGTHS)
                .mapToObj(n -> random.ints(n, 0, vocabulary).toArray())
                .toArray(int[][]::new);
    }

    @ParameterizedTest
    @EnumSource(Backends.class)
    void logitsHaveTheSameBitsTokenByTokenInChunksAndInOneBatchColdAndWarm(Backends backend) {
        try (OpenedModel m = open(backend, Precision.EXACT)) {
            int[][] sequences = sequences(m.config.textConfig().vocabSize());
            float[][][] alone = new float[sequences.length][][];
            for (int s = 0; s < sequences.length; s++) {
                alone[s] = m.logits(sequences[s], 1);
            }
            for (int round = 0; round < 2; round++) {
                for (int chunk : new int[] {1, 7, 64, 1000}) {
                    for (int s = 0; s < sequences.length; s++) {
                        assertThat(m.logits(sequences[s], chunk))
                                .as("sequence %d in chunks of %d, round %d, seed %d", s, chunk, round, SEED)
                                .isDeepEqualTo(alone[s]);
                    }
                    assertThat(together(m, sequences, chunk))
                            .as("all in chunks of %d, round %d, seed %d", chunk, round, SEED)
                            .isDeepEqualTo(alone);
                }
            }
        }
    }

    /** Each pass takes up to {@code chunk} tokens of each sequence, their rows in any order. */
    private static float[][][] together(OpenedModel m, int[][] sequences, int chunk) {
        SplittableRandom random = new SplittableRandom(SEED + chunk);
        float[][][] logits = new float[sequences.length][][];
        LatentCache[] caches = new LatentCache[sequences.length];
        for (int s = 0; s < sequences.length; s++) {
            logits[s] = new float[sequences[s].length][];
            caches[s] = m.pool.newCache();
        }
        for (int start = 0; start < Arrays.stream(LENGTHS).max().orElseThrow(); start += chunk) {
            List<int[]> places = new ArrayList<>(); // sequence, position
            for (int s = 0; s < sequences.length; s++) {
                int end = Math.min(sequences[s].length, start + chunk);
                for (int p = start; p < end; p++) {
                    places.add(random.nextInt(places.size() + 1), new int[] {s, p});
                }
                caches[s].grow(Math.max(caches[s].length(), end));
            }
            int[] sequence = places.stream().mapToInt(p -> p[0]).toArray();
            int[] position = places.stream().mapToInt(p -> p[1]).toArray();
            boolean[] prompt = new boolean[places.size()];
            for (int r = 0; r < prompt.length; r++) {
                prompt[r] = random.nextBoolean(); // means nothing in EXACT
            }
            int[] tokens = places.stream().mapToInt(p -> sequences[p[0]][p[1]]).toArray();
            Tensor x = m.model.embed(tokens);
            m.model.forward(x, new Rows(position, sequence, prompt, caches), () -> false);
            Tensor result = m.model.logits(x);
            for (int r = 0; r < tokens.length; r++) {
                logits[sequence[r]][position[r]] = new float[result.cols()];
                m.kernels.read(result, r, logits[sequence[r]][position[r]]);
            }
            m.kernels.workspace().release(0);
        }
        for (LatentCache cache : caches) {
            cache.close();
        }
        return logits;
    }

    /** FAST keeps the contract for each role: the same roles give the same bits however the rows are cut. */
    @ParameterizedTest
    @EnumSource(Backends.class)
    void promptRowsHaveTheSameBitsInAnyChunksInFast(Backends backend) {
        try (OpenedModel m = open(backend, Precision.FAST)) {
            int[][] sequences = sequences(m.config.textConfig().vocabSize());
            float[][] alone = m.logits(sequences[0], 1);
            for (int chunk : new int[] {7, 64, 1000}) {
                assertThat(m.logits(sequences[0], chunk))
                        .as("in chunks of %d, seed %d", chunk, SEED)
                        .isDeepEqualTo(alone);
            }
        }
    }

    /** The rows of each product with each matrix, in order. */
    private static final class Products implements WatchedKernels.Watch {
        final Map<Matrix, List<Integer>> rows = new IdentityHashMap<>();

        @Override
        public void product(Matrix w, int count) {
            rows.computeIfAbsent(w, _ -> new ArrayList<>()).add(count);
        }

        List<Integer> of(Matrix w) {
            return rows.getOrDefault(w, List.of());
        }
    }

    @Test
    void oneCallWithEightSequencesMultipliesEachMatrixOnce() {
        Products counted = new Products();
        try (OpenedModel m = new OpenedModel(
                Golden.read("tiny-a").directory().resolve("checkpoint"),
                Backends.VECTOR.create(Precision.EXACT, 1),
                KvType.F32,
                Trace.NONE,
                k -> new WatchedKernels(k, counted))) {
            int sequences = 8;
            LatentCache[] caches = new LatentCache[sequences];
            for (int s = 0; s < sequences; s++) {
                caches[s] = m.pool.newCache();
                caches[s].grow(1 + s);
                int[] prompt =
                        new SplittableRandom(SEED + s).ints(1 + s, 0, 1000).toArray();
                m.model.forward(m.model.embed(prompt), Rows.of(caches[s], 0, 1 + s, true), () -> false);
                caches[s].grow(2 + s);
            }
            counted.rows.clear();

            int[] position = IntStream.range(1, 1 + sequences).toArray();
            int[] sequence = IntStream.range(0, sequences).toArray();
            int[] tokens = new SplittableRandom(SEED).ints(sequences, 0, 1000).toArray();
            Tensor x = m.model.embed(tokens);
            m.model.forward(x, new Rows(position, sequence, new boolean[sequences], caches), () -> false);
            m.model.logits(x);

            int matrices = 1;
            assertThat(counted.of(m.weights.lmHead())).containsExactly(sequences);
            for (DecoderLayer layer : m.weights.layers()) {
                MlaWeights a = layer.selfAttn();
                for (Matrix w : List.of(a.qAProj(), a.qBProj(), a.kvAProjWithMqa(), a.oProj())) {
                    assertThat(counted.of(w)).containsExactly(sequences);
                }
                assertThat(counted.of(a.kvBProj()))
                        .as("once for the keys and once for the values")
                        .containsExactly(sequences, sequences);
                matrices += 5;
                matrices += switch (layer.mlp()) {
                    case Mlp.DenseMlp(GatedMlp weights) -> readOnce(counted, weights, sequences);
                    case Mlp.MoeMlp moe -> {
                        assertThat(counted.of(moe.gate())).containsExactly(sequences);
                        yield 1 + readOnce(counted, moe.sharedExperts(), sequences) + experts(counted, moe, sequences);
                    }
                };
            }
            assertThat(counted.rows.size()).as("matrices multiplied with").isEqualTo(matrices);
        }
    }

    private static int readOnce(Products counted, GatedMlp mlp, int rows) {
        for (Matrix w : List.of(mlp.gateProj(), mlp.upProj(), mlp.downProj())) {
            assertThat(counted.of(w)).containsExactly(rows);
        }
        return 3;
    }

    /** The rows of the chosen experts add up to those of the call; no expert is read twice, no other is read. */
    private static int experts(Products counted, Mlp.MoeMlp moe, int sequences) {
        int rows = 0;
        int chosen = 0;
        Set<Integer> counts = new HashSet<>();
        for (GatedMlp expert : moe.experts()) {
            List<Integer> products = counted.of(expert.gateProj());
            if (!products.isEmpty()) {
                readOnce(counted, expert, products.getFirst());
                counts.add(products.getFirst());
                rows += products.getFirst();
                chosen++;
            }
        }
        int perToken = 4;
        assertThat(rows).isEqualTo(sequences * perToken);
        assertThat(chosen).isBetween(perToken, moe.experts().size());
        assertThat(counts).as("some expert is shared by several rows").anyMatch(n -> n > 1);
        return 3 * chosen;
    }
}

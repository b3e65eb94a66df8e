package org.kimi4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.kimi4j.cache.CacheShape;
import org.kimi4j.cache.LatentCache;
import org.kimi4j.cache.PagePool;
import org.kimi4j.config.KvType;
import org.kimi4j.config.Precision;
import org.kimi4j.config.RopeScaling;
import org.kimi4j.config.TextConfig;
import org.kimi4j.kernel.Backends;
import org.kimi4j.kernel.Kernels;
import org.kimi4j.kernel.MlaShape;
import org.kimi4j.kernel.Rope;
import org.kimi4j.kernel.Rows;
import org.kimi4j.tensor.Tensor;

/** The far end of Kimi K2.5's context, in its widths, against the formulas in double. */
class LongContextTest {

    private static final long SEED = 20261124;
    private static final int[] POSITIONS = {60_000, 131_071, 262_143};
    private static final TextConfig K25 = YarnTest.config(new RopeScaling(64, 4096, 32, 1, 1, 1));
    private static final int LATENT = K25.kvLoraRank();
    private static final int ROPE = K25.qkRopeHeadDim();
    private static final int HEADS = 2;
    private static final MlaShape SHAPE =
            new MlaShape(HEADS, K25.qkNopeHeadDim(), ROPE, K25.vHeadDim(), LATENT, (float) K25.softmaxScale());

    @ParameterizedTest
    @EnumSource
    void rotationIsThatOfDoubles(Backends backend) {
        Rope rope = Yarn.rope(K25);
        double[] frequency = Yarn.frequencies(K25);
        SplittableRandom random = new SplittableRandom(SEED);
        try (Kernels kernels = backend.create(Precision.EXACT, 1);
                PagePool pool = new PagePool(new CacheShape(1, 1, 1, KvType.BF16), 1L << 20);
                LatentCache cache = pool.newCache()) {
            cache.grow(POSITIONS[POSITIONS.length - 1] + 1);
            for (int position : POSITIONS) {
                float[] row = uniform(ROPE, random);
                Tensor x = kernels.workspace().allocate(1, ROPE);
                kernels.write(x, 0, row);
                kernels.rope(x, 1, 0, rope, Rows.of(cache, position, 1, false));
                float[] turned = new float[ROPE];
                kernels.read(x, 0, turned);
                for (int j = 0; j < frequency.length; j++) {
                    double cos = Math.cos(position * frequency[j]);
                    double sin = Math.sin(position * frequency[j]);
                    assertThat((double) turned[2 * j])
                            .as("position %d, pair %d, seed %d", position, j, SEED)
                            .isCloseTo(row[2 * j] * cos - row[2 * j + 1] * sin, offset(1e-6));
                    assertThat((double) turned[2 * j + 1])
                            .as("position %d, pair %d, seed %d", position, j, SEED)
                            .isCloseTo(row[2 * j + 1] * cos + row[2 * j] * sin, offset(1e-6));
                }
            }
        }
    }

    /** A cache of 262,144 positions, 604 MB of floats, read by queries at three depths. */
    @Test
    void attentionIsThatOfDoubles() {
        int length = POSITIONS[POSITIONS.length - 1] + 1;
        CacheShape stored = new CacheShape(1, LATENT, ROPE, KvType.F32);
        SplittableRandom random = new SplittableRandom(SEED);
        try (Kernels scalar = Backends.SCALAR.create(Precision.EXACT, 2);
                Kernels vector = Backends.VECTOR.create(Precision.EXACT, 2);
                PagePool pool = new PagePool(stored, stored.bytesFor(length));
                LatentCache cache = pool.newCache()) {
            cache.grow(length);
            for (int p = 0; p < length; p++) {
                MemorySegment.copy(
                        uniform(stored.width(), random),
                        0,
                        cache.page(p / PagePool.POSITIONS),
                        ValueLayout.JAVA_FLOAT,
                        cache.rowOffset(0, p % PagePool.POSITIONS),
                        stored.width());
            }
            // Scores with a deviation of about 3: a head looks at some hundreds of positions out of 262,144.
            float[] qLatent = uniform(HEADS * LATENT, random);
            float[] q = uniform(HEADS * SHAPE.queryDim(), random);
            for (int i = 0; i < qLatent.length; i++) {
                qLatent[i] *= 3;
            }
            for (int position : POSITIONS) {
                double[] expected = attention(qLatent, q, cache, position);
                for (Kernels kernels : new Kernels[] {scalar, vector}) {
                    double error = error(attend(kernels, qLatent, q, cache, position), expected);
                    System.out.printf(
                            "attention at position %d, %s, seed %d: error %.2e%n",
                            position, kernels.getClass().getSimpleName(), SEED, error);
                    assertThat(error).isLessThan(1e-5);
                }
            }
        }
    }

    /** 8 layers of 262,144 positions: 4.8 GB, so that places in it pass 2 and 4 GiB. */
    @Test
    @Tag("large")
    void cacheBeyondFourGibibytesReadsBackWhatWasWritten() {
        int layers = 8;
        int chunk = 512;
        int length = K25.maxPositionEmbeddings();
        CacheShape stored = new CacheShape(layers, LATENT, ROPE, KvType.F32);
        try (Kernels kernels = Backends.VECTOR.create(Precision.EXACT, 2);
                PagePool pool = new PagePool(stored, stored.bytesFor(length));
                LatentCache cache = pool.newCache()) {
            float[] latent = new float[LATENT];
            float[] key = new float[ROPE];
            for (int start = 0; start < length; start += chunk) {
                cache.grow(start + chunk);
                for (int layer = 0; layer < layers; layer++) {
                    long mark = kernels.workspace().mark();
                    Tensor cKv = kernels.workspace().allocate(chunk, LATENT);
                    Tensor kPe = kernels.workspace().allocate(chunk, ROPE);
                    for (int r = 0; r < chunk; r++) {
                        for (int i = 0; i < LATENT; i++) {
                            latent[i] = value(layer, start + r, i);
                        }
                        for (int i = 0; i < ROPE; i++) {
                            key[i] = value(layer, start + r, LATENT + i);
                        }
                        kernels.write(cKv, r, latent);
                        kernels.write(kPe, r, key);
                    }
                    kernels.append(layer, cKv, kPe, Rows.of(cache, start, chunk, true));
                    kernels.workspace().release(mark);
                }
            }
            assertThat(cache.byteSize()).isGreaterThan(4L << 30);
            long wrong = 0;
            float[] row = new float[stored.width()];
            for (int p = 0; p < length; p++) {
                for (int layer = 0; layer < layers; layer++) {
                    read(cache, layer, p, row);
                    for (int i = 0; i < row.length; i++) {
                        wrong += row[i] == value(layer, p, i) ? 0 : 1;
                    }
                }
            }
            assertThat(wrong).isZero();
        }
    }

    /** Differs from place to place, and is a float exactly. */
    private static float value(int layer, int position, int i) {
        int mixed = ((layer * 262_144 + position) * 576 + i) * 0x9E3779B1;
        return (mixed >>> 8) * 0x1p-24f - 0.5f;
    }

    private static void read(LatentCache cache, int layer, int position, float[] row) {
        MemorySegment.copy(
                cache.page(position / PagePool.POSITIONS),
                ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.nativeOrder()),
                cache.rowOffset(layer, position % PagePool.POSITIONS),
                row,
                0,
                row.length);
    }

    private static float[] attend(Kernels kernels, float[] qLatent, float[] q, LatentCache cache, int position) {
        long mark = kernels.workspace().mark();
        Tensor latents = kernels.workspace().allocate(1, qLatent.length);
        Tensor queries = kernels.workspace().allocate(1, q.length);
        kernels.write(latents, 0, qLatent);
        kernels.write(queries, 0, q);
        float[] result = new float[HEADS * LATENT];
        kernels.read(
                kernels.latentAttention(latents, queries, 0, Rows.of(cache, position, 1, false), SHAPE), 0, result);
        kernels.workspace().release(mark);
        return result;
    }

    /** The same from the formula: two passes, the largest score known before the first exponential. */
    private static double[] attention(float[] qLatent, float[] q, LatentCache cache, int position) {
        float[] row = new float[LATENT + ROPE];
        double[][] scores = new double[HEADS][position + 1];
        for (int p = 0; p <= position; p++) {
            read(cache, 0, p, row);
            for (int head = 0; head < HEADS; head++) {
                double score = 0;
                for (int i = 0; i < LATENT; i++) {
                    score += (double) qLatent[head * LATENT + i] * row[i];
                }
                for (int i = 0; i < ROPE; i++) {
                    score += (double) q[head * SHAPE.queryDim() + SHAPE.nopeDim() + i] * row[LATENT + i];
                }
                scores[head][p] = score * SHAPE.softmaxScale();
            }
        }
        double[] result = new double[HEADS * LATENT];
        double[] total = new double[HEADS];
        double[] largest = new double[HEADS];
        for (int head = 0; head < HEADS; head++) {
            largest[head] = Arrays.stream(scores[head]).max().orElseThrow();
        }
        for (int p = 0; p <= position; p++) {
            read(cache, 0, p, row);
            for (int head = 0; head < HEADS; head++) {
                double weight = Math.exp(scores[head][p] - largest[head]);
                total[head] += weight;
                for (int i = 0; i < LATENT; i++) {
                    result[head * LATENT + i] += weight * row[i];
                }
            }
        }
        for (int i = 0; i < result.length; i++) {
            result[i] /= total[i / LATENT];
        }
        return result;
    }

    private static double error(float[] found, double[] expected) {
        double lost = 0;
        double all = 0;
        for (int i = 0; i < expected.length; i++) {
            lost += Math.pow(found[i] - expected[i], 2);
            all += expected[i] * expected[i];
        }
        return Math.sqrt(lost / all);
    }

    private static float[] uniform(int count, SplittableRandom random) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextDouble(-1, 1);
        }
        return values;
    }
}

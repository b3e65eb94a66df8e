package org.kimi4j.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kimi4j.cache.CacheShape;
import org.kimi4j.cache.LatentCache;
import org.kimi4j.cache.PagePool;
import org.kimi4j.config.KvType;
import org.kimi4j.config.Precision;

/**
 * What the 8-bit cache loses in attention over latents of K2.5's widths. The latents are synthetic: normed rows whose
 * channels differ in size, one in 64 being eight times as large as its neighbours, which is what a scale per block has to
 * bear. docs/precision.md has the figures that this prints.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EightBitCacheTest {

    private static final MlaShape SHAPE = new MlaShape(8, 128, 64, 128, 512, 0.1352f);
    private static final long SEED = 5;

    private Kernels kernels;

    @BeforeAll
    void open() {
        kernels = Backends.VECTOR.create(Precision.EXACT, 2);
    }

    @AfterAll
    void close() {
        kernels.close();
    }

    /**
     * Scores with a standard deviation of 2 spread a head's weight over hundreds of positions, of 6 over a few. What a
     * latent loses changes its score in proportion to the score, and with it the logarithm of its weight: the loss grows
     * with the deviation, not with the length.
     *
     * @param bound on the error of the result relative to it, both as root mean squares
     */
    @ParameterizedTest
    @CsvSource({"4096, 2, 0.015", "4096, 6, 0.06", "32768, 2, 0.015", "32768, 6, 0.06"})
    void attentionOverEightBitLatentsIsCloseToThatOverFloats(int length, float spread, double bound) {
        System.out.println("seed " + SEED);
        float[] exact = attention(KvType.F32, length, spread);
        double eight = error(attention(KvType.I8, length, spread), exact);
        double sixteen = error(attention(KvType.BF16, length, spread), exact);
        System.out.printf(
                "attention over %d positions, scores of deviation %.0f: i8 %.2e, bf16 %.2e%n",
                length, spread, eight, sixteen);
        assertThat(eight).isBetween(1e-5, bound);
        assertThat(sixteen).isLessThan(eight);
    }

    private static double error(float[] found, float[] expected) {
        double lost = 0;
        double all = 0;
        for (int i = 0; i < expected.length; i++) {
            lost += Math.pow((double) found[i] - expected[i], 2);
            all += Math.pow(expected[i], 2);
        }
        return Math.sqrt(lost / all);
    }

    private float[] attention(KvType type, int length, float spread) {
        Random random = new Random(SEED);
        int latent = SHAPE.latentDim();
        float[] size = new float[latent];
        for (int c = 0; c < latent; c++) {
            size[c] = (float) Math.exp(0.5 * random.nextGaussian()) * (c % 64 == 17 ? 8 : 1);
        }
        float[][] qLatent = {gaussian(SHAPE.heads() * latent, random)};
        float[][] q = {gaussian(SHAPE.heads() * SHAPE.queryDim(), random)};
        CacheShape stored = new CacheShape(1, latent, SHAPE.ropeDim(), type);
        long mark = kernels.workspace().mark();
        try (PagePool pool = new PagePool(stored, 1L << 30)) {
            LatentCache cache = pool.newCache();
            cache.grow(length);
            fill(cache, size, random);
            scale(qLatent[0], spread, size);
            scale(q[0], spread, new float[] {1});
            return Backends.rows(
                    kernels,
                    kernels.latentAttention(
                            Backends.tensor(kernels, qLatent),
                            Backends.tensor(kernels, q),
                            0,
                            Rows.of(cache, length - 1, 1, false),
                            SHAPE))[0];
        } finally {
            kernels.workspace().release(mark);
        }
    }

    /** Makes the scores of both parts together have about the wanted deviation. */
    private static void scale(float[] query, float spread, float[] size) {
        int width = size.length == 1 ? SHAPE.ropeDim() : size.length;
        double squares = 0;
        for (int i = 0; i < width; i++) {
            squares += Math.pow(size[i % size.length], 2);
        }
        float factor = (float) (spread / Math.sqrt(2 * squares) / SHAPE.softmaxScale());
        for (int i = 0; i < query.length; i++) {
            query[i] *= factor;
        }
    }

    private static void fill(LatentCache cache, float[] size, Random random) {
        float[] row = new float[size.length + SHAPE.ropeDim()];
        for (int p = 0; p < cache.length(); p++) {
            for (int i = 0; i < row.length; i++) {
                row[i] = (float) random.nextGaussian() * (i < size.length ? size[i] : 1);
            }
            CacheRows.store(
                    cache.page(p / PagePool.POSITIONS), cache.rowOffset(0, p % PagePool.POSITIONS), cache.shape(), row);
        }
    }

    private static float[] gaussian(int count, Random random) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}

package org.kimi4j.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kimi4j.cache.CacheShape;
import org.kimi4j.config.KvType;

class CacheRowsTest {

    private static final long SEED = 11;

    private static float[] row(int width, Random random) {
        float[] row = new float[width];
        for (int i = 0; i < width; i++) {
            row[i] = (float) random.nextGaussian() * (i % 64 == 5 ? 20 : 1);
        }
        return row;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 4, 7, 8, 9, 16, 17, 63, 64, 65, 128, 207, 512})
    void vectorsReadTheSameBits(int latent) {
        System.out.println("seed " + SEED);
        Random random = new Random(SEED);
        for (KvType type : KvType.values()) {
            CacheShape shape = new CacheShape(1, latent, 6, type);
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment page = arena.allocate(shape.pageBytes(), 64);
                for (int p = 0; p < 64; p++) {
                    CacheRows.store(page, (long) p * shape.rowBytes(), shape, row(shape.width(), random));
                }
                float[] expected = new float[64 * shape.width()];
                float[] actual = new float[64 * shape.width()];
                CacheRows.load(page, 0, shape, 64, expected);
                VectorCacheRows.load(page, 0, shape, 64, actual);
                assertThat(actual).isEqualTo(expected);
            }
        }
    }

    @Test
    void eightBitsAreHalfAStepOffAndTheRotatedKeyIsRoundedOnly() {
        Random random = new Random(SEED);
        CacheShape shape = new CacheShape(1, 150, 8, KvType.I8);
        assertThat(shape.rowBytes()).isEqualTo(150 + 3 * 2 + 8 * 2);
        float[] row = row(shape.width(), random);
        row[150] = 1234.5f; // would ruin the small ones, if it shared a scale with them
        float[] back = new float[shape.width()];
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment page = arena.allocate(shape.pageBytes(), 64);
            CacheRows.store(page, shape.rowBytes(), shape, row);
            CacheRows.load(page, shape.rowBytes(), shape, 1, back);
        }
        for (int i = 0; i < 150; i++) {
            float largest = 0;
            for (int j = i / 64 * 64; j < Math.min(150, i / 64 * 64 + 64); j++) {
                largest = Math.max(largest, Math.abs(row[j]));
            }
            // Half of a step of largest / 127, which bfloat16 may have rounded up by 1/256.
            assertThat(Math.abs(back[i] - row[i])).isLessThanOrEqualTo(largest / 127 / 2 * (1 + 1 / 128f));
        }
        for (int i = 150; i < shape.width(); i++) {
            assertThat(back[i]).isEqualTo(Float.intBitsToFloat(Weights.toBf16(row[i]) << 16));
        }
    }

    @ParameterizedTest
    @EnumSource(KvType.class)
    void zerosStayZerosAndWhatIsNoNumberStaysNone(KvType type) {
        CacheShape shape = new CacheShape(1, 70, 2, type);
        float[] row = new float[72];
        row[65] = Float.NaN;
        float[] back = new float[72];
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment page = arena.allocate(shape.pageBytes(), 64);
            CacheRows.store(page, 0, shape, row);
            CacheRows.load(page, 0, shape, 1, back);
        }
        assertThat(back[65]).isNaN();
        for (int i = 0; i < 64; i++) {
            assertThat(back[i]).isZero();
        }
        assertThat(back[71]).isZero();
    }
}

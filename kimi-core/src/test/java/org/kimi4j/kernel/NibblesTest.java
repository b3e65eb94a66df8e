package org.kimi4j.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.kimi4j.config.Precision;
import org.kimi4j.tensor.Matrix;

/** The checkpoint's INT4 words, element by element, through each implementation. */
class NibblesTest {

    private static final ValueLayout.OfInt WORD = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    /** Enough columns for whole steps of the widest vectors, and a rest. */
    private static final int COLS = 4096 + 96;

    @ParameterizedTest
    @EnumSource(Backends.class)
    void wordsHoldEightElementsLowNibbleFirstWithAnOffsetOfEight(Backends backend) {
        try (Arena arena = Arena.ofShared();
                Kernels k = backend.create(Precision.EXACT, 1)) {
            MemorySegment packed = arena.allocate(2L * COLS / 2);
            for (int word = 0; word < COLS / 8; word++) {
                packed.set(WORD, 4L * word, 0x76543210);
                packed.set(WORD, COLS / 2 + 4L * word, 0xFEDCBA98);
            }
            MemorySegment scales = arena.allocate(2L * 2 * (COLS / 32));
            for (int g = 0; g < 2 * (COLS / 32); g++) {
                scales.set(Weights.SHORT, 2L * g, Weights.toBf16(1 << g % 7)); // another scale for each neighbour
            }
            Matrix w = new Matrix.Int4(2, COLS, packed, scales);

            float[][] table = Backends.rows(k, k.embed(new int[] {0, 1}, w));
            for (int i = 0; i < COLS; i++) {
                assertThat(table[0][i]).as("element %d", i).isEqualTo((i % 8 - 8) * (float) (1 << i / 32 % 7));
                assertThat(table[1][i]).as("element %d", i).isEqualTo(i % 8 * (float) (1 << (COLS / 32 + i / 32) % 7));
            }
            for (int rows : new int[] {1, 8}) {
                for (int first = 0; first < COLS; first += rows) {
                    float[][] x = new float[rows][COLS];
                    for (int r = 0; r < rows; r++) {
                        x[r][first + r] = 1;
                    }
                    float[][] y = Backends.rows(k, k.matmul(Backends.tensor(k, x), w));
                    for (int r = 0; r < rows; r++) {
                        assertThat(y[r])
                                .as("element %d", first + r)
                                .containsExactly(table[0][first + r], table[1][first + r]);
                    }
                    k.workspace().release(0);
                }
            }
        }
    }
}

package org.kimi4j.kernel;

import java.util.Arrays;
import org.kimi4j.tensor.Matrix;

/**
 * The order in which the elements of a row are summed, for one weight encoding and row length. Weights are loaded as
 * vectors of 32-bit words; a word holds {@link #perWord} elements, so that lane l of a load has elements perWord * l and
 * following, and each of the perWord positions in the word gives one vector of weights. Four loads are a step; load j of
 * all steps in a superblock of 2048 elements belongs to chain j. Where a word holds more elements than there are chains, its
 * elements take turns instead: element e of every word belongs to chain e modulo 4, so that one load keeps all chains busy.
 *
 * <p>A packed row holds the activations in that order: superblock by superblock, chain by chain, so that any chain is
 * consecutive vectors. What is left after the last whole step is one more chain, of vectors in the elements' own order,
 * filled up with zeros.
 */
final class ElementOrder {

    static final int SUPERBLOCK = 2048;
    static final int CHAINS = 4;

    /**
     * {@link Lanes#COUNT} as a value that the compiler does not know. A loop that steps by a known number is unrolled, and
     * the unrolled body of a kernel needs more registers than there are: such loops run at less than half the speed.
     */
    final int lanes = Lanes.COUNT;

    private final int cols;
    private final int perWord;
    private final int[] source;

    ElementOrder(int cols, int perWord) {
        this.cols = cols;
        this.perWord = perWord;
        this.source = new int[vectorized()];
        for (int first = 0; first < vectorized(); first += SUPERBLOCK) {
            int length = length(first);
            for (int i = 0; i < length; i++) {
                int load = i / (perWord * Lanes.COUNT);
                int inWord = i % perWord;
                boolean byElement = perWord > CHAINS;
                int chain = (byElement ? inWord : load) % CHAINS;
                int vector = byElement ? load * (perWord / CHAINS) + inWord / CHAINS : load / CHAINS * perWord + inWord;
                int word = i % (perWord * Lanes.COUNT) / perWord;
                source[first + chain * (length / CHAINS) + vector * Lanes.COUNT + word] = first + i;
            }
        }
    }

    /** Elements in a 32-bit word of this encoding. */
    static int perWord(Matrix w) {
        return switch (w) {
            case Matrix.F32 _ -> 1;
            case Matrix.Bf16 _ -> 2;
            case Matrix.Int8 _ -> 4;
            case Matrix.Int4 _ -> 8;
        };
    }

    /** Elements of four loads. */
    private int step() {
        return CHAINS * perWord * Lanes.COUNT;
    }

    /** Elements in whole steps. */
    int vectorized() {
        return cols - cols % step();
    }

    /** Vectors of the chain of what is left. */
    int tailVectors() {
        return (cols - vectorized() + Lanes.COUNT - 1) / Lanes.COUNT;
    }

    /** Floats of a packed row. */
    int packedCols() {
        return vectorized() + tailVectors() * Lanes.COUNT;
    }

    /** Vectorised elements of the superblock that starts at {@code first}. */
    int length(int first) {
        return Math.min(SUPERBLOCK, vectorized() - first);
    }

    int cols() {
        return cols;
    }

    /**
     * Packs one row.
     *
     * @param at where its first vector goes, the next {@code vectorStride} further
     */
    void pack(float[] row, int from, float[] packed, int at, int vectorStride) {
        int to = at;
        for (int i = 0; i < vectorized(); i += Lanes.COUNT) {
            for (int lane = 0; lane < Lanes.COUNT; lane++) {
                packed[to + lane] = row[from + source[i + lane]];
            }
            to += vectorStride;
        }
        for (int i = vectorized(); i < cols; i += Lanes.COUNT) {
            int count = Math.min(Lanes.COUNT, cols - i);
            System.arraycopy(row, from + i, packed, to, count);
            Arrays.fill(packed, to + count, to + Lanes.COUNT, 0);
            to += vectorStride;
        }
    }
}

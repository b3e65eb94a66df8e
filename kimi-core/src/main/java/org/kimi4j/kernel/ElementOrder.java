package org.kimi4j.kernel;

import java.util.Arrays;
import org.kimi4j.tensor.Matrix;

/**
 * The order in which the elements of a row are summed, for one weight encoding and row length. Weights are loaded as
 * vectors of 32-bit words; a word holds {@link #perWord} elements, so that lane l of a load has elements perWord * l and
 * following, and each of the perWord positions in the word gives one vector of weights. Four loads are a step; load j of
 * all steps in a superblock of 4096 elements belongs to chain j. Where a word holds more elements than there are chains, its
 * elements take turns instead: element e of every word belongs to chain e modulo 4, so that one load keeps all chains busy.
 * Where it holds as many, each chain has a quarter of the superblock: a kernel of four rows that are read side by side then needs
 * one sum for each, and has registers left for the constants that bytes take to become floats.
 *
 * <p>A packed row holds the activations in that order: superblock by superblock, chain by chain, so that any chain is
 * consecutive vectors. What is left after the last whole step is one more chain, of vectors in the elements' own order,
 * filled up with zeros.
 */
final class ElementOrder {

    static final int SUPERBLOCK = 4096;
    static final int CHAINS = 4;

    /**
     * {@link Lanes#COUNT} as a value that the compiler does not know. A loop that steps by a known number is unrolled, and
     * the unrolled body of a kernel needs more registers than there are: such loops run at less than half the speed.
     */
    final int lanes = Lanes.COUNT;

    private final int cols;
    private final int perWord;

    ElementOrder(int cols, int perWord) {
        this.cols = cols;
        this.perWord = perWord;
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

    /** Where the chain ends that begins with element {@code first}, of an encoding whose chains are quarters of a superblock. */
    int endOfChain(int first) {
        return first + chainLength(first);
    }

    /** Length of the chain that begins at a place of a packed row; what is left after the last whole step is one, too. */
    int chainLength(int place) {
        return place < vectorized() ? length(place / SUPERBLOCK * SUPERBLOCK) / CHAINS : tailVectors() * Lanes.COUNT;
    }

    int cols() {
        return cols;
    }

    /** Packs a row: chain by chain, the vectors of one after the other. */
    void pack(float[] row, int from, float[] packed, int at) {
        int l = Lanes.COUNT;
        int to = at;
        for (int first = 0; first < vectorized(); first += SUPERBLOCK) {
            int chainLength = length(first) / CHAINS;
            for (int chain = 0; chain < CHAINS; chain++) {
                for (int vector = 0; vector < chainLength / l; vector++) {
                    int source = from + first + source(chain, chainLength, vector);
                    for (int i = 0; i < l; i++) {
                        packed[to + i] = row[source + i * perWord];
                    }
                    to += l;
                }
            }
        }
        for (int i = vectorized(); i < cols; i += l) {
            int count = Math.min(l, cols - i);
            System.arraycopy(row, from + i, packed, to, count);
            Arrays.fill(packed, to + count, to + l, 0);
            to += l;
        }
    }

    /** The element in the first lane of a vector of a chain, within the superblock; the next lane has that of the next word. */
    private int source(int chain, int chainLength, int vector) {
        if (perWord == CHAINS) {
            return chain * chainLength + vector / perWord * perWord * Lanes.COUNT + vector % perWord;
        }
        boolean byElement = perWord > CHAINS;
        int perLoad = byElement ? perWord / CHAINS : perWord;
        int load = vector / perLoad;
        int turn = vector % perLoad;
        return byElement
                ? load * perWord * Lanes.COUNT + turn * CHAINS + chain
                : (load * CHAINS + chain) * perWord * Lanes.COUNT + turn;
    }
}

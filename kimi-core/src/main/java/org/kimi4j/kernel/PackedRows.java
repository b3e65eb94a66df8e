package org.kimi4j.kernel;

/**
 * Rows of activations in the order an encoding sums them in, ready to be walked along: either row after row, or, for each
 * chain, in tiles of a few rows whose vectors take turns, so that register tiles read one stream. Rows come in sets that are
 * multiplied with different weights; a tile never spans two. Kept and refilled; rows of a set may be packed by different
 * threads.
 */
final class PackedRows {

    private float[] data = {};
    private int[] start = {0};
    private int sets;
    private int stride;
    private ElementOrder order = new ElementOrder(1, 1);

    /** Prepares for sets of the given sizes, whose rows {@link #set} must fill. */
    void reset(ElementOrder elementOrder, int... sizes) {
        order = elementOrder;
        sets = sizes.length;
        stride = elementOrder.packedCols();
        if (start.length <= sets) {
            start = new int[sets + 1];
        }
        for (int s = 0; s < sets; s++) {
            start[s + 1] = start[s] + sizes[s];
        }
        if (data.length < start[sets] * stride) {
            data = new float[start[sets] * stride];
        }
    }

    /** Packs a row, from column {@code from} on, as row r of a set. */
    void set(int set, int r, float[] row, int from) {
        if (isTiled(set)) {
            order.pack(row, from, data, start[set] * stride, rows(set), r, Gemm.ROWS);
        } else {
            order.pack(row, from, data, vectors(set, r), 1, 0, 1);
        }
    }

    float[] data() {
        return data;
    }

    ElementOrder order() {
        return order;
    }

    int rows(int set) {
        return start[set + 1] - start[set];
    }

    /** Whether any set is in tiles. */
    boolean hasTiles() {
        for (int s = 0; s < sets; s++) {
            if (isTiled(s)) {
                return true;
            }
        }
        return false;
    }

    /** Whether the rows of a set are in tiles: from {@link Gemm#MIN_ROWS} rows on. */
    boolean isTiled(int set) {
        return rows(set) >= Gemm.MIN_ROWS;
    }

    /** Where the first vector of a row of a set without tiles is. */
    int vectors(int set, int r) {
        return (start[set] + r) * stride;
    }

    /**
     * Where the tile is that begins with row r, of a chain in a set with tiles; the next tile of the chain follows.
     *
     * @param first where the chain begins in a packed row
     * @param length of the chain
     */
    int tile(int set, int r, int first, int length) {
        return start[set] * stride + first * rows(set) + r * length;
    }
}

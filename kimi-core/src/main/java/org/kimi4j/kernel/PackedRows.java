package org.kimi4j.kernel;

/**
 * Rows of activations in the order an encoding sums them in, ready to be walked along: either row after row, or in tiles
 * of up to two rows whose vectors take turns, so that a register tile reads one stream. Rows come in sets that are
 * multiplied with different weights; a tile never spans two. Kept and refilled; rows of a set may be packed by different
 * threads.
 */
final class PackedRows {

    private static final int L = Lanes.COUNT;

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
        order.pack(row, from, data, vectors(set, r), tileRows(set, r) * L);
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

    /** Rows in the tile of row r; 1 in sets without tiles. */
    int tileRows(int set, int r) {
        return isTiled(set) ? Math.min(Gemm.ROWS, rows(set) - r / Gemm.ROWS * Gemm.ROWS) : 1;
    }

    /** Where the first vector of a row is. */
    int vectors(int set, int r) {
        int first = start[set];
        return isTiled(set) ? (first + r / Gemm.ROWS * Gemm.ROWS) * stride + r % Gemm.ROWS * L : (first + r) * stride;
    }
}

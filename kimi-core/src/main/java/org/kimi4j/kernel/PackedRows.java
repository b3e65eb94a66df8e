package org.kimi4j.kernel;

import org.kimi4j.tensor.Tensor;

/**
 * Rows of activations in the order an encoding sums them in, ready to be walked along: either row after row, or in tiles
 * of up to three rows whose vectors take turns, so that a register tile reads one stream. Rows come in groups of equal
 * size that are multiplied with different weights; a tile never spans two. Kept and refilled.
 */
final class PackedRows {

    private static final int L = Lanes.COUNT;

    private float[] data = {};
    private int groupRows;
    private int cols;
    private int perTile;
    private ElementOrder order = new ElementOrder(1, 1);

    /** Prepares for so many rows, which {@link #set} must fill; from {@link Gemm#MIN_ROWS} rows on they go in tiles. */
    void reset(int groups, int rowsPerGroup, ElementOrder elementOrder) {
        order = elementOrder;
        groupRows = rowsPerGroup;
        cols = elementOrder.packedCols();
        perTile = rowsPerGroup >= Gemm.MIN_ROWS ? Gemm.ROWS : 1;
        if (data.length < groups * rowsPerGroup * cols) {
            data = new float[groups * rowsPerGroup * cols];
        }
    }

    /** One group with all rows of a tensor. */
    void setAll(Tensor x, ElementOrder elementOrder, float[] row) {
        reset(1, x.rows(), elementOrder);
        for (int r = 0; r < x.rows(); r++) {
            x.copyRow(r, row, 0);
            set(0, r, row, 0);
        }
    }

    /** Packs a row of x, from column {@code from} on, as row r of a group. */
    void set(int group, int r, float[] row, int from) {
        order.pack(row, from, data, vectors(group, r), tileRows(r) * L);
    }

    float[] data() {
        return data;
    }

    ElementOrder order() {
        return order;
    }

    /** Rows of a group. */
    int rows() {
        return groupRows;
    }

    boolean isTiled() {
        return perTile > 1;
    }

    /** Rows in the tile of row r. */
    int tileRows(int r) {
        return Math.min(perTile, groupRows - r / perTile * perTile);
    }

    /** Where the first vector of a row is. */
    int vectors(int group, int r) {
        return (group * groupRows + r / perTile * perTile) * cols + r % perTile * L;
    }
}

package org.kimi4j.kernel;

import org.kimi4j.tensor.Matrix;

/** Rows of 8-bit activations for the integer sums of one encoding. Kept and refilled, by several threads if need be. */
final class IntegerRows {

    private short[] codes = {};
    private byte[] plain = {};
    private float[] scales = {};
    private float[] offsets = {};
    private IntegerRow[] rows = {};
    private ElementOrder order = new ElementOrder(1, 1);

    /** Prepares for so many rows, which {@link #set} must fill. */
    void reset(ElementOrder elementOrder, int count) {
        order = elementOrder;
        int cols = elementOrder.cols();
        int groups = cols / Activations.GROUP;
        if (plain.length < count * cols) {
            codes = new short[count * cols];
            plain = new byte[count * cols];
            scales = new float[count * groups];
            offsets = new float[count * groups];
        }
        if (rows.length < count) {
            rows = new IntegerRow[count];
        }
        for (int r = 0; r < count; r++) {
            rows[r] = new IntegerRow(codes, r * cols, scales, offsets, r * groups, plain, r * cols);
        }
    }

    ElementOrder order() {
        return order;
    }

    IntegerRow row(int r) {
        return rows[r];
    }

    /** Quantises and packs a row, from column {@code from} on, as row r. */
    void set(int r, float[] row, int from, Matrix w) {
        int cols = order.cols();
        int groups = cols / Activations.GROUP;
        Activations.quantize(row, from, cols, plain, r * cols, scales, r * groups);
        for (int g = 0; g < groups; g++) {
            int sum = 0;
            for (int i = 0; i < Activations.GROUP; i++) {
                sum += plain[r * cols + g * Activations.GROUP + i];
            }
            offsets[r * groups + g] = -8f * sum;
        }
        if (w instanceof Matrix.Int4) {
            GemvInt4.pack(plain, r * cols, order.vectorized(), codes, r * cols);
        } else {
            GemvInt8.pack(plain, r * cols, order.vectorized(), codes, r * cols);
        }
    }
}

package org.kimi4j.kernel;

import java.lang.foreign.ValueLayout;
import org.kimi4j.tensor.Matrix;
import org.kimi4j.tensor.Tensor;

/** Rows of 8-bit activations for the integer sums of one encoding. Kept and refilled. */
final class IntegerRows {

    private short[] codes = {};
    private byte[] plain = {};
    private float[] scales = {};
    private float[] offsets = {};
    private IntegerRow[] rows = {};
    private int count;
    private ElementOrder order = new ElementOrder(1, 1);

    /** Prepares for so many rows, which {@link #set} must fill. */
    void reset(int rowCount, ElementOrder elementOrder) {
        count = rowCount;
        order = elementOrder;
        int cols = elementOrder.cols();
        int groups = cols / Activations.GROUP;
        if (plain.length < rowCount * cols) {
            codes = new short[rowCount * cols];
            plain = new byte[rowCount * cols];
            scales = new float[rowCount * groups];
            offsets = new float[rowCount * groups];
        }
        if (rows.length < rowCount) {
            rows = new IntegerRow[rowCount];
        }
        for (int r = 0; r < rowCount; r++) {
            rows[r] = new IntegerRow(codes, r * cols, scales, offsets, r * groups, plain, r * cols);
        }
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

    /** Outputs {@code from} to {@code to} of all rows; each weight row is read from memory once. */
    void run(Tensor out, int[] target, Matrix w, int from, int to, Scratch scratch) {
        float[] sums = scratch.sums(count * (to - from) * Lanes.COUNT);
        int cols = w.cols();
        for (int o = from; o < to; o++) {
            for (int r = 0; r < count; r++) {
                int sumAt = (r * (to - from) + o - from) * Lanes.COUNT;
                switch (w) {
                    case Matrix.Int4 q -> {
                        long index = (long) o * cols;
                        long scaleOffset = index / Matrix.Int4.GROUP * 2;
                        GemvInt4.integerDot(
                                q.packed(),
                                index / 2,
                                q.scales(),
                                scaleOffset,
                                order.vectorized(),
                                rows[r],
                                sums,
                                sumAt);
                    }
                    case Matrix.Int8 q ->
                        GemvInt8.integerDot(GemvInt8.Weight.row(q, o), order.vectorized(), rows[r], sums, sumAt);
                    case Matrix.F32 _, Matrix.Bf16 _ -> throw new IllegalArgumentException("no integers in " + w);
                }
            }
        }
        for (int r = 0; r < count; r++) {
            long at = out.offset(target[r]);
            for (int o = from; o < to; o++) {
                float value = Lanes.tree(sums, (r * (to - from) + o - from) * Lanes.COUNT);
                for (int g = order.vectorized() / Activations.GROUP; g < cols / Activations.GROUP; g++) {
                    value = rows[r].addGroup(w, o, g, value);
                }
                out.memory().set(ValueLayout.JAVA_FLOAT, at + 4L * o, value);
            }
        }
    }
}

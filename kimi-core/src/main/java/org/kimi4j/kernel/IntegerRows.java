package org.kimi4j.kernel;

import org.jspecify.annotations.Nullable;
import org.kimi4j.tensor.Matrix;

/** Products of rows of 8-bit activations by integer sums, in Java. */
final class IntegerRows implements RowProducts {

    private final ElementOrders orders;
    private final Scratch[] scratch;
    private final @Nullable VectorProduct[] products;
    private short[] codes = {};
    private byte[] plain = {};
    private float[] scales = {};
    private float[] sums = {};
    private int[] offsets = {};
    private IntegerRow[] rows = {};
    private int[] start = {0};
    private int sets;
    private ElementOrder order = new ElementOrder(1, 1);
    private boolean nibbles;
    private int packedCols;

    IntegerRows(ElementOrders orders, Scratch[] scratch) {
        this.orders = orders;
        this.scratch = scratch;
        this.products = new VectorProduct[scratch.length];
    }

    @Override
    public void reset(Matrix like, int... sizes) {
        order = orders.of(like);
        nibbles = like instanceof Matrix.Int4;
        sets = sizes.length;
        if (start.length <= sets) {
            start = new int[sets + 1];
        }
        for (int s = 0; s < sets; s++) {
            start[s + 1] = start[s] + sizes[s];
        }
        int count = start[sets];
        int cols = order.cols();
        int groups = cols / Activations.GROUP;
        packedCols = nibbles ? cols : GemvInt8.packedCols(cols);
        if (codes.length < count * packedCols) {
            codes = new short[count * packedCols];
        }
        if (plain.length < count * cols) {
            plain = new byte[count * cols];
            scales = new float[count * groups];
            sums = new float[count * groups];
            offsets = new int[count * groups];
        }
        if (rows.length < count) {
            rows = new IntegerRow[count];
        }
        for (int r = 0; r < count; r++) {
            if (isAt(rows[r], r * packedCols, r * cols, r * groups)) {
                continue; // of the product before
            }
            rows[r] = new IntegerRow(codes, r * packedCols, scales, offsets, r * groups, plain, r * cols);
        }
    }

    private boolean isAt(@Nullable IntegerRow row, int codeAt, int plainAt, int groupAt) {
        return row != null && row.isAt(codes, codeAt, plain, plainAt, groupAt);
    }

    @Override
    public int rows(int set) {
        return start[set + 1] - start[set];
    }

    @Override
    public void set(int set, int r, float[] row, int from, boolean prompt, int worker) {
        int at = start[set] + r;
        int cols = order.cols();
        int groups = cols / Activations.GROUP;
        VectorElementwise.quantize(
                row, from, cols, plain, at * cols, scales, sums, at * groups, scratch[worker].ints(Activations.GROUP));
        if (nibbles) {
            IntegerGemvInt4.pack(
                    plain, at * cols, order.vectorized(), codes, at * packedCols, sums, at * groups, offsets);
        } else {
            GemvInt8.pack(plain, at * cols, GemvInt8.vectorized(cols), codes, at * packedCols);
        }
    }

    @Override
    public void ready() {}

    @Override
    public int outputsPerTask(Matrix w) {
        return FloatRows.stretch(w);
    }

    @Override
    public void run(Matrix w, int set, int from, int to, int worker, Sink sink) {
        FloatRows.product(products, w, order, scratch, worker).run(rows, start[set], rows(set), from, to, sink);
    }
}

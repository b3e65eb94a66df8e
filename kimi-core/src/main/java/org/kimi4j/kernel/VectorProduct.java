package org.kimi4j.kernel;

import java.util.Arrays;
import org.kimi4j.tensor.Matrix;

/**
 * Some outputs of a product of packed rows with a weight matrix: the work of one task. Few rows are taken one by one
 * against weights as they stream from memory; more rows against tiles of unpacked weights. Both add the same numbers in
 * the same order.
 */
final class VectorProduct {

    private static final int L = Lanes.COUNT;
    /** Weight rows that several rows meet one after the other, while those are in the second-level cache. */
    private static final int CACHED_OUTPUTS = 8;

    private final Scratch scratch;
    private Matrix w;
    private ElementOrder order;

    VectorProduct(Matrix w, ElementOrder order, Scratch scratch) {
        this.w = w;
        this.order = order;
        this.scratch = scratch;
    }

    /** Goes over to other weights: a product is kept by each thread, since every task would leave one behind. */
    VectorProduct of(Matrix weights, ElementOrder theirOrder) {
        w = weights;
        order = theirOrder;
        return this;
    }

    /** Weight rows {@code from} to {@code to} against a set. */
    void run(PackedRows x, int set, int from, int to, RowProducts.Sink sink) {
        if (x.isTiled(set)) {
            new TiledProduct(w, order, scratch).run(x, set, from, to, sink);
            return;
        }
        float[] sums = stream(from, to, x, set);
        float[] values = scratch.values(to - from);
        for (int r = 0; r < x.rows(set); r++) {
            VectorElementwise.trees(sums, r * (to - from) * L, to - from, values);
            sink.put(r, from, to - from, values, 0);
        }
    }

    /** The same by integers, of {@code count} rows from {@code first} on. */
    void run(IntegerRow[] rows, int first, int count, int from, int to, RowProducts.Sink sink) {
        int outputs = to - from;
        int vectorized = IntegerRow.vectorized(w, order);
        float[] sums = scratch.sums(count * outputs * L);
        int block = count == 1 ? outputs : CACHED_OUTPUTS;
        for (int n = 0; n < outputs; n += block) {
            int end = Math.min(to, from + n + block);
            for (int r = 0; r < count; r++) {
                IntegerRow row = rows[first + r];
                int sumAt = (r * outputs + n) * L;
                switch (w) {
                    case Matrix.Int4 q -> IntegerGemvInt4.rows(q, from + n, end, order, row, sums, sumAt);
                    case Matrix.Int8 q ->
                        GemvInt8.rows(
                                q,
                                from + n,
                                end,
                                order,
                                vectorized,
                                row,
                                scratch.panel(GemvInt8.scratch(w.cols())),
                                sums,
                                sumAt);
                    case Matrix.F32 _, Matrix.Bf16 _ -> throw new IllegalArgumentException("no integers in " + w);
                }
            }
        }
        float[] values = scratch.values(outputs);
        int groups = w.cols() / Activations.GROUP;
        for (int r = 0; r < count; r++) {
            VectorElementwise.trees(sums, r * outputs * L, outputs, values);
            for (int n = 0; n < outputs; n++) {
                for (int g = vectorized / Activations.GROUP; g < groups; g++) {
                    values[n] = rows[first + r].addGroup(w, from + n, g, values[n]);
                }
            }
            sink.put(r, from, outputs, values, 0);
        }
    }

    /** Each weight row once from memory, against every packed row; sums are [rows, outputs]. */
    private float[] stream(int from, int to, PackedRows x, int set) {
        int rows = x.rows(set);
        int outputs = to - from;
        float[] sums = scratch.sums(rows * outputs * L);
        int block = rows == 1 ? outputs : CACHED_OUTPUTS;
        for (int n = 0; n < outputs; n += block) {
            int end = Math.min(to, from + n + block);
            for (int r = 0; r < rows; r++) {
                stream(from + n, end, x.data(), x.vectors(set, r), sums, (r * outputs + n) * L);
            }
        }
        if (order.tailVectors() > 0) {
            float[] tail = scratch.panel(order.tailVectors() * L);
            for (int n = 0; n < outputs; n++) {
                unpackTail(from + n, tail);
                for (int r = 0; r < rows; r++) {
                    int xAt = x.vectors(set, r) + order.vectorized();
                    Gemm.addChain(tail, x.data(), xAt, order.tailVectors(), sums, (r * outputs + n) * L);
                }
            }
        }
        return sums;
    }

    /** Weight rows against one packed row. */
    private void stream(int from, int to, float[] x, int xAt, float[] sums, int sumAt) {
        switch (w) {
            case Matrix.F32 f -> {
                for (int o = from; o < to; o++) {
                    GemvF32.dot(f.values(), 4L * o * w.cols(), order, x, xAt, sums, sumAt + (o - from) * L);
                }
            }
            case Matrix.Bf16 b -> GemvBf16.rows(b, from, to, order, x, xAt, sums, sumAt);
            case Matrix.Int4 q ->
                GemvInt4.floatRows(q, from, to, order, x, xAt, scratch.panel(GemvInt4.scratch(w.cols())), sums, sumAt);
            case Matrix.Int8 q ->
                GemvInt8Floats.rows(
                        q, from, to, order, x, xAt, scratch.panel(GemvInt8Floats.scratch(w.cols())), sums, sumAt);
        }
    }

    /** Unpacks what is left of a weight row after the last whole step, filled up with zeros. */
    private void unpackTail(int row, float[] to) {
        int count = w.cols() - order.vectorized();
        Weights.row(w, row, order.vectorized(), count, to, 0);
        Arrays.fill(to, count, order.tailVectors() * L, 0);
    }
}

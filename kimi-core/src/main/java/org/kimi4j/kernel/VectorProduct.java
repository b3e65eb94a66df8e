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
    /** Outputs of a tile: with one superblock of 2048 floats each, 120 KB of unpacked weights. */
    static final int TILE_OUTPUTS = 3 * Gemm.OUTPUTS;
    /** Row tiles that go against a weight tile while both fit the second-level cache. */
    private static final int TILE_BLOCK = 16;
    /** Weight rows that several rows meet one after the other, while those are in the second-level cache. */
    private static final int CACHED_OUTPUTS = 8;
    /** Vectors of sums of one register tile. */
    private static final int TILE_SUMS = Gemm.ROWS * Gemm.OUTPUTS;

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

    /** Weight rows {@code from} to {@code to}, at most {@link #TILE_OUTPUTS} of them for tiled sets, against a set. */
    void run(PackedRows x, int set, int from, int to, RowProducts.Sink sink) {
        boolean tiled = x.isTiled(set);
        float[] sums = tiled ? tiles(from, to, x, set) : stream(from, to, x, set);
        int quads = TILE_OUTPUTS / Gemm.OUTPUTS;
        float[] values = scratch.values(to - from);
        for (int r = 0; r < x.rows(set); r++) {
            if (!tiled) {
                VectorElementwise.trees(sums, r * (to - from) * L, to - from, values);
                sink.put(r, from, to - from, values, 0);
                continue;
            }
            for (int n = 0; n < to - from; n++) {
                int tile = r / Gemm.ROWS * quads + n / Gemm.OUTPUTS;
                int sumAt = (tile * TILE_SUMS + r % Gemm.ROWS * Gemm.OUTPUTS + n % Gemm.OUTPUTS) * L;
                values[n] = Lanes.tree(sums, sumAt);
            }
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
                    case Matrix.Int4 q -> GemvInt4.integerRows(q, from + n, end, vectorized, row, sums, sumAt);
                    case Matrix.Int8 q -> GemvInt8.integerRows(q, from + n, end, vectorized, row, sums, sumAt);
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
                unpackTail(from + n, tail, 0, L);
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
            case Matrix.Int4 q -> GemvInt4.floatRows(q, from, to, order, x, xAt, sums, sumAt);
            case Matrix.Int8 _ -> {
                float[] unpacked = scratch.panel(w.cols());
                for (int o = from; o < to; o++) {
                    for (int first = 0; first < order.vectorized(); first += ElementOrder.SUPERBLOCK) {
                        unpack(o, first, order.length(first), unpacked, first, L);
                    }
                    Gemm.row(unpacked, order, x, xAt, sums, sumAt + (o - from) * L);
                }
            }
        }
    }

    /** A tile of weights unpacked for each superblock, against blocks of row tiles; sums are by row tile and quad. */
    private float[] tiles(int from, int to, PackedRows x, int set) {
        int quads = (to - from + Gemm.OUTPUTS - 1) / Gemm.OUTPUTS;
        int allQuads = TILE_OUTPUTS / Gemm.OUTPUTS;
        int rowTiles = (x.rows(set) + Gemm.ROWS - 1) / Gemm.ROWS;
        float[] sums = scratch.sums(rowTiles * allQuads * TILE_SUMS * L);
        Arrays.fill(sums, 0, rowTiles * allQuads * TILE_SUMS * L, 0);
        // [quads, vectors, OUTPUTS, lanes]: what a register tile walks along is one stream.
        float[] panel = scratch.panel(TILE_OUTPUTS * ElementOrder.SUPERBLOCK);
        int one = order.lanes / L;
        int start = 0;
        while (start < order.packedCols()) {
            boolean isTail = start == order.vectorized();
            int length = isTail ? order.packedCols() - start : order.length(start);
            unpackPanel(from, to, quads, start, length, panel);
            int chains = isTail ? 1 : ElementOrder.CHAINS;
            int chain = length / chains;
            for (int block = 0; block < rowTiles; block += TILE_BLOCK) {
                int end = Math.min(rowTiles, block + TILE_BLOCK);
                for (int j = 0; j < chains; j++) {
                    for (int q = 0; q < quads; q++) {
                        int wAt = (q * length + j * chain) * Gemm.OUTPUTS;
                        for (int t = block; t < end; t++) {
                            int rows = x.tileRows(set, t * Gemm.ROWS);
                            int xAt = x.vectors(set, t * Gemm.ROWS) + (start + j * chain) * rows;
                            int sumAt = (t * allQuads + q) * TILE_SUMS * L;
                            Gemm.tile(rows, panel, wAt, x.data(), xAt, chain / L, one, sums, sumAt);
                        }
                    }
                }
            }
            start += length;
        }
        return sums;
    }

    private void unpackPanel(int from, int to, int quads, int first, int length, float[] panel) {
        for (int n = 0; n < quads * Gemm.OUTPUTS; n++) {
            int at = n / Gemm.OUTPUTS * length * Gemm.OUTPUTS + n % Gemm.OUTPUTS * L;
            if (from + n < to && first == order.vectorized()) {
                unpackTail(from + n, panel, at, Gemm.OUTPUTS * L);
            } else if (from + n < to) {
                unpack(from + n, first, length, panel, at, Gemm.OUTPUTS * L);
            } else {
                for (int v = 0; v < length / L; v++) {
                    Arrays.fill(panel, at + v * Gemm.OUTPUTS * L, at + v * Gemm.OUTPUTS * L + L, 0);
                }
            }
        }
    }

    /** Unpacks what is left of a weight row after the last whole step, filled up with zeros. */
    private void unpackTail(int row, float[] to, int at, int vectorStride) {
        float[] tail = scratch.row(order.tailVectors() * L);
        int count = w.cols() - order.vectorized();
        Weights.row(w, row, order.vectorized(), count, tail, 0);
        Arrays.fill(tail, count, order.tailVectors() * L, 0);
        for (int v = 0; v < order.tailVectors(); v++) {
            System.arraycopy(tail, v * L, to, at + v * vectorStride, L);
        }
    }

    private void unpack(int row, int first, int length, float[] to, int at, int vectorStride) {
        long index = (long) row * w.cols() + first;
        switch (w) {
            case Matrix.F32 f -> GemvF32.unpack(f.values(), index * 4, length, to, at, vectorStride);
            case Matrix.Bf16 b -> GemvBf16.unpack(b.values(), index * 2, length, to, at, vectorStride);
            case Matrix.Int4 q -> {
                long scaleOffset = index / Matrix.Int4.GROUP * 2;
                GemvInt4.unpack(q.packed(), index / 2, q.scales(), scaleOffset, length, to, at, vectorStride);
            }
            case Matrix.Int8 q -> GemvInt8.unpack(q, index, length, to, at, vectorStride);
        }
    }
}

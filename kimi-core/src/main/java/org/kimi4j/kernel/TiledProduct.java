package org.kimi4j.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.kimi4j.tensor.Matrix;

/**
 * Some outputs of a product of tiles of packed rows with a weight matrix: the work of one task of {@link VectorProduct} where
 * there are rows enough. Adds the same numbers in the same order as if each row came alone.
 */
final class TiledProduct {

    private static final int L = Lanes.COUNT;
    private static final boolean IS_WIDE = Gemm.OUTPUTS == WideTile.OUTPUTS;
    /**
     * Outputs of a task: register tiles side by side, for all of which what is packed of the rows comes from the third cache once. More
     * where there are many rows, which the second cache does not hold; with few nothing is gained, and there are more tasks.
     */
    private static final int FEW_OUTPUTS = (IS_WIDE ? 4 : 3) * Gemm.OUTPUTS;

    private static final int MANY_OUTPUTS = (IS_WIDE ? 12 : 3) * Gemm.OUTPUTS;
    /** Rows that go against a panel of weights: a chain of them is 256 KB, or 512, which the second cache holds with the sums. */
    private static final int BLOCK_ROWS = IS_WIDE ? 64 : 128;
    /** Weights that a task reads ahead, see {@link #touch}: they have to be in the second cache still when they are unpacked. */
    private static final int TASK_BYTES = 512 << 10;
    /** Tasks that a thread should have, so that all end together. */
    private static final int TASKS = 8;
    /** Vectors of sums of one register tile. */
    private static final int TILE_SUMS = Gemm.ROWS * Gemm.OUTPUTS;

    private static final int CACHE_LINE = 64;

    private final Matrix w;
    private final ElementOrder order;
    private final Scratch scratch;

    TiledProduct(Matrix w, ElementOrder order, Scratch scratch) {
        this.w = w;
        this.order = order;
        this.scratch = scratch;
    }

    /**
     * Weight rows to give to one task.
     *
     * @param rows of the largest set
     */
    static int outputs(Matrix w, int rows, int threads) {
        if (rows < BLOCK_ROWS) {
            return FEW_OUTPUTS;
        }
        long rowBytes = Math.max(1, w.byteSize() / w.rows());
        long outputs = Math.min(TASK_BYTES / rowBytes, w.rows() / (TASKS * threads));
        return Math.clamp(outputs / Gemm.OUTPUTS * Gemm.OUTPUTS, FEW_OUTPUTS, MANY_OUTPUTS);
    }

    /** Weight rows {@code from} to {@code to} against a set. */
    void run(PackedRows x, int set, int from, int to, RowProducts.Sink sink) {
        scratch.touched += touch(from, to);
        int rows = x.rows(set);
        int tiles = (Math.min(rows, BLOCK_ROWS) + Gemm.ROWS - 1) / Gemm.ROWS;
        int quads = quads(from, to);
        float[] sums = scratch.sums(LaneTrees.size(tiles * quads * TILE_SUMS));
        float[] values = scratch.values(quads * Gemm.OUTPUTS);
        for (int first = 0; first < rows; first += BLOCK_ROWS) {
            int count = Math.min(BLOCK_ROWS, rows - first);
            block(x, set, first, count, from, to, sums);
            for (int r = 0; r < count; r++) {
                for (int q = 0; q < quads; q++) {
                    int sum = (r / Gemm.ROWS * quads + q) * TILE_SUMS + r % Gemm.ROWS * Gemm.OUTPUTS;
                    for (int n = 0; n < Gemm.OUTPUTS; n++) {
                        values[q * Gemm.OUTPUTS + n] = sums[LaneTrees.at(sum + n)];
                    }
                }
                sink.put(first + r, from, to - from, values, 0);
            }
        }
    }

    /**
     * Reads a word of every cache line of the weights in the order of memory, which is the way they come fastest. A panel takes a
     * short piece of each of its rows, so that the processor would have to notice anew for each which way memory is read.
     */
    private long touch(int from, int to) {
        return switch (w) {
            case Matrix.F32 f -> touch(f.values(), 4L * w.cols(), from, to);
            case Matrix.Bf16 b -> touch(b.values(), 2L * w.cols(), from, to);
            case Matrix.Int4 q -> touch(q.packed(), w.cols() / 2, from, to);
            case Matrix.Int8 q -> touch(q.packed(), w.cols(), from, to);
        };
    }

    private static long touch(MemorySegment memory, long rowBytes, int from, int to) {
        long sum = 0;
        long end = to * rowBytes - Long.BYTES;
        for (long at = from * rowBytes; at <= end; at += CACHE_LINE) {
            sum += memory.get(ValueLayout.JAVA_LONG_UNALIGNED, at);
        }
        return sum;
    }

    /** Register tiles side by side. */
    private static int quads(int from, int to) {
        return (to - from + Gemm.OUTPUTS - 1) / Gemm.OUTPUTS;
    }

    /** Sums of some rows, by row tile and quad. */
    private void block(PackedRows x, int set, int first, int count, int from, int to, float[] sums) {
        int tiles = (count + Gemm.ROWS - 1) / Gemm.ROWS;
        int quads = quads(from, to);
        Arrays.fill(sums, 0, tiles * quads * TILE_SUMS * L, 0);
        MemorySegment panel = scratch.tile(Math.max(WeightPanel.SIZE, order.tailVectors() * Gemm.OUTPUTS * L));
        for (int start = 0; start < order.vectorized(); start += ElementOrder.SUPERBLOCK) {
            int length = order.length(start);
            int chain = length / ElementOrder.CHAINS;
            for (int j = 0; j < ElementOrder.CHAINS; j++) {
                for (int n = from; n < to; n += Gemm.OUTPUTS) {
                    WeightPanel.unpack(w, n, Math.min(Gemm.OUTPUTS, to - n), start, length, j, panel);
                    int sumAt = (n - from) / Gemm.OUTPUTS * TILE_SUMS * L;
                    add(x, set, first, count, start + j * chain, chain / L, panel, sums, sumAt, quads);
                }
            }
        }
        if (order.tailVectors() > 0) {
            float[] tail = scratch.row(order.tailVectors() * L);
            for (int n = from; n < to; n += Gemm.OUTPUTS) {
                WeightPanel.unpackTail(w, n, Math.min(Gemm.OUTPUTS, to - n), order, tail, panel);
                int sumAt = (n - from) / Gemm.OUTPUTS * TILE_SUMS * L;
                add(x, set, first, count, order.vectorized(), order.tailVectors(), panel, sums, sumAt, quads);
            }
        }
        LaneTrees.add(sums, tiles * quads * TILE_SUMS);
    }

    /** A panel against all row tiles of a block. */
    private void add(
            PackedRows x,
            int set,
            int first,
            int count,
            int start,
            int vectors,
            MemorySegment panel,
            float[] sums,
            int sumAt,
            int quads) {
        int one = order.lanes / L;
        MemorySegment data = x.tiles();
        int at = sumAt;
        int length = vectors * L;
        long tile = x.tile(set, first, start, length);
        int end = first + count / Gemm.ROWS * Gemm.ROWS;
        for (int r = first; r < end; r += Gemm.ROWS) {
            Gemm.tile(Gemm.ROWS, panel, data, tile, vectors, one, sums, at);
            tile += 4L * length * Gemm.ROWS;
            at += quads * TILE_SUMS * L;
        }
        int rest = first + count - end;
        if (rest > 0) {
            Gemm.tile(rest, panel, data, tile, vectors, one, sums, at);
        }
    }
}

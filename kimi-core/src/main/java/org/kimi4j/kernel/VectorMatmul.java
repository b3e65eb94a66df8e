package org.kimi4j.kernel;

import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.kimi4j.tensor.Matrix;
import org.kimi4j.tensor.Tensor;

/**
 * Products of rows with weight matrices: packs the rows once, then shares the outputs over the threads. Few rows are
 * taken one by one against weights as they stream from memory; many rows against tiles of unpacked weights. Both add the
 * same numbers in the same order.
 */
final class VectorMatmul {

    private static final int L = Lanes.COUNT;
    /** From this many rows on, unpacking a tile of weights first costs less than meeting the packed form once per row. */
    private static final int TILED_ROWS = 4;
    /** Outputs of a tile: with one superblock of 2048 floats each, 128 KB of unpacked weights. */
    private static final int TILE_OUTPUTS = 16;
    /** Rows that go against a weight tile while both fit the second-level cache. */
    private static final int ROW_BLOCK = 48;
    /** Weight bytes of one task: large against the cost of drawing it, small against the whole. */
    private static final int TASK_BYTES = 64 << 10;

    private record OrderKey(int cols, int perWord) {}

    private final ScalarKernels scalar;
    private final Scratch[] scratch;
    private final Map<OrderKey, ElementOrder> orders = new HashMap<>();
    private float[] packed = {};
    private short[] codes = {};
    private float[] codeScales = {};
    private float[] codeOffsets = {};
    private byte[] bytes = {};

    VectorMatmul(ScalarKernels scalar, Scratch[] scratch) {
        this.scalar = scalar;
        this.scratch = scratch;
    }

    ElementOrder order(Matrix w) {
        return orders.computeIfAbsent(
                new OrderKey(w.cols(), ElementOrder.perWord(w)), key -> new ElementOrder(key.cols, key.perWord));
    }

    /** out = x w^T with 32-bit activations. */
    void exact(Tensor out, Tensor x, Matrix w) {
        ElementOrder order = order(w);
        int cols = w.cols();
        int rows = x.rows();
        float[] all = packed(rows * cols);
        float[] row = scratch[0].row(cols);
        for (int r = 0; r < rows; r++) {
            x.copyRow(r, row, 0);
            order.pack(row, 0, all, r * cols);
        }
        int perTask = outputsPerTask(w, rows);
        int tasks = (w.rows() + perTask - 1) / perTask;
        scalar.share(tasks, (long) rows * w.rows() * cols, (task, worker) -> {
            int from = task * perTask;
            product(out, 0, w, from, Math.min(w.rows(), from + perTask), 0, rows, all, 0, order, scratch[worker]);
        });
    }

    /**
     * The value half of kv_b_proj, head by head: out[r, h * value + v] = x[r, h] . w[h * kv + nope + v] over the latent
     * values of head h.
     */
    void byHead(Tensor out, Tensor x, Matrix w, MlaShape shape) {
        ElementOrder order = order(w);
        int cols = w.cols();
        int rows = x.rows();
        int heads = shape.heads();
        float[] all = packed(rows * heads * cols);
        float[] row = scratch[0].row(x.cols());
        for (int r = 0; r < rows; r++) {
            x.copyRow(r, row, 0);
            for (int h = 0; h < heads; h++) {
                order.pack(row, h * cols, all, (h * rows + r) * cols);
            }
        }
        int perHead = (shape.valueDim() + TILE_OUTPUTS - 1) / TILE_OUTPUTS;
        scalar.share(heads * perHead, (long) rows * heads * shape.valueDim() * cols, (task, worker) -> {
            int head = task / perHead;
            int from = task % perHead * TILE_OUTPUTS;
            int to = Math.min(shape.valueDim(), from + TILE_OUTPUTS);
            int first = head * shape.kvDim() + shape.nopeDim();
            Tensor part = out.columns(head * shape.valueDim(), shape.valueDim());
            product(
                    part,
                    -first,
                    w,
                    first + from,
                    first + to,
                    0,
                    rows,
                    all,
                    head * rows * cols,
                    order,
                    scratch[worker]);
        });
    }

    /** As {@link #exact}, each row by its role: prompt rows rounded to 8 bits, generated rows by integers. */
    void fast(Tensor out, Tensor x, Matrix w, boolean[] prompt) {
        int generated = 0;
        for (int r = 0; r < x.rows(); r++) {
            generated += prompt[r] ? 0 : 1;
        }
        if (generated < x.rows()) {
            roundedRows(out, x, w, prompt, x.rows() - generated);
        }
        if (generated > 0) {
            integerRows(out, x, w, prompt, generated);
        }
    }

    private void roundedRows(Tensor out, Tensor x, Matrix w, boolean[] prompt, int count) {
        ElementOrder order = order(w);
        int cols = w.cols();
        float[] all = packed(count * cols);
        float[] row = scratch[0].row(cols);
        int[] target = new int[count];
        int n = 0;
        for (int r = 0; r < x.rows(); r++) {
            if (prompt[r]) {
                x.copyRow(r, row, 0);
                Activations.round(row, 0, cols);
                order.pack(row, 0, all, n * cols);
                target[n++] = r;
            }
        }
        int perTask = outputsPerTask(w, count);
        int tasks = (w.rows() + perTask - 1) / perTask;
        boolean together = target[count - 1] - target[0] == count - 1;
        scalar.share(tasks, (long) count * w.rows() * cols, (task, worker) -> {
            int from = task * perTask;
            int to = Math.min(w.rows(), from + perTask);
            if (together) {
                product(out, 0, w, from, to, target[0], count, all, 0, order, scratch[worker]);
            } else {
                for (int i = 0; i < count; i++) {
                    product(out, 0, w, from, to, target[i], 1, all, i * cols, order, scratch[worker]);
                }
            }
        });
    }

    private void integerRows(Tensor out, Tensor x, Matrix w, boolean[] prompt, int count) {
        ElementOrder order = order(w);
        int cols = w.cols();
        int groups = cols / Activations.GROUP;
        prepareCodes(count, cols, groups);
        IntegerRow[] rows = new IntegerRow[count];
        int[] target = new int[count];
        float[] row = scratch[0].row(cols);
        int n = 0;
        for (int r = 0; r < x.rows(); r++) {
            if (!prompt[r]) {
                x.copyRow(r, row, 0);
                rows[n] = integerRow(row, w, order, n);
                target[n++] = r;
            }
        }
        int perTask = outputsPerTask(w, 1);
        int tasks = (w.rows() + perTask - 1) / perTask;
        scalar.share(tasks, (long) count * w.rows() * cols, (task, worker) -> {
            int from = task * perTask;
            int to = Math.min(w.rows(), from + perTask);
            integers(out, target, w, from, to, rows, order, scratch[worker]);
        });
    }

    private void prepareCodes(int count, int cols, int groups) {
        if (codes.length < count * cols) {
            codes = new short[count * cols];
            bytes = new byte[count * cols];
        }
        if (codeScales.length < count * groups) {
            codeScales = new float[count * groups];
            codeOffsets = new float[count * groups];
        }
    }

    private IntegerRow integerRow(float[] row, Matrix w, ElementOrder order, int n) {
        int cols = w.cols();
        int groups = cols / Activations.GROUP;
        Activations.quantize(row, 0, cols, bytes, n * cols, codeScales, n * groups);
        for (int g = 0; g < groups; g++) {
            int sum = 0;
            for (int i = 0; i < Activations.GROUP; i++) {
                sum += bytes[n * cols + g * Activations.GROUP + i];
            }
            codeOffsets[n * groups + g] = -8f * sum;
        }
        if (w instanceof Matrix.Int4) {
            GemvInt4.pack(bytes, n * cols, order.vectorized(), codes, n * cols);
        } else {
            GemvInt8.pack(bytes, n * cols, order.vectorized(), codes, n * cols);
        }
        return new IntegerRow(codes, n * cols, codeScales, codeOffsets, n * groups, bytes, n * cols);
    }

    private float[] packed(int size) {
        if (packed.length < size) {
            packed = new float[size];
        }
        return packed;
    }

    private static int outputsPerTask(Matrix w, int rows) {
        if (rows >= TILED_ROWS) {
            return TILE_OUTPUTS;
        }
        long rowBytes = Math.max(1, w.byteSize() / w.rows());
        return Math.clamp(TASK_BYTES / rowBytes, 4, 256);
    }

    /** Weight rows {@code from} to {@code to} against packed rows; row o goes to column {@code shift + o} of out. */
    private static void product(
            Tensor out,
            int shift,
            Matrix w,
            int from,
            int to,
            int outRow,
            int rows,
            float[] x,
            int xAt,
            ElementOrder order,
            Scratch scratch) {
        float[] sums = scratch.sums(rows * Math.max(to - from, TILE_OUTPUTS) * L);
        int sumStride;
        if (rows < TILED_ROWS) {
            sumStride = (to - from) * L;
            stream(w, from, to, rows, x, xAt, order, sums, scratch);
        } else {
            sumStride = TILE_OUTPUTS * L;
            tiles(w, from, to, rows, x, xAt, order, sums, scratch);
        }
        for (int r = 0; r < rows; r++) {
            long at = out.offset(outRow + r);
            for (int o = from; o < to; o++) {
                float value = Lanes.tree(sums, r * sumStride + (o - from) * L);
                for (int i = order.vectorized(); i < w.cols(); i++) {
                    value = Math.fma(x[xAt + r * w.cols() + i], element(w, o, i), value);
                }
                out.memory().set(ValueLayout.JAVA_FLOAT, at + 4L * (shift + o), value);
            }
        }
    }

    private static float element(Matrix w, int row, int col) {
        long index = (long) row * w.cols() + col;
        return switch (w) {
            case Matrix.F32 f -> f.values().get(Weights.FLOAT, index * 4);
            case Matrix.Bf16 b -> Weights.bf16(b.values(), index);
            case Matrix.Int4 q -> Weights.code(q, index) * Weights.bf16(q.scales(), index / Matrix.Int4.GROUP);
            case Matrix.Int8 q -> Weights.code(q, index) * Weights.bf16(q.scales(), index / q.group());
        };
    }

    /** Each weight row once from memory, against every packed row. */
    private static void stream(
            Matrix w,
            int from,
            int to,
            int rows,
            float[] x,
            int xAt,
            ElementOrder order,
            float[] sums,
            Scratch scratch) {
        int cols = w.cols();
        for (int o = from; o < to; o++) {
            float[] unpacked = w instanceof Matrix.Int4 || w instanceof Matrix.Int8 ? scratch.panel(cols) : sums;
            if (unpacked != sums) {
                for (int first = 0; first < order.vectorized(); first += ElementOrder.SUPERBLOCK) {
                    int length = order.length(first);
                    unpack(w, o, first, length, unpacked, first, length / ElementOrder.CHAINS);
                }
            }
            for (int r = 0; r < rows; r++) {
                int sumAt = (r * (to - from) + o - from) * L;
                switch (w) {
                    case Matrix.F32 f -> GemvF32.dot(f.values(), 4L * o * cols, order, x, xAt + r * cols, sums, sumAt);
                    case Matrix.Bf16 b ->
                        GemvBf16.dot(b.values(), 2L * o * cols, order, x, xAt + r * cols, sums, sumAt);
                    case Matrix.Int4 _, Matrix.Int8 _ -> Gemm.row(unpacked, order, x, xAt + r * cols, sums, sumAt);
                }
            }
        }
    }

    /** A tile of weights unpacked for each superblock, against blocks of rows. */
    private static void tiles(
            Matrix w,
            int from,
            int to,
            int rows,
            float[] x,
            int xAt,
            ElementOrder order,
            float[] sums,
            Scratch scratch) {
        int cols = w.cols();
        Arrays.fill(sums, 0, rows * TILE_OUTPUTS * L, 0);
        float[] panel = scratch.panel(TILE_OUTPUTS * ElementOrder.SUPERBLOCK);
        int filled = (to - from + Gemm.OUTPUTS - 1) / Gemm.OUTPUTS * Gemm.OUTPUTS;
        for (int first = 0; first < order.vectorized(); first += ElementOrder.SUPERBLOCK) {
            int length = order.length(first);
            int chain = length / ElementOrder.CHAINS;
            // The panel is [chains, outputs, chain]: a chain of four outputs is what a register tile walks along.
            for (int o = 0; o < filled; o++) {
                if (from + o < to) {
                    unpack(w, from + o, first, length, panel, o * chain, TILE_OUTPUTS * chain);
                } else {
                    for (int j = 0; j < ElementOrder.CHAINS; j++) {
                        Arrays.fill(panel, (j * TILE_OUTPUTS + o) * chain, (j * TILE_OUTPUTS + o + 1) * chain, 0);
                    }
                }
            }
            for (int block = 0; block < rows; block += ROW_BLOCK) {
                int end = Math.min(rows, block + ROW_BLOCK);
                for (int j = 0; j < ElementOrder.CHAINS; j++) {
                    for (int o = 0; o < filled; o += Gemm.OUTPUTS) {
                        for (int r = block; r < end; r += Gemm.ROWS) {
                            Gemm.tile(
                                    Math.min(Gemm.ROWS, end - r),
                                    panel,
                                    (j * TILE_OUTPUTS + o) * chain,
                                    chain,
                                    x,
                                    xAt + r * cols + first + j * chain,
                                    cols,
                                    chain,
                                    sums,
                                    (r * TILE_OUTPUTS + o) * L,
                                    TILE_OUTPUTS * L);
                        }
                    }
                }
            }
        }
    }

    private static void unpack(Matrix w, int row, int first, int length, float[] to, int at, int chainStride) {
        long index = (long) row * w.cols() + first;
        switch (w) {
            case Matrix.F32 f -> GemvF32.unpack(f.values(), index * 4, length, to, at, chainStride);
            case Matrix.Bf16 b -> GemvBf16.unpack(b.values(), index * 2, length, to, at, chainStride);
            case Matrix.Int4 q ->
                GemvInt4.unpack(
                        q.packed(), index / 2, q.scales(), index / Matrix.Int4.GROUP * 2, length, to, at, chainStride);
            case Matrix.Int8 q -> GemvInt8.unpack(weight(q, row), first, length, to, at, chainStride);
        }
    }

    private static GemvInt8.Weight weight(Matrix.Int8 q, int row) {
        long index = (long) row * q.cols();
        return new GemvInt8.Weight(q.packed(), index, q.scales(), index / q.group(), q.group());
    }

    /** Outputs {@code from} to {@code to} of some rows by integer sums; each weight row is read from memory once. */
    private static void integers(
            Tensor out,
            int[] target,
            Matrix w,
            int from,
            int to,
            IntegerRow[] rows,
            ElementOrder order,
            Scratch scratch) {
        int cols = w.cols();
        float[] sums = scratch.sums(rows.length * (to - from) * L);
        for (int o = from; o < to; o++) {
            for (int r = 0; r < rows.length; r++) {
                int sumAt = (r * (to - from) + o - from) * L;
                switch (w) {
                    case Matrix.Int4 q -> {
                        long index = (long) o * cols;
                        GemvInt4.integerDot(
                                q.packed(),
                                index / 2,
                                q.scales(),
                                index / Matrix.Int4.GROUP * 2,
                                order.vectorized(),
                                rows[r],
                                sums,
                                sumAt);
                    }
                    case Matrix.Int8 q -> GemvInt8.integerDot(weight(q, o), order.vectorized(), rows[r], sums, sumAt);
                    case Matrix.F32 _, Matrix.Bf16 _ -> throw new IllegalArgumentException("no integers in " + w);
                }
            }
        }
        for (int r = 0; r < rows.length; r++) {
            long at = out.offset(target[r]);
            for (int o = from; o < to; o++) {
                float value = Lanes.tree(sums, (r * (to - from) + o - from) * L);
                for (int g = order.vectorized() / Activations.GROUP; g < cols / Activations.GROUP; g++) {
                    value = rows[r].addGroup(w, o, g, value);
                }
                out.memory().set(ValueLayout.JAVA_FLOAT, at + 4L * o, value);
            }
        }
    }
}

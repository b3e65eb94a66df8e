package org.kimi4j.kernel;

import java.util.HashMap;
import java.util.Map;
import org.kimi4j.tensor.Matrix;
import org.kimi4j.tensor.Tensor;

/** Products of rows with weight matrices: packs the rows once, then shares the outputs over the threads. */
final class VectorMatmul {

    private static final int[] IN_ORDER = {};
    /** Weight bytes of one task: large against the cost of drawing it, small against the whole. */
    private static final int TASK_BYTES = 64 << 10;

    private record OrderKey(int cols, int perWord) {}

    private final ScalarKernels scalar;
    private final Scratch[] scratch;
    private final Map<OrderKey, ElementOrder> orders = new HashMap<>();
    private final PackedRows packed = new PackedRows();
    private final IntegerRows integers = new IntegerRows();

    VectorMatmul(ScalarKernels scalar, Scratch[] scratch) {
        this.scalar = scalar;
        this.scratch = scratch;
    }

    private ElementOrder order(Matrix w) {
        return orders.computeIfAbsent(
                new OrderKey(w.cols(), ElementOrder.perWord(w)), key -> new ElementOrder(key.cols, key.perWord));
    }

    private static int outputsPerTask(Matrix w, boolean tiled) {
        if (tiled) {
            return VectorProduct.TILE_OUTPUTS;
        }
        long rowBytes = Math.max(1, w.byteSize() / w.rows());
        return Math.clamp(TASK_BYTES / rowBytes, 4, 256);
    }

    /** out = x w^T with 32-bit activations. */
    void exact(Tensor out, Tensor x, Matrix w) {
        packed.setAll(x, order(w), scratch[0].row(x.cols()));
        share(out, IN_ORDER, w);
    }

    private void share(Tensor out, int[] target, Matrix w) {
        int perTask = outputsPerTask(w, packed.isTiled());
        int tasks = (w.rows() + perTask - 1) / perTask;
        scalar.share(tasks, (long) packed.rows() * w.rows() * w.cols(), (task, worker) -> {
            int from = task * perTask;
            int to = Math.min(w.rows(), from + perTask);
            new VectorProduct(w, packed.order(), scratch[worker]).run(out, target, 0, from, to, packed, 0);
        });
    }

    /**
     * The value half of kv_b_proj, head by head: out[r, h * value + v] = x[r, h] . w[h * kv + nope + v] over the latent
     * values of head h.
     */
    void byHead(Tensor out, Tensor x, Matrix w, MlaShape shape) {
        int heads = shape.heads();
        packed.reset(heads, x.rows(), order(w));
        float[] row = scratch[0].row(x.cols());
        for (int r = 0; r < x.rows(); r++) {
            x.copyRow(r, row, 0);
            for (int h = 0; h < heads; h++) {
                packed.set(h, r, row, h * w.cols());
            }
        }
        int perTask = VectorProduct.TILE_OUTPUTS;
        int perHead = (shape.valueDim() + perTask - 1) / perTask;
        scalar.share(heads * perHead, (long) x.rows() * heads * shape.valueDim() * w.cols(), (task, worker) -> {
            int head = task / perHead;
            int first = head * shape.kvDim() + shape.nopeDim();
            int from = first + task % perHead * perTask;
            int to = Math.min(first + shape.valueDim(), from + perTask);
            int shift = head * shape.valueDim() - first;
            new VectorProduct(w, packed.order(), scratch[worker]).run(out, IN_ORDER, shift, from, to, packed, head);
        });
    }

    /** As {@link #exact}, each row by its role: prompt rows rounded to 8 bits, generated rows by integers. */
    void fast(Tensor out, Tensor x, Matrix w, boolean[] prompt) {
        int[] given = rowsOf(prompt, x.rows(), true);
        int[] generated = rowsOf(prompt, x.rows(), false);
        float[] row = scratch[0].row(x.cols());
        if (given.length > 0) {
            packed.reset(1, given.length, order(w));
            for (int r = 0; r < given.length; r++) {
                x.copyRow(given[r], row, 0);
                Activations.round(row, 0, x.cols());
                packed.set(0, r, row, 0);
            }
            share(out, given, w);
        }
        if (generated.length > 0) {
            integers.reset(generated.length, order(w));
            for (int r = 0; r < generated.length; r++) {
                x.copyRow(generated[r], row, 0);
                integers.set(r, row, 0, w);
            }
            int perTask = outputsPerTask(w, false);
            int tasks = (w.rows() + perTask - 1) / perTask;
            scalar.share(tasks, (long) generated.length * w.rows() * w.cols(), (task, worker) -> {
                int from = task * perTask;
                integers.run(out, generated, w, from, Math.min(w.rows(), from + perTask), scratch[worker]);
            });
        }
    }

    /** The numbers of the rows that have a role. */
    private static int[] rowsOf(boolean[] prompt, int rows, boolean role) {
        int count = 0;
        for (int r = 0; r < rows; r++) {
            count += prompt[r] == role ? 1 : 0;
        }
        int[] numbers = new int[count];
        int n = 0;
        for (int r = 0; r < rows; r++) {
            if (prompt[r] == role) {
                numbers[n++] = r;
            }
        }
        return numbers;
    }
}

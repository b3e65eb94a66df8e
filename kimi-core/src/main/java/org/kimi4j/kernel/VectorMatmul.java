package org.kimi4j.kernel;

import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.kimi4j.tensor.Matrix;
import org.kimi4j.tensor.Tensor;

/** Products of rows with weight matrices: packs the rows once, then shares the outputs over the threads. */
final class VectorMatmul {

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

    ElementOrder order(Matrix w) {
        return orders.computeIfAbsent(
                new OrderKey(w.cols(), ElementOrder.perWord(w)), key -> new ElementOrder(key.cols, key.perWord));
    }

    /** Weight rows of one task: a tile where weights are unpacked, else a stretch of memory. */
    static int outputsPerTask(Matrix w, boolean tiled) {
        if (tiled) {
            return VectorProduct.TILE_OUTPUTS;
        }
        long rowBytes = Math.max(1, w.byteSize() / w.rows());
        return Math.clamp(TASK_BYTES / rowBytes, 4, 256);
    }

    /** out = x w^T with 32-bit activations. */
    void exact(Tensor out, Tensor x, Matrix w) {
        int rows = x.rows();
        packed.reset(order(w), rows);
        scalar.share(rows, (long) rows * w.cols() * 8, (r, worker) -> {
            float[] row = scratch[worker].row(w.cols());
            x.copyRow(r, row, 0);
            packed.set(0, r, row, 0);
        });
        int perTask = outputsPerTask(w, packed.isTiled(0));
        int tasks = (w.rows() + perTask - 1) / perTask;
        scalar.share(tasks, (long) rows * w.rows() * w.cols(), (task, worker) -> {
            int from = task * perTask;
            int to = Math.min(w.rows(), from + perTask);
            new VectorProduct(w, packed.order(), scratch[worker]).run(packed, 0, from, to, (r, o, value) ->
                    out.memory().set(ValueLayout.JAVA_FLOAT, out.offset(r) + 4L * o, value));
        });
    }

    /**
     * The value half of kv_b_proj, head by head: out[r, h * value + v] = x[r, h] . w[h * kv + nope + v] over the latent
     * values of head h.
     */
    void byHead(Tensor out, Tensor x, Matrix w, MlaShape shape) {
        int heads = shape.heads();
        int[] sizes = new int[heads];
        Arrays.fill(sizes, x.rows());
        packed.reset(order(w), sizes);
        scalar.share(x.rows(), (long) x.rows() * x.cols() * 8, (r, worker) -> {
            float[] row = scratch[worker].row(x.cols());
            x.copyRow(r, row, 0);
            for (int h = 0; h < heads; h++) {
                packed.set(h, r, row, h * w.cols());
            }
        });
        int perTask = VectorProduct.TILE_OUTPUTS;
        int perHead = (shape.valueDim() + perTask - 1) / perTask;
        scalar.share(heads * perHead, (long) x.rows() * heads * shape.valueDim() * w.cols(), (task, worker) -> {
            int head = task / perHead;
            int first = head * shape.kvDim() + shape.nopeDim();
            int from = first + task % perHead * perTask;
            int to = Math.min(first + shape.valueDim(), from + perTask);
            int shift = head * shape.valueDim() - first;
            new VectorProduct(w, packed.order(), scratch[worker]).run(packed, head, from, to, (r, o, value) ->
                    out.memory().set(ValueLayout.JAVA_FLOAT, out.offset(r) + 4L * (shift + o), value));
        });
    }

    /** As {@link #exact}, each row by its role: prompt rows rounded to 8 bits, generated rows by integers. */
    void fast(Tensor out, Tensor x, Matrix w, boolean[] prompt) {
        int[] given = rowsOf(prompt, x.rows(), true);
        int[] generated = rowsOf(prompt, x.rows(), false);
        if (given.length > 0) {
            roundedRows(out, x, w, given);
        }
        if (generated.length > 0) {
            integerRows(out, x, w, generated);
        }
    }

    private void roundedRows(Tensor out, Tensor x, Matrix w, int[] numbers) {
        packed.reset(order(w), numbers.length);
        scalar.share(numbers.length, (long) numbers.length * w.cols() * 16, (r, worker) -> {
            float[] row = scratch[worker].row(w.cols());
            x.copyRow(numbers[r], row, 0);
            Activations.round(row, 0, w.cols());
            packed.set(0, r, row, 0);
        });
        int perTask = outputsPerTask(w, packed.isTiled(0));
        int tasks = (w.rows() + perTask - 1) / perTask;
        scalar.share(tasks, (long) numbers.length * w.rows() * w.cols(), (task, worker) -> {
            int from = task * perTask;
            int to = Math.min(w.rows(), from + perTask);
            new VectorProduct(w, packed.order(), scratch[worker]).run(packed, 0, from, to, (r, o, value) ->
                    out.memory().set(ValueLayout.JAVA_FLOAT, out.offset(numbers[r]) + 4L * o, value));
        });
    }

    private void integerRows(Tensor out, Tensor x, Matrix w, int[] numbers) {
        int count = numbers.length;
        integers.reset(order(w), count);
        IntegerRow[] rows = new IntegerRow[count];
        scalar.share(count, (long) count * w.cols() * 16, (r, worker) -> {
            float[] row = scratch[worker].row(w.cols());
            x.copyRow(numbers[r], row, 0);
            integers.set(r, row, 0, w);
            rows[r] = integers.row(r);
        });
        int perTask = outputsPerTask(w, false);
        int tasks = (w.rows() + perTask - 1) / perTask;
        scalar.share(tasks, (long) count * w.rows() * w.cols(), (task, worker) -> {
            int from = task * perTask;
            int to = Math.min(w.rows(), from + perTask);
            new VectorProduct(w, integers.order(), scratch[worker]).run(rows, count, from, to, (r, o, value) ->
                    out.memory().set(ValueLayout.JAVA_FLOAT, out.offset(numbers[r]) + 4L * o, value));
        });
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

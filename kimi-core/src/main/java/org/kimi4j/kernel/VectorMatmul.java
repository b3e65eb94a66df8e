package org.kimi4j.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.kimi4j.config.Precision;
import org.kimi4j.tensor.Matrix;
import org.kimi4j.tensor.Tensor;

/** Products of rows with weight matrices: prepares the rows once, then shares the outputs over the threads. */
final class VectorMatmul {

    private final ScalarKernels scalar;
    private final ProductForms forms;
    private final Scratch[] scratch;
    private final RowProducts floats;
    private final RowProducts integers;

    VectorMatmul(ScalarKernels scalar, ProductForms forms, Scratch[] scratch) {
        this.scalar = scalar;
        this.forms = forms;
        this.scratch = scratch;
        this.floats = forms.floats();
        this.integers = forms.integers();
    }

    /** out = x w^T with 32-bit activations. */
    void exact(Tensor out, Tensor x, Matrix w) {
        int rows = x.rows();
        floats.reset(w, rows);
        scalar.share(rows, (long) rows * w.cols() * 8, (r, worker) -> {
            float[] row = scratch[worker].row(w.cols());
            x.copyRow(r, row, 0);
            floats.set(0, r, row, 0, false, worker);
        });
        floats.ready();
        int perTask = floats.outputsPerTask(w);
        int tasks = (w.rows() + perTask - 1) / perTask;
        RowProducts.Sink sink = (r, o, n, values, at) -> store(out, r, o, n, values, at);
        scalar.share(tasks, (long) rows * w.rows() * w.cols(), (task, worker) -> {
            int from = task * perTask;
            int to = Math.min(w.rows(), from + perTask);
            floats.run(w, 0, from, to, worker, sink);
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
        floats.reset(w, sizes);
        scalar.share(x.rows(), (long) x.rows() * x.cols() * 8, (r, worker) -> {
            float[] row = scratch[worker].row(x.cols());
            x.copyRow(r, row, 0);
            for (int h = 0; h < heads; h++) {
                floats.set(h, r, row, h * w.cols(), false, worker);
            }
        });
        floats.ready();
        int perTask = Math.min(shape.valueDim(), floats.outputsPerTask(w));
        int perHead = (shape.valueDim() + perTask - 1) / perTask;
        RowProducts.Sink sink = (r, o, n, values, at) -> {
            int head = o / shape.kvDim();
            int shift = head * (shape.valueDim() - shape.kvDim()) - shape.nopeDim();
            store(out, r, shift + o, n, values, at);
        };
        scalar.share(heads * perHead, (long) x.rows() * heads * shape.valueDim() * w.cols(), (task, worker) -> {
            int head = task / perHead;
            int first = head * shape.kvDim() + shape.nopeDim();
            int from = first + task % perHead * perTask;
            int to = Math.min(first + shape.valueDim(), from + perTask);
            floats.run(w, head, from, to, worker, sink);
        });
    }

    /** As {@link #exact}, each row by its role. */
    void byRole(Tensor out, Tensor x, Matrix w, boolean[] prompt, Precision precision) {
        int[] rows = new int[x.rows()];
        int byFloats = 0;
        for (int pass = 0; pass < 2; pass++) {
            int at = pass == 0 ? 0 : byFloats;
            for (int r = 0; r < rows.length; r++) {
                if (forms.byIntegers(precision, w, prompt[r]) == (pass == 1)) {
                    rows[at++] = r;
                }
            }
            byFloats = pass == 0 ? at : byFloats;
        }
        int split = byFloats;
        floats.reset(w, split);
        integers.reset(w, rows.length - split);
        int together = Math.max(floats.rowsPerTask(), integers.rowsPerTask());
        scalar.shareRows(rows.length, together, (long) rows.length * w.cols() * 16, (i, worker) -> {
            float[] row = scratch[worker].row(w.cols());
            x.copyRow(rows[i], row, 0);
            if (i >= split) {
                integers.set(0, i - split, row, 0, prompt[rows[i]], worker);
            } else {
                if (forms.isRounded(precision, w, prompt[rows[i]])) {
                    VectorElementwise.round(row, 0, w.cols());
                }
                floats.set(0, i, row, 0, prompt[rows[i]], worker);
            }
        });
        run(out, w, floats, rows, 0, split);
        run(out, w, integers, rows, split, rows.length - split);
    }

    private void run(Tensor out, Matrix w, RowProducts products, int[] rows, int first, int count) {
        if (count == 0) {
            return;
        }
        products.ready();
        int perTask = products.outputsPerTask(w);
        int tasks = (w.rows() + perTask - 1) / perTask;
        // One for all tasks, each of which would leave its own behind.
        RowProducts.Sink sink = (r, o, n, values, at) -> store(out, rows[first + r], o, n, values, at);
        scalar.share(tasks, (long) count * w.rows() * w.cols(), (task, worker) -> {
            int from = task * perTask;
            int to = Math.min(w.rows(), from + perTask);
            products.run(w, 0, from, to, worker, sink);
        });
    }

    private static void store(Tensor out, int row, int first, int count, float[] values, int at) {
        MemorySegment.copy(values, at, out.memory(), ValueLayout.JAVA_FLOAT, out.offset(row) + 4L * first, count);
    }
}

package org.kimi4j.kernel;

import java.lang.foreign.ValueLayout;
import java.util.function.IntFunction;
import org.kimi4j.tensor.Matrix;
import org.kimi4j.tensor.Tensor;

/**
 * All chosen experts of a layer at once, instead of one after the other: a region for gate and up of all of them, one for
 * down, in which a task owns some outputs of all rows and adds the experts to them in ascending order of ids. The same
 * numbers as {@link Kernels#moe} makes from single operations, in the same order.
 *
 * <p>An expert's choices are split by what they are computed with: those of generated rows in FAST by integers, the
 * others by floats.
 */
final class VectorMoe {

    private final ScalarKernels scalar;
    private final VectorMatmul matmul;
    private final Scratch[] scratch;
    private final Half hidden = new Half();
    private final Half inner = new Half();

    /** The inputs of one of the two products, of all experts: sets of packed rows, and integer rows. */
    private static final class Half {
        private final PackedRows packed = new PackedRows();
        private final IntegerRows integers = new IntegerRows();
    }

    /** What one expert computes: its choices, floats first. Choice c of all is row {@code row[c]} with a weight. */
    private record Part(GatedMlp mlp, int first, int floats, int integers, int firstInteger, int[] row, float[] weight) {
        int count() {
            return floats + integers;
        }
    }

    VectorMoe(ScalarKernels scalar, VectorMatmul matmul, Scratch[] scratch) {
        this.scalar = scalar;
        this.matmul = matmul;
        this.scratch = scratch;
    }

    void run(Tensor out, Tensor h, Routing routing, IntFunction<GatedMlp> experts, boolean[] prompt, boolean fast) {
        Part[] parts = parts(routing, experts, prompt, fast);
        int choices = routing.rowCount() * routing.expertsPerRow();
        GatedMlp shape = parts[0].mlp;
        int innerCols = shape.gateProj().rows();
        Tensor act = scalar.workspace().allocate(choices, innerCols); // [choices, intermediate]
        pack(hidden, parts, shape.gateProj(), fast, (choice, row) -> h.copyRow(rowOf(parts, choice), row, 0));
        gateAndUp(act, parts, innerCols);
        pack(inner, parts, shape.downProj(), fast, (choice, row) -> act.copyRow(choice, row, 0));
        down(out, parts);
    }

    private static Part[] parts(Routing routing, IntFunction<GatedMlp> experts, boolean[] prompt, boolean fast) {
        Part[] parts = new Part[routing.distinctCount()];
        int first = 0;
        int firstInteger = 0;
        for (int i = 0; i < parts.length; i++) {
            int count = routing.rowCountOf(i);
            int[] row = new int[count];
            float[] weight = new float[count];
            int floats = 0;
            for (int pass = 0; pass < 2; pass++) {
                int at = pass == 0 ? 0 : floats;
                for (int j = 0; j < count; j++) {
                    boolean isFloat = !fast || prompt[routing.rowOf(i, j)];
                    if (isFloat == (pass == 0)) {
                        row[at] = routing.rowOf(i, j);
                        weight[at++] = routing.weightOf(i, j);
                    }
                }
                floats = pass == 0 ? at : floats;
            }
            GatedMlp mlp = experts.apply(routing.distinctExpert(i));
            parts[i] = new Part(mlp, first, floats, count - floats, firstInteger, row, weight);
            first += count;
            firstInteger += count - floats;
        }
        return parts;
    }

    private static int partOf(Part[] parts, int choice) {
        int low = 0;
        int high = parts.length - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (parts[middle].first <= choice) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    private static int rowOf(Part[] parts, int choice) {
        Part part = parts[partOf(parts, choice)];
        return part.row[choice - part.first];
    }

    private interface RowSource {
        void copy(int choice, float[] row);
    }

    /** Packs the inputs of all choices, each for what it is computed with. */
    private void pack(Half half, Part[] parts, Matrix w, boolean fast, RowSource source) {
        ElementOrder order = matmul.order(w);
        int[] sizes = new int[parts.length];
        for (int i = 0; i < parts.length; i++) {
            sizes[i] = parts[i].floats;
        }
        Part last = parts[parts.length - 1];
        half.packed.reset(order, sizes);
        half.integers.reset(order, last.firstInteger + last.integers);
        int choices = last.first + last.count();
        scalar.share(choices, (long) choices * w.cols() * 8, (choice, worker) -> {
            int i = partOf(parts, choice);
            Part part = parts[i];
            int r = choice - part.first;
            float[] row = scratch[worker].row(w.cols());
            source.copy(choice, row);
            if (r >= part.floats) {
                half.integers.set(part.firstInteger + r - part.floats, row, 0, w);
            } else {
                if (fast) {
                    Activations.round(row, 0, w.cols());
                }
                half.packed.set(i, r, row, 0);
            }
        });
    }

    /** act[choice] = silu(gate) * up, a stretch of outputs of one expert to a task. */
    private void gateAndUp(Tensor act, Part[] parts, int innerCols) {
        int perTask = outputsPerTask(parts, parts[0].mlp.gateProj());
        int perExpert = (innerCols + perTask - 1) / perTask;
        scalar.share(parts.length * perExpert, Long.MAX_VALUE, (task, worker) -> {
            int i = task / perExpert;
            Part part = parts[i];
            int from = task % perExpert * perTask;
            int to = Math.min(innerCols, from + perTask);
            product(part.mlp.gateProj(), hidden, parts, i, from, to, worker, (r, o, value) ->
                    act.memory().set(ValueLayout.JAVA_FLOAT, act.offset(part.first + r) + 4L * o, value));
            product(part.mlp.upProj(), hidden, parts, i, from, to, worker, (r, o, value) -> {
                long at = act.offset(part.first + r) + 4L * o;
                float gate = act.memory().get(ValueLayout.JAVA_FLOAT, at);
                act.memory().set(ValueLayout.JAVA_FLOAT, at, Exp.silu(gate) * value);
            });
        });
    }

    /** out[row] += weight * down, a stretch of outputs of all experts to a task. */
    private void down(Tensor out, Part[] parts) {
        int perTask = outputsPerTask(parts, parts[0].mlp.downProj());
        int tasks = (out.cols() + perTask - 1) / perTask;
        scalar.share(tasks, Long.MAX_VALUE, (task, worker) -> {
            int from = task * perTask;
            int to = Math.min(out.cols(), from + perTask);
            for (int i = 0; i < parts.length; i++) {
                Part part = parts[i];
                product(part.mlp.downProj(), inner, parts, i, from, to, worker, (r, o, value) -> {
                    long at = out.offset(part.row[r]) + 4L * o;
                    float sum = out.memory().get(ValueLayout.JAVA_FLOAT, at);
                    out.memory().set(ValueLayout.JAVA_FLOAT, at, Math.fma(part.weight[r], value, sum));
                });
            }
        });
    }

    /** Tiles if any expert has enough rows for them, else stretches of memory. */
    private static int outputsPerTask(Part[] parts, Matrix w) {
        for (Part part : parts) {
            if (part.floats >= Gemm.MIN_ROWS) {
                return VectorMatmul.outputsPerTask(w, true);
            }
        }
        return VectorMatmul.outputsPerTask(w, false);
    }

    private void product(
            Matrix w, Half half, Part[] parts, int i, int from, int to, int worker, VectorProduct.Sink sink) {
        Part part = parts[i];
        VectorProduct product = new VectorProduct(w, half.packed.order(), scratch[worker]);
        if (part.floats > 0) {
            product.run(half.packed, i, from, to, sink);
        }
        if (part.integers > 0) {
            IntegerRow[] rows = new IntegerRow[part.integers];
            for (int r = 0; r < rows.length; r++) {
                rows[r] = half.integers.row(part.firstInteger + r);
            }
            product.run(rows, rows.length, from, to, (r, o, value) -> sink.put(part.floats + r, o, value));
        }
    }
}

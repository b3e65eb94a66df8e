package org.kimi4j.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.IntFunction;
import org.kimi4j.config.Precision;
import org.kimi4j.tensor.Matrix;
import org.kimi4j.tensor.Tensor;

/**
 * All chosen experts of a layer at once, instead of one after the other: a region for gate and up of all of them, one for
 * down, in which a task owns some outputs of all rows and adds the experts to them in ascending order of ids. The same
 * numbers as {@link Kernels#moe} makes from single operations, in the same order.
 */
final class VectorMoe {

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    private final ScalarKernels scalar;
    private final ProductForms forms;
    private final Scratch[] scratch;
    private final Half hidden;
    private final Half inner;

    /** The inputs of one of the two products: a set for each expert, of rows in floats and of rows in integers. */
    private record Half(RowProducts floats, RowProducts integers) {
        static Half of(ProductForms forms) {
            return new Half(forms.floats(), forms.integers());
        }
    }

    /**
     * The rows that chose one expert, those computed in floats first.
     *
     * @param first number of its first choice among all choices
     */
    private record Part(GatedMlp mlp, int first, int byFloats, int[] row, float[] weight) {}

    VectorMoe(ScalarKernels scalar, ProductForms forms, Scratch[] scratch) {
        this.scalar = scalar;
        this.forms = forms;
        this.scratch = scratch;
        this.hidden = Half.of(forms);
        this.inner = Half.of(forms);
    }

    /** As {@link Kernels#moe}, for experts whose three matrices have the same encoding. */
    void run(Tensor out, Tensor h, Routing routing, IntFunction<GatedMlp> experts, boolean[] prompt) {
        Part[] parts = parts(routing, experts, prompt);
        int choices = routing.rowCount() * routing.expertsPerRow();
        GatedMlp shape = parts[0].mlp;
        Tensor act = scalar.workspace().allocate(choices, shape.gateProj().rows()); // [choices, intermediate]
        prepare(hidden, parts, choices, shape.gateProj(), prompt, (part, r, row) -> h.copyRow(part.row[r], row, 0));
        gateAndUp(act, parts);
        prepare(inner, parts, choices, shape.downProj(), prompt, (part, r, row) -> act.copyRow(part.first + r, row, 0));
        down(out, parts);
    }

    private Part[] parts(Routing routing, IntFunction<GatedMlp> experts, boolean[] prompt) {
        Precision precision = scalar.precision();
        Part[] parts = new Part[routing.distinctCount()];
        int first = 0;
        for (int i = 0; i < parts.length; i++) {
            GatedMlp mlp = experts.apply(routing.distinctExpert(i));
            int count = routing.rowCountOf(i);
            int[] row = new int[count];
            float[] weight = new float[count];
            int byFloats = 0;
            for (int pass = 0; pass < 2; pass++) {
                int at = pass == 0 ? 0 : byFloats;
                for (int j = 0; j < count; j++) {
                    boolean role = prompt[routing.rowOf(i, j)];
                    if (forms.byIntegers(precision, mlp.gateProj(), role) == (pass == 1)) {
                        row[at] = routing.rowOf(i, j);
                        weight[at++] = routing.weightOf(i, j);
                    }
                }
                byFloats = pass == 0 ? at : byFloats;
            }
            parts[i] = new Part(mlp, first, byFloats, row, weight);
            first += count;
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

    private interface RowSource {
        void copy(Part part, int r, float[] row);
    }

    /** Prepares the inputs of all choices, each for what it is computed with. */
    private void prepare(Half half, Part[] parts, int choices, Matrix w, boolean[] prompt, RowSource source) {
        Precision precision = scalar.precision();
        int[] floatSizes = new int[parts.length];
        int[] integerSizes = new int[parts.length];
        for (int i = 0; i < parts.length; i++) {
            floatSizes[i] = parts[i].byFloats;
            integerSizes[i] = parts[i].row.length - parts[i].byFloats;
        }
        half.floats.reset(w, floatSizes);
        half.integers.reset(w, integerSizes);
        scalar.share(choices, (long) choices * w.cols() * 8, (choice, worker) -> {
            int i = partOf(parts, choice);
            Part part = parts[i];
            int r = choice - part.first;
            float[] row = scratch[worker].row(w.cols());
            source.copy(part, r, row);
            if (r >= part.byFloats) {
                half.integers.set(i, r - part.byFloats, row, 0, prompt[part.row[r]], worker);
            } else {
                if (forms.isRounded(precision, w, prompt[part.row[r]])) {
                    Activations.round(row, 0, w.cols());
                }
                half.floats.set(i, r, row, 0, prompt[part.row[r]], worker);
            }
        });
        half.floats.ready();
        half.integers.ready();
    }

    /** act[choice] = silu(gate) * up, a stretch of outputs of one expert to a task. */
    private void gateAndUp(Tensor act, Part[] parts) {
        int perTask = outputsPerTask(hidden, parts[0].mlp.gateProj());
        int perExpert = (act.cols() + perTask - 1) / perTask;
        scalar.share(parts.length * perExpert, Long.MAX_VALUE, (task, worker) -> {
            int i = task / perExpert;
            Part part = parts[i];
            int from = task % perExpert * perTask;
            int to = Math.min(act.cols(), from + perTask);
            product(
                    part.mlp.gateProj(),
                    hidden,
                    part,
                    i,
                    from,
                    to,
                    worker,
                    (r, o, n, values, at) -> MemorySegment.copy(
                            values, at, act.memory(), FLOAT, act.offset(part.first + r) + 4L * o, n));
            product(part.mlp.upProj(), hidden, part, i, from, to, worker, (r, o, n, values, at) -> {
                MemorySegment memory = act.memory();
                long first = act.offset(part.first + r) + 4L * o;
                for (int j = 0; j < n; j++) {
                    float gate = memory.get(FLOAT, first + 4L * j);
                    memory.set(FLOAT, first + 4L * j, Exp.silu(gate) * values[at + j]);
                }
            });
        });
    }

    /** out[row] += weight * down, a stretch of outputs of all experts to a task. */
    private void down(Tensor out, Part[] parts) {
        // A task reads its rows of all experts: fewer rows, so that threads end together.
        int even = Math.max(64, out.cols() / (32 * scalar.pool().threads()));
        int perTask = Math.min(even, outputsPerTask(inner, parts[0].mlp.downProj()));
        int tasks = (out.cols() + perTask - 1) / perTask;
        scalar.share(tasks, Long.MAX_VALUE, (task, worker) -> {
            int from = task * perTask;
            int to = Math.min(out.cols(), from + perTask);
            for (int i = 0; i < parts.length; i++) {
                Part part = parts[i];
                product(part.mlp.downProj(), inner, part, i, from, to, worker, (r, o, n, values, at) -> {
                    MemorySegment memory = out.memory();
                    long first = out.offset(part.row[r]) + 4L * o;
                    for (int j = 0; j < n; j++) {
                        float sum = memory.get(FLOAT, first + 4L * j);
                        memory.set(FLOAT, first + 4L * j, Math.fma(part.weight[r], values[at + j], sum));
                    }
                });
            }
        });
    }

    private static int outputsPerTask(Half half, Matrix w) {
        return Math.min(half.floats.outputsPerTask(w), half.integers.outputsPerTask(w));
    }

    private static void product(
            Matrix w, Half half, Part part, int i, int from, int to, int worker, RowProducts.Sink sink) {
        if (part.byFloats > 0) {
            half.floats.run(w, i, from, to, worker, sink);
        }
        if (part.byFloats < part.row.length) {
            half.integers.run(
                    w, i, from, to, worker, (r, o, n, values, at) -> sink.put(part.byFloats + r, o, n, values, at));
        }
    }
}

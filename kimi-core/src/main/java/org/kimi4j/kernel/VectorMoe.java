package org.kimi4j.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
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
    private Part[] parts = {};
    private int count;
    private int[] floatSizes = {};
    private int[] integerSizes = {};

    /** The inputs of one of the two products: a set for each expert, of rows in floats and of rows in integers. */
    private record Half(RowProducts floats, RowProducts integers) {
        static Half of(ProductForms forms) {
            return new Half(forms.floats(), forms.integers());
        }
    }

    /**
     * The rows that chose one expert, those computed in floats first, and where their products go. Kept and filled anew for
     * each layer: what a task made of its own would be much garbage.
     */
    private static final class Part {
        private final RowProducts.Sink gates = this::putGate;
        private final RowProducts.Sink ups = this::multiplyUp;
        private final RowProducts.Sink downs = this::addDown;
        private final RowProducts.Sink gatesOfIntegers =
                (r, o, n, values, at) -> putGate(byFloats() + r, o, n, values, at);
        private final RowProducts.Sink upsOfIntegers =
                (r, o, n, values, at) -> multiplyUp(byFloats() + r, o, n, values, at);
        private final RowProducts.Sink downsOfIntegers =
                (r, o, n, values, at) -> addDown(byFloats() + r, o, n, values, at);
        private GatedMlp mlp;
        private Tensor act;
        private Tensor out;
        /** Number of the first choice among all choices. */
        private int first;

        private int byFloats;
        private int count;
        private int[] row = {};
        private float[] weight = {};

        Part(GatedMlp mlp, Tensor act, Tensor out) {
            this.mlp = mlp;
            this.act = act;
            this.out = out;
        }

        void reset(GatedMlp expert, Tensor actTo, Tensor outTo, int firstChoice, int rows) {
            mlp = expert;
            act = actTo;
            out = outTo;
            first = firstChoice;
            count = rows;
            if (row.length < rows) {
                row = new int[rows];
                weight = new float[rows];
            }
        }

        private int byFloats() {
            return byFloats;
        }

        private void putGate(int r, int o, int n, float[] values, int at) {
            MemorySegment.copy(values, at, act.memory(), FLOAT, act.offset(first + r) + 4L * o, n);
        }

        private void multiplyUp(int r, int o, int n, float[] values, int at) {
            VectorElementwise.siluMul(act.memory(), act.offset(first + r) + 4L * o, values, at, n);
        }

        private void addDown(int r, int o, int n, float[] values, int at) {
            VectorElementwise.addScaled(out.memory(), out.offset(row[r]) + 4L * o, values, at, weight[r], n);
        }
    }

    VectorMoe(ScalarKernels scalar, ProductForms forms, Scratch[] scratch) {
        this.scalar = scalar;
        this.forms = forms;
        this.scratch = scratch;
        this.hidden = Half.of(forms);
        this.inner = Half.of(forms);
    }

    /** As {@link Kernels#moe}, for experts whose three matrices have the same encoding. */
    void run(Tensor out, Tensor h, Routing routing, IntFunction<GatedMlp> experts, boolean[] prompt) {
        int choices = routing.rowCount() * routing.expertsPerRow();
        int intermediate = experts.apply(routing.distinctExpert(0)).gateProj().rows();
        Tensor act = scalar.workspace().allocate(choices, intermediate); // [choices, intermediate]
        fill(routing, experts, prompt, act, out);
        GatedMlp shape = parts[0].mlp;
        prepare(hidden, choices, shape.gateProj(), prompt, h);
        gateAndUp(act);
        prepare(inner, choices, shape.downProj(), prompt, null);
        down(out);
    }

    private void fill(Routing routing, IntFunction<GatedMlp> experts, boolean[] prompt, Tensor act, Tensor out) {
        Precision precision = scalar.precision();
        count = routing.distinctCount();
        if (parts.length < count) {
            parts = Arrays.copyOf(parts, count);
        }
        int first = 0;
        for (int i = 0; i < count; i++) {
            GatedMlp mlp = experts.apply(routing.distinctExpert(i));
            int rows = routing.rowCountOf(i);
            if (parts[i] == null) {
                parts[i] = new Part(mlp, act, out);
            }
            Part part = parts[i];
            part.reset(mlp, act, out, first, rows);
            int at = 0;
            for (int pass = 0; pass < 2; pass++) {
                for (int j = 0; j < rows; j++) {
                    boolean role = prompt[routing.rowOf(i, j)];
                    if (forms.byIntegers(precision, mlp.gateProj(), role) == (pass == 1)) {
                        part.row[at] = routing.rowOf(i, j);
                        part.weight[at++] = routing.weightOf(i, j);
                    }
                }
                if (pass == 0) {
                    part.byFloats = at;
                }
            }
            first += rows;
        }
    }

    private int partOf(int choice) {
        int low = 0;
        int high = count - 1;
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

    /**
     * Prepares the inputs of all choices, each for what it is computed with.
     *
     * @param h where they come from; null: the experts' own activations
     */
    private void prepare(Half half, int choices, Matrix w, boolean[] prompt, @Nullable Tensor h) {
        Precision precision = scalar.precision();
        if (floatSizes.length != count) {
            floatSizes = new int[count];
            integerSizes = new int[count];
        }
        for (int i = 0; i < count; i++) {
            floatSizes[i] = parts[i].byFloats;
            integerSizes[i] = parts[i].count - parts[i].byFloats;
        }
        half.floats.reset(w, floatSizes);
        half.integers.reset(w, integerSizes);
        int together = Math.max(half.floats.rowsPerTask(), half.integers.rowsPerTask());
        scalar.shareRows(choices, together, (long) choices * w.cols() * 8, (choice, worker) -> {
            int i = partOf(choice);
            Part part = parts[i];
            int r = choice - part.first;
            float[] row = scratch[worker].row(w.cols());
            if (h == null) {
                part.act.copyRow(choice, row, 0);
            } else {
                h.copyRow(part.row[r], row, 0);
            }
            if (r >= part.byFloats) {
                half.integers.set(i, r - part.byFloats, row, 0, prompt[part.row[r]], worker);
            } else {
                if (forms.isRounded(precision, w, prompt[part.row[r]])) {
                    VectorElementwise.round(row, 0, w.cols());
                }
                half.floats.set(i, r, row, 0, prompt[part.row[r]], worker);
            }
        });
        half.floats.ready();
        half.integers.ready();
    }

    /** act[choice] = silu(gate) * up, a stretch of outputs of one expert to a task. */
    private void gateAndUp(Tensor act) {
        int perTask = outputsPerTask(hidden, parts[0].mlp.gateProj());
        int perExpert = (act.cols() + perTask - 1) / perTask;
        scalar.share(count * perExpert, Long.MAX_VALUE, (task, worker) -> {
            int i = task / perExpert;
            Part part = parts[i];
            int from = task % perExpert * perTask;
            int to = Math.min(act.cols(), from + perTask);
            Matrix gate = part.mlp.gateProj();
            Matrix up = part.mlp.upProj();
            if (part.byFloats > 0) {
                hidden.floats.run(gate, i, from, to, worker, part.gates);
                hidden.floats.run(up, i, from, to, worker, part.ups);
            }
            if (part.byFloats < part.count) {
                hidden.integers.run(gate, i, from, to, worker, part.gatesOfIntegers);
                hidden.integers.run(up, i, from, to, worker, part.upsOfIntegers);
            }
        });
    }

    /** out[row] += weight * down, a stretch of outputs of all experts to a task. */
    private void down(Tensor out) {
        // A task reads its rows of all experts: fewer rows, so that threads end together.
        int even = Math.max(64, out.cols() / (32 * scalar.pool().threads()));
        int perTask = Math.min(even, outputsPerTask(inner, parts[0].mlp.downProj()));
        int tasks = (out.cols() + perTask - 1) / perTask;
        scalar.share(tasks, Long.MAX_VALUE, (task, worker) -> {
            int from = task * perTask;
            int to = Math.min(out.cols(), from + perTask);
            for (int i = 0; i < count; i++) {
                Part part = parts[i];
                if (part.byFloats > 0) {
                    inner.floats.run(part.mlp.downProj(), i, from, to, worker, part.downs);
                }
                if (part.byFloats < part.count) {
                    inner.integers.run(part.mlp.downProj(), i, from, to, worker, part.downsOfIntegers);
                }
            }
        });
    }

    private static int outputsPerTask(Half half, Matrix w) {
        return Math.min(half.floats.outputsPerTask(w), half.integers.outputsPerTask(w));
    }
}

package org.kimi4j.nativecpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import org.kimi4j.kernel.RowProducts;
import org.kimi4j.tensor.Matrix;

/**
 * Prompt rows rounded to bfloat16 against bfloat16 weights: the processor multiplies pairs of them, twice as many as floats.
 * One row or many, the sums are the same.
 */
final class NativeHalves implements RowProducts, AutoCloseable {

    private final NativeForms.Worker[] workers;
    private final Sets sets = new Sets();
    private final Buffer memory = new Buffer();
    private int cols;
    private int pitch;

    NativeHalves(NativeForms.Worker[] workers) {
        this.workers = workers;
    }

    @Override
    public void reset(Matrix like, int... sizes) {
        sets.reset(sizes);
        cols = like.cols();
        pitch = (cols + 1) / 2 * 2;
        memory.atLeast(2L * sets.total() * pitch);
    }

    @Override
    public int rows(int set) {
        return sets.rows(set);
    }

    @Override
    public void set(int set, int r, float[] row, int from, boolean prompt, int worker) {
        MemorySegment x = workers[worker].row().atLeast(4L * cols);
        MemorySegment.copy(row, from, x, JAVA_FLOAT, 0, cols);
        Functions.bf16Round(x.address(), cols, rounded(set, r));
    }

    private long rounded(int set, int r) {
        return memory.address() + 2L * pitch * (sets.first(set) + r);
    }

    @Override
    public void ready() {}

    @Override
    public int outputsPerTask(Matrix w) {
        return NativeIntegers.panelOutputs(w);
    }

    @Override
    public void run(Matrix w, int set, int from, int to, int worker, Sink sink) {
        int rows = sets.rows(set);
        int stride = (to - from + Functions.PANEL - 1) / Functions.PANEL * Functions.PANEL;
        MemorySegment out = workers[worker].out().atLeast(4L * rows * stride);
        long first = ((Matrix.Bf16) w).values().address() + 2L * from * cols;
        Functions.bf16Panel(out.address(), stride, first, cols, to - from, rounded(set, 0), rows);
        NativeIntegers.deliver(workers[worker], 0, rows, from, to, stride, sink);
    }

    @Override
    public void close() {
        memory.close();
    }
}

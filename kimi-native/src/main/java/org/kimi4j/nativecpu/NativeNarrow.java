package org.kimi4j.nativecpu;

import org.kimi4j.kernel.RowProducts;
import org.kimi4j.tensor.Matrix;

/** Rows in fewer bits than a float, which the weights they meet decide: 8 for integers, bfloat16 for bfloat16. */
final class NativeNarrow implements RowProducts, AutoCloseable {

    private final NativeIntegers integers;
    private final NativeHalves halves;
    private RowProducts current;

    NativeNarrow(NativeForms.Worker[] workers) {
        integers = new NativeIntegers(workers);
        halves = new NativeHalves(workers);
        current = integers;
    }

    @Override
    public void reset(Matrix like, int... sizes) {
        current = like instanceof Matrix.Bf16 ? halves : integers;
        current.reset(like, sizes);
    }

    @Override
    public int rows(int set) {
        return current.rows(set);
    }

    @Override
    public void set(int set, int r, float[] row, int from, boolean prompt, int worker) {
        current.set(set, r, row, from, prompt, worker);
    }

    @Override
    public int rowsPerTask() {
        return current.rowsPerTask();
    }

    @Override
    public void ready() {
        current.ready();
    }

    @Override
    public int outputsPerTask(Matrix w) {
        return current.outputsPerTask(w);
    }

    @Override
    public void run(Matrix w, int set, int from, int to, int worker, Sink sink) {
        current.run(w, set, from, to, worker, sink);
    }

    @Override
    public void close() {
        integers.close();
        halves.close();
    }
}

package org.kimi4j.nativecpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import org.kimi4j.kernel.RowProducts;
import org.kimi4j.tensor.Matrix;

/**
 * Prompt rows rounded to bfloat16 against bfloat16 weights: the processor multiplies pairs of them, or tiles with AMX. One
 * row or many, the sums are the same.
 */
final class NativeHalves implements RowProducts, AutoCloseable {

    /** Columns of a tile. */
    private static final int STEP = 32;

    private final NativeForms.Worker[] workers;
    private final Sets sets = new Sets();
    private final Buffer memory = new Buffer();
    private final boolean tiled = Library.isa() == Isa.AMX;
    private int cols;
    private int pitch;

    NativeHalves(NativeForms.Worker[] workers) {
        this.workers = workers;
    }

    @Override
    public void reset(Matrix like, int... sizes) {
        sets.reset(sizes);
        cols = like.cols();
        pitch = tiled ? (cols + STEP - 1) / STEP * STEP : (cols + 1) / 2 * 2;
        memory.atLeast(2L * (tiled ? sets.tiles() * Sets.TILE : sets.total()) * pitch);
    }

    @Override
    public int rows(int set) {
        return sets.rows(set);
    }

    @Override
    public void set(int set, int r, float[] row, int from, boolean prompt, int worker) {
        MemorySegment x = workers[worker].row().atLeast(4L * cols);
        MemorySegment.copy(row, from, x, JAVA_FLOAT, 0, cols);
        if (tiled) {
            Functions.tileHalves(x.address(), cols, r % Sets.TILE, tile(set, r));
        } else {
            Functions.bf16Round(x.address(), cols, rounded(set, r));
        }
    }

    private long rounded(int set, int r) {
        return memory.address() + 2L * pitch * (sets.first(set) + r);
    }

    private long tile(int set, int r) {
        return memory.address() + 2L * pitch * Sets.TILE * sets.tile(set, r);
    }

    @Override
    public int rowsPerTask() {
        return NativeIntegers.tileRows(tiled, sets);
    }

    @Override
    public void ready() {}

    @Override
    public int outputsPerTask(Matrix w) {
        return NativeIntegers.manyOutputs(w, tiled, workers.length);
    }

    @Override
    public void run(Matrix w, int set, int from, int to, int worker, Sink sink) {
        int rows = sets.rows(set);
        int stride = (to - from + Functions.PANEL - 1) / Functions.PANEL * Functions.PANEL;
        long first = ((Matrix.Bf16) w).values().address() + 2L * from * cols;
        if (tiled) {
            long out = NativeIntegers.withScratch(workers[worker], rows, stride);
            Functions.bf16Tiles(out, stride, out + 4L * rows * stride, first, cols, to - from, tile(set, 0), rows);
        } else {
            long out = workers[worker].out().atLeast(4L * rows * stride).address();
            Functions.bf16Panel(out, stride, first, cols, to - from, rounded(set, 0), rows);
        }
        NativeIntegers.deliver(workers[worker], 0, 0, rows, from, to, stride, sink);
    }

    @Override
    public void close() {
        memory.close();
    }
}

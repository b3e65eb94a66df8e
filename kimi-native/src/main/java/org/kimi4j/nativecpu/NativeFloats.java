package org.kimi4j.nativecpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import org.kimi4j.kernel.PanamaKernels;
import org.kimi4j.kernel.RowProducts;
import org.kimi4j.tensor.Matrix;

/**
 * Rows of floats, with the bits of the Java kernels at the same width. With AVX-512 all of them go through C, in panels where
 * they are many; with AVX2 a few rows against bfloat16 weights do. Everything else, and everything at another width, is Java's.
 */
final class NativeFloats implements RowProducts, AutoCloseable {

    /** From this many rows on unpacking weights first costs less than meeting the packed form once per row. */
    private static final int TILED = 4;

    private static final int TASK_BYTES = 256 << 10;
    /** Weight rows that C reads at a time. */
    private static final int STREAMS = 4;
    /** Packed rows are filled up to a multiple of this. */
    private static final int LANES = 16;

    private final RowProducts java;
    private final NativeForms.Worker[] workers;
    private final Sets sets = new Sets();
    private final Buffer memory = new Buffer();
    /** Whether C does it. */
    private boolean streams;

    /** Whether any set has so many rows that a task is one for panels. */
    private boolean tiled;

    /** Elements in a word of the weights that rows are packed for. */
    private int perWord;

    private int cols;
    private int stride;

    NativeFloats(RowProducts java, NativeForms.Worker[] workers) {
        this.java = java;
        this.workers = workers;
    }

    @Override
    public void reset(Matrix like, int... sizes) {
        sets.reset(sizes);
        perWord = perWord(like);
        tiled = sets.largest() >= TILED;
        streams = PanamaKernels.vectorBits() == Library.isa().bits()
                && perWord > 1
                && (Library.isa().isAvx512() || perWord == 2 && !tiled);
        if (!streams) {
            java.reset(like, sizes);
            return;
        }
        cols = like.cols();
        stride = (cols + LANES - 1) / LANES * LANES;
        memory.atLeast(4L * sets.total() * stride);
    }

    private static int perWord(Matrix w) {
        return switch (w) {
            case Matrix.F32 _ -> 1;
            case Matrix.Bf16 _ -> 2;
            case Matrix.Int8 _ -> 4;
            case Matrix.Int4 _ -> 8;
        };
    }

    @Override
    public int rows(int set) {
        return sets.rows(set);
    }

    @Override
    public void set(int set, int r, float[] row, int from, boolean prompt, int worker) {
        if (!streams) {
            java.set(set, r, row, from, prompt, worker);
            return;
        }
        MemorySegment x = workers[worker].row().atLeast(4L * cols);
        MemorySegment.copy(row, from, x, JAVA_FLOAT, 0, cols);
        long to = packed(set, r);
        switch (perWord) {
            case 2 -> Functions.bf16Pack(x.address(), cols, to);
            case 4 -> Functions.int8Pack(x.address(), cols, to);
            case 8 -> Functions.int4Pack(x.address(), cols, to);
            default -> throw new IllegalStateException(perWord + " elements to a word");
        }
    }

    private long packed(int set, int r) {
        return memory.address() + 4L * stride * (sets.first(set) + r);
    }

    @Override
    public void ready() {
        if (!streams) {
            java.ready();
        }
    }

    @Override
    public int outputsPerTask(Matrix w) {
        long rowBytes = 4L * cols / perWord;
        if (streams && tiled) {
            return Functions.FLOAT_OUTPUTS;
        }
        return streams ? Math.clamp(TASK_BYTES / rowBytes / STREAMS, 1, 64) * STREAMS : java.outputsPerTask(w);
    }

    @Override
    public void run(Matrix w, int set, int from, int to, int worker, Sink sink) {
        if (!streams) {
            java.run(w, set, from, to, worker, sink);
            return;
        }
        int rows = sets.rows(set);
        if (rows >= TILED) {
            panel(w, set, from, to, worker);
            NativeIntegers.deliver(workers[worker], 0, 0, rows, from, to, Functions.FLOAT_OUTPUTS, sink);
            return;
        }
        MemorySegment out = workers[worker].out().atLeast(4L * rows * (to - from));
        switch (w) {
            case Matrix.Bf16 b ->
                Functions.bf16Rows(
                        out.address(),
                        b.values().address() + 2L * from * cols,
                        cols,
                        to - from,
                        packed(set, 0),
                        stride,
                        rows);
            case Matrix.Int8 q ->
                Functions.int8Floats(
                        out.address(),
                        q.packed().address() + (long) from * cols,
                        q.scales().address() + (long) from * (cols / q.group()) * 2,
                        q.group(),
                        cols,
                        to - from,
                        packed(set, 0),
                        stride,
                        rows);
            case Matrix.Int4 q ->
                Functions.int4Floats(
                        out.address(),
                        q.packed().address() + (long) from * cols / 2,
                        q.scales().address() + (long) from * cols / Matrix.Int4.GROUP * 2,
                        cols,
                        to - from,
                        packed(set, 0),
                        stride,
                        rows);
            case Matrix.F32 _ -> throw new IllegalArgumentException("C does not stream " + w);
        }
        NativeIntegers.deliver(workers[worker], 0, 0, rows, from, to, to - from, sink);
    }

    /** At most {@link Functions#FLOAT_OUTPUTS} outputs of all rows of a set. */
    private void panel(Matrix w, int set, int from, int to, int worker) {
        int rows = sets.rows(set);
        MemorySegment out = workers[worker].out().atLeast(4L * rows * Functions.FLOAT_OUTPUTS);
        int sums = (Math.min(rows, Functions.FLOAT_ROWS) * Functions.FLOAT_OUTPUTS + LANES - 1) / LANES * LANES;
        MemorySegment scratch = workers[worker].row().atLeast(4L * LANES * sums);
        long first = (long) from * cols;
        switch (w) {
            case Matrix.Bf16 b -> panel(out, scratch, 0, b.values().address() + 2 * first, 0, 0, set, to - from);
            case Matrix.Int8 q ->
                panel(
                        out,
                        scratch,
                        1,
                        q.packed().address() + first,
                        q.scales().address() + 2 * (first / q.group()),
                        q.group(),
                        set,
                        to - from);
            case Matrix.Int4 q ->
                panel(
                        out,
                        scratch,
                        2,
                        q.packed().address() + first / 2,
                        q.scales().address() + 2 * (first / Matrix.Int4.GROUP),
                        Matrix.Int4.GROUP,
                        set,
                        to - from);
            case Matrix.F32 _ -> throw new IllegalArgumentException("C does not stream " + w);
        }
    }

    /** @param type {@code KIMI_WEIGHTS_...} */
    private void panel(
            MemorySegment out, MemorySegment scratch, int type, long w, long ws, int group, int set, int outputs) {
        Functions.floatsPanel(
                out.address(),
                scratch.address(),
                type,
                w,
                ws,
                group,
                cols,
                outputs,
                packed(set, 0),
                stride,
                sets.rows(set));
    }

    @Override
    public void close() {
        memory.close();
    }
}

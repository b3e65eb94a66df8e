package org.kimi4j.nativecpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import org.kimi4j.kernel.RowProducts;
import org.kimi4j.tensor.Matrix;

/**
 * Rows of 8-bit activations against INT4 and INT8 weights. Generated rows meet weights as they stream from memory, prompt
 * rows meet them in panels that are unpacked once, many of them with AMX in tiles; the two add in different orders, so the role alone decides.
 */
final class NativeIntegers implements RowProducts, AutoCloseable {

    private static final int GROUP = 32;
    /** Weight bytes of one task of few rows: the start of each is read slowly, see {@code FloatRows}. */
    private static final int STREAM_BYTES = 256 << 10;
    /** Outputs of one task of many rows: what C has in its tile, or twice that where there are enough for many threads. */
    private static final int MANY_OUTPUTS = 2 * Functions.PANEL;

    private static final int ENOUGH_OUTPUTS = 2_048;

    /** From so many rows on the sums take longer than the reading. */
    private static final int MANY_ROWS = 8;

    /** From so many rows on AMX is faster than panels, whose bits it has. */
    private static final int TILED_ROWS = 32;

    private final NativeForms.Worker[] workers;
    private final Sets sets = new Sets();
    private final Buffer memory = new Buffer();
    private final boolean tiled = Library.isa() == Isa.AMX;
    private boolean[] prompt = {};
    private int cols;
    private int zero;
    private long codes;
    private long halves;
    private long scales;
    private long offsets;
    private long tiles;
    private long tileScales;

    NativeIntegers(NativeForms.Worker[] workers) {
        this.workers = workers;
    }

    @Override
    public void reset(Matrix like, int... sizes) {
        sets.reset(sizes);
        cols = like.cols();
        zero = like instanceof Matrix.Int4 ? 8 : 128;
        long values = (long) sets.total() * cols;
        // Codes, the same by halves, a scale and an offset for each group; and for prompt rows the codes and scales in
        // tiles.
        long rowBytes = (values * 2 + values / GROUP * 8 + 63) / 64 * 64;
        long tileValues = tiled ? (long) sets.tiles() * Sets.TILE * cols : 0;
        codes = memory.atLeast(rowBytes + tileValues + tileValues / GROUP * 4).address();
        halves = codes + values;
        scales = halves + values;
        offsets = scales + values / GROUP * 4;
        tiles = codes + rowBytes;
        tileScales = tiles + tileValues;
        if (prompt.length < sets.total()) {
            prompt = new boolean[sets.total()];
        }
    }

    @Override
    public int rows(int set) {
        return sets.rows(set);
    }

    @Override
    public void set(int set, int r, float[] row, int from, boolean ofPrompt, int worker) {
        long at = (long) sets.first(set) + r;
        prompt[(int) at] = ofPrompt;
        MemorySegment x = workers[worker].row().atLeast(4L * cols);
        MemorySegment.copy(row, from, x, JAVA_FLOAT, 0, cols);
        long groups = cols / GROUP;
        Functions.quantize(
                x.address(),
                cols,
                zero,
                codes + at * cols,
                halves + at * cols,
                scales + at * groups * 4,
                offsets + at * groups * 4);
        if (ofPrompt && tiled(set)) {
            Functions.tileCodes(
                    codes + at * cols, scales + at * groups * 4, cols, r % Sets.TILE, tile(set, r), tileScales(set, r));
        }
    }

    private boolean tiled(int set) {
        return tiled && sets.rows(set) >= TILED_ROWS;
    }

    private long tile(int set, int r) {
        return tiles + (long) sets.tile(set, r) * Sets.TILE * cols;
    }

    private long tileScales(int set, int r) {
        return tileScales + (long) sets.tile(set, r) * Sets.TILE * (cols / GROUP) * 4;
    }

    @Override
    public int rowsPerTask() {
        return tileRows(tiled, sets);
    }

    /** Rows to set in one task: those of a tile lie between each other. */
    static int tileRows(boolean tiled, Sets sets) {
        return tiled && sets.largest() >= Sets.TILE ? Sets.TILE : 1;
    }

    @Override
    public void ready() {}

    @Override
    public int outputsPerTask(Matrix w) {
        if (sets.largest() >= MANY_ROWS) {
            return manyOutputs(w, tiled, workers.length);
        }
        long rowBytes = Math.max(1, w.byteSize() / w.rows());
        return Math.clamp(STREAM_BYTES / rowBytes / Functions.PANEL, 1, 16) * Functions.PANEL;
    }

    /** Outputs of one task of many rows. */
    static int manyOutputs(Matrix w, boolean tiled, int threads) {
        if (tiled) {
            // The more, the less often the rows are read again; but some tasks for each thread.
            return Math.clamp(w.rows() / (8L * threads) / MANY_OUTPUTS, 1, 4) * MANY_OUTPUTS;
        }
        return w.rows() < ENOUGH_OUTPUTS ? MANY_OUTPUTS : 2 * MANY_OUTPUTS;
    }

    @Override
    public void run(Matrix w, int set, int from, int to, int worker, Sink sink) {
        int first = sets.first(set);
        int count = sets.rows(set);
        int r = 0;
        while (r < count) {
            int end = r + 1;
            while (end < count && prompt[first + end] == prompt[first + r]) {
                end++;
            }
            if (prompt[first + r] && tiled(set)) {
                tiles(w, set, r, end - r, from, to, worker, sink);
            } else if (prompt[first + r]) {
                panel(w, first, r, end - r, from, to, worker, sink);
            } else {
                stream(w, first, r, end - r, from, to, worker, sink);
            }
            r = end;
        }
    }

    /** Memory for products of rows, and as much again for tiles; returns where the products are. */
    static long withScratch(NativeForms.Worker worker, int rows, int stride) {
        long whole = (rows + Sets.TILE - 1L) / Sets.TILE * Sets.TILE;
        return worker.out().atLeast(4L * (rows + whole) * stride).address();
    }

    private void tiles(Matrix w, int set, int r, int count, int from, int to, int worker, Sink sink) {
        int before = r % Sets.TILE;
        int rows = before + count;
        int stride = (to - from + Functions.PANEL - 1) / Functions.PANEL * Functions.PANEL;
        long out = withScratch(workers[worker], rows, stride);
        long scratch = out + 4L * rows * stride;
        switch (w) {
            case Matrix.Int4 q ->
                Functions.int4Tiles(
                        out,
                        stride,
                        scratch,
                        q.packed().address() + (long) from * cols / 2,
                        q.scales().address() + (long) from * (cols / GROUP) * 2,
                        cols,
                        to - from,
                        tile(set, r),
                        tileScales(set, r),
                        rows);
            case Matrix.Int8 q ->
                Functions.int8Tiles(
                        out,
                        stride,
                        scratch,
                        q.packed().address() + (long) from * cols,
                        q.scales().address() + (long) from * (cols / q.group()) * 2,
                        q.group(),
                        cols,
                        to - from,
                        tile(set, r),
                        tileScales(set, r),
                        rows);
            case Matrix.F32 _, Matrix.Bf16 _ -> throw new IllegalArgumentException("no integers in " + w);
        }
        deliver(workers[worker], before, r, count, from, to, stride, sink);
    }

    private void panel(Matrix w, int first, int r, int rows, int from, int to, int worker, Sink sink) {
        int stride = (to - from + Functions.PANEL - 1) / Functions.PANEL * Functions.PANEL;
        MemorySegment out = workers[worker].out().atLeast(4L * rows * stride);
        long at = (long) first + r;
        long groups = cols / GROUP;
        switch (w) {
            case Matrix.Int4 q ->
                Functions.int4Panel(
                        out.address(),
                        stride,
                        q.packed().address() + (long) from * cols / 2,
                        q.scales().address() + from * groups * 2,
                        cols,
                        to - from,
                        halves + at * cols,
                        scales + at * groups * 4,
                        offsets + at * groups * 4,
                        rows);
            case Matrix.Int8 q ->
                Functions.int8Panel(
                        out.address(),
                        stride,
                        q.packed().address() + (long) from * cols,
                        q.scales().address() + (long) from * (cols / q.group()) * 2,
                        q.group(),
                        cols,
                        to - from,
                        codes + at * cols,
                        scales + at * groups * 4,
                        offsets + at * groups * 4,
                        rows);
            case Matrix.F32 _, Matrix.Bf16 _ -> throw new IllegalArgumentException("no integers in " + w);
        }
        deliver(workers[worker], 0, r, rows, from, to, stride, sink);
    }

    private void stream(Matrix w, int first, int r, int rows, int from, int to, int worker, Sink sink) {
        MemorySegment out = workers[worker].out().atLeast(4L * rows * (to - from));
        long at = (long) first + r;
        long groups = cols / GROUP;
        switch (w) {
            case Matrix.Int4 q ->
                Functions.int4Rows(
                        out.address(),
                        q.packed().address() + (long) from * cols / 2,
                        q.scales().address() + from * groups * 2,
                        cols,
                        to - from,
                        codes + at * cols,
                        halves + at * cols,
                        scales + at * groups * 4,
                        offsets + at * groups * 4,
                        rows);
            case Matrix.Int8 q ->
                Functions.int8Rows(
                        out.address(),
                        q.packed().address() + (long) from * cols,
                        q.scales().address() + (long) from * (cols / q.group()) * 2,
                        q.group(),
                        cols,
                        to - from,
                        codes + at * cols,
                        scales + at * groups * 4,
                        offsets + at * groups * 4,
                        rows);
            case Matrix.F32 _, Matrix.Bf16 _ -> throw new IllegalArgumentException("no integers in " + w);
        }
        deliver(workers[worker], 0, r, rows, from, to, to - from, sink);
    }

    /** Hands over [rows, stride] products of rows r and following, which are preceded by some that nobody wants. */
    static void deliver(
            NativeForms.Worker worker, int before, int r, int rows, int from, int to, int stride, Sink sink) {
        float[] values = worker.values(to - from);
        for (int i = 0; i < rows; i++) {
            MemorySegment.copy(worker.out().segment(), JAVA_FLOAT, 4L * (before + i) * stride, values, 0, to - from);
            sink.put(r + i, from, to - from, values, 0);
        }
    }

    @Override
    public void close() {
        memory.close();
    }
}

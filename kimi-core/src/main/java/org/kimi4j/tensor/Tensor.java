package org.kimi4j.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A mutable activation: 32-bit floats [rows, cols], row-major, rows {@link #stride()} floats apart. A tensor is a window
 * on memory of a {@link Workspace} and is valid until the workspace releases it; only the engine's thread and the worker
 * threads it drives touch it. Outside the kernels elements are moved by {@code Kernels.read} and {@code Kernels.write},
 * because the memory may be a device's.
 */
public final class Tensor {

    private final MemorySegment memory;
    private final int rows;
    private final int cols;
    private final int stride;

    Tensor(MemorySegment memory, int rows, int cols, int stride) {
        this.memory = memory;
        this.rows = rows;
        this.cols = cols;
        this.stride = stride;
    }

    public int rows() {
        return rows;
    }

    public int cols() {
        return cols;
    }

    /** Floats from the start of a row to the start of the next. */
    public int stride() {
        return stride;
    }

    /** Element (row, col) is at byte {@code offset(row) + 4 * col}. For kernels. */
    public MemorySegment memory() {
        return memory;
    }

    /** Byte offset of the first element of a row. */
    public long offset(int row) {
        return (long) row * stride * Float.BYTES;
    }

    /** A view of some columns of all rows. */
    public Tensor columns(int from, int count) {
        if (from < 0 || count < 1 || from > cols - count) {
            throw new IllegalArgumentException("columns " + from + " to " + (from + count) + " of " + this);
        }
        return new Tensor(memory.asSlice((long) from * Float.BYTES), rows, count, stride);
    }

    /** A view of some consecutive rows. */
    public Tensor rows(int from, int count) {
        if (from < 0 || count < 1 || from > rows - count) {
            throw new IllegalArgumentException("rows " + from + " to " + (from + count) + " of " + this);
        }
        return new Tensor(memory.asSlice(offset(from)), count, cols, stride);
    }

    /** Copies one row into an array of at least {@code at + cols()} floats. */
    public void copyRow(int row, float[] to, int at) {
        MemorySegment.copy(memory, ValueLayout.JAVA_FLOAT, offset(row), to, at, cols);
    }

    /** Overwrites one row. */
    public void setRow(int row, float[] from, int at) {
        MemorySegment.copy(from, at, memory, ValueLayout.JAVA_FLOAT, offset(row), cols);
    }

    @Override
    public String toString() {
        return "[" + rows + ", " + cols + "]";
    }
}

package org.kimi4j.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The memory of activations; an owner, closed with the engine. A stack: {@link #allocate} takes from the top,
 * {@link #release} goes back to a {@link #mark}. Blocks are kept for the next pass, so a steady state allocates nothing.
 * For one thread; the memory itself may be touched by any thread.
 */
public final class Workspace implements AutoCloseable {

    private static final long BLOCK_BYTES = 4L << 20;
    /** A cache line, and the widest vector there is. */
    private static final long ALIGNMENT = 64;
    /** Windows remembered, a power of two; a layer's pass makes some dozens. */
    private static final int WINDOWS = 1024;
    /** Marks count bytes over all blocks; a block's base is the sum of those before it. */
    private record Block(Arena arena, MemorySegment memory, long base) {}

    private final List<Block> blocks = new ArrayList<>();
    private final boolean poison;
    private final Tensor[] windows = new Tensor[WINDOWS];
    private final long[] windowAt = new long[WINDOWS];
    private int current;
    private long top;
    private long peak;
    private volatile long held;

    public Workspace() {
        this(false);
    }

    /** @param poison whether released memory is filled with NaN, so that a test sees any use after release */
    public Workspace(boolean poison) {
        this.poison = poison;
    }

    /** A tensor [rows, cols] with undefined content. */
    public Tensor allocate(int rows, int cols) {
        if (rows < 1 || cols < 1) {
            throw new IllegalArgumentException("tensor of [" + rows + ", " + cols + "]: sizes must be positive");
        }
        long bytes = (long) rows * cols * Float.BYTES;
        long reserved = (bytes + ALIGNMENT - 1) & -ALIGNMENT;
        while (current < blocks.size()) {
            Block block = blocks.get(current);
            long at = Math.max(top, block.base) - block.base;
            if (at + reserved <= block.memory.byteSize()) {
                return take(block, at, bytes, reserved, rows, cols);
            }
            if (at == 0 && current == blocks.size() - 1) {
                free(blocks.removeLast()); // unused and too small: a larger one takes its place
                break;
            }
            current++;
        }
        Block last = blocks.isEmpty() ? null : blocks.getLast();
        long base = last == null ? 0 : last.base + last.memory.byteSize();
        Arena arena = Arena.ofShared();
        Block block = new Block(arena, arena.allocate(Math.max(reserved, BLOCK_BYTES), ALIGNMENT), base);
        blocks.add(block);
        held += block.memory.byteSize();
        current = blocks.size() - 1;
        return take(block, 0, bytes, reserved, rows, cols);
    }

    private Tensor take(Block block, long at, long bytes, long reserved, int rows, int cols) {
        top = block.base + at + reserved;
        peak = Math.max(peak, top);
        // Passes repeat: the window that was made for this place the last time is the same one.
        long place = block.base + at;
        int slot = (int) (place / ALIGNMENT * 31 + rows * 7L + cols) & WINDOWS - 1;
        Tensor known = windows[slot];
        if (known != null && windowAt[slot] == place && known.rows() == rows && known.cols() == cols) {
            return known;
        }
        Tensor made = new Tensor(block.memory.asSlice(at, bytes), rows, cols, cols);
        windows[slot] = made;
        windowAt[slot] = place;
        return made;
    }

    /** The present top, for a later {@link #release}. */
    public long mark() {
        return top;
    }

    /** Frees everything allocated since the mark. */
    public void release(long mark) {
        if (mark > top) {
            throw new IllegalArgumentException("mark " + mark + " is above the top " + top);
        }
        if (poison) {
            for (Block block : blocks) {
                long from = Math.clamp(mark - block.base, 0, block.memory.byteSize());
                long to = Math.clamp(top - block.base, 0, block.memory.byteSize());
                for (long at = from; at < to; at += Float.BYTES) {
                    block.memory.set(ValueLayout.JAVA_FLOAT, at, Float.NaN);
                }
            }
        }
        top = mark;
        while (current > 0 && (current >= blocks.size() || blocks.get(current).base >= top)) {
            current--;
        }
    }

    /** Frees everything and gives the memory back to the system; for work too rare to keep memory for. */
    public void trim() {
        release(0);
        blocks.forEach(this::free);
        blocks.clear();
    }

    /** The most bytes in use at any time. */
    public long peakBytes() {
        return peak;
    }

    /** Bytes held from the system. Any thread may ask. */
    public long heldBytes() {
        return held;
    }

    private void free(Block block) {
        Arrays.fill(windows, null);
        held -= block.memory.byteSize();
        block.arena.close();
    }

    @Override
    public void close() {
        trim();
    }
}

package org.kimi4j.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Memory for floats outside the heap, that begins at a cache line; an owner. Elements of Java's arrays begin at 16 bytes behind
 * a multiple of 8, so that every vector of 512 bits lies in two lines, and every second one of 256.
 */
final class AlignedFloats implements AutoCloseable {

    private static final long CACHE_LINE = 64;
    /**
     * The class of all memory of this kind. A kernel compares first thing, in its own body: from then on the compiler knows the class,
     * and what remains of an access is its instruction. Otherwise it believes what it has seen in all of the JVM, where vectors
     * whose lanes are reinterpreted before they are compiled go through arrays of bytes; then each access looks at class,
     * owner and state of the memory, 250 instructions instead of 95 in a loop.
     */
    static final Class<?> KIND = MemorySegment.NULL.getClass();

    private @Nullable Arena arena;
    private MemorySegment memory = MemorySegment.NULL;

    /** At least so many floats, of undefined content. What was given before is gone if it was smaller. */
    MemorySegment atLeast(long floats) {
        if (memory.byteSize() < floats * Float.BYTES) {
            close();
            arena = Arena.ofShared();
            memory = arena.allocate(floats * Float.BYTES, CACHE_LINE);
        }
        return memory;
    }

    /** For memory that is not of the {@link #KIND}. */
    static IllegalArgumentException other(MemorySegment memory) {
        return new IllegalArgumentException(memory + ": expected memory outside the heap that is no mapped file");
    }

    @Override
    public void close() {
        memory = MemorySegment.NULL;
        if (arena != null) {
            arena.close();
            arena = null;
        }
    }
}

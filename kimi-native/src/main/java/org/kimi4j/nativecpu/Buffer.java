package org.kimi4j.nativecpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Memory outside the heap that grows to what was needed and is kept; what it held is lost when it grows. */
final class Buffer implements AutoCloseable {

    private static final int ALIGNMENT = 64;

    private Arena arena = Arena.ofShared();
    private MemorySegment segment = MemorySegment.NULL;

    /** At least so many bytes; the address changes when it grows. */
    MemorySegment atLeast(long bytes) {
        if (segment.byteSize() < bytes) {
            arena.close();
            arena = Arena.ofShared();
            segment = arena.allocate(bytes, ALIGNMENT);
        }
        return segment;
    }

    MemorySegment segment() {
        return segment;
    }

    long address() {
        return segment.address();
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
        segment = MemorySegment.NULL;
    }
}

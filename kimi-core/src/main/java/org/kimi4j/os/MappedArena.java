package org.kimi4j.os;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Memory of the same kind as a checkpoint's: mapped from a file, a temporary one. Trial runs of kernels take their weights
 * from it, because compiled code is made for the classes of segments that it has met: a kernel that has only met mapped ones
 * checks a segment once, one that has met another kind checks it at each load, at half the speed. Where no file can be
 * mapped, the memory is of the ordinary kind.
 *
 * <p>Owned by whoever made it; any thread may use its memory.
 */
public final class MappedArena implements Arena {

    private static final int BLOCK_BYTES = 64 << 10;

    private final Arena arena = Arena.ofShared();

    @Override
    public MemorySegment allocate(long bytes, long alignment) {
        try {
            Path file = Files.createTempFile("kimi-", ".tmp");
            try (FileChannel channel = FileChannel.open(
                    file, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE)) {
                // A page is more than any alignment asked for, and zeros are what the rest of a new file reads as.
                return channel.map(MapMode.READ_WRITE, 0, Math.max(1, bytes), arena)
                        .asSlice(0, bytes);
            }
        } catch (IOException e) {
            return arena.allocate(bytes, alignment);
        }
    }

    @Override
    public MemorySegment.Scope scope() {
        return arena.scope();
    }

    @Override
    public void close() {
        arena.close();
    }
}

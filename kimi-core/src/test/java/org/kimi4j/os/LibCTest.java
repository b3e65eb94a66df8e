package org.kimi4j.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LibCTest {

    @Test
    void theCallsAreFoundWhereThereIsACLibrary() {
        String system = System.getProperty("os.name").toLowerCase(java.util.Locale.ROOT);
        assumeTrue(system.contains("linux") || system.contains("mac"), "no POSIX C library on " + system);
        assertThat(LibC.get()).isPresent();
        assertThat(LibC.get().get().pageBytes()).isGreaterThanOrEqualTo(4_096);
    }

    @Test
    void adviceIsAcceptedForAnySliceOfAMappingAndLeavesItsBytesAlone(@TempDir Path folder) throws IOException {
        assumeTrue(LibC.get().isPresent(), "no C library calls here");
        LibC libc = LibC.get().get();
        Path file = folder.resolve("mapped");
        byte[] content = new byte[5 * libc.pageBytes() + 17];
        java.util.Arrays.fill(content, (byte) 7);
        Files.write(file, content);
        try (Arena arena = Arena.ofShared();
                FileChannel channel = FileChannel.open(file)) {
            MemorySegment mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, content.length, arena);
            MemorySegment slice = mapped.asSlice(13, 3L * libc.pageBytes());
            for (LibC.Advice advice : LibC.Advice.values()) {
                assertThat(libc.advise(mapped, advice)).as("%s", advice).isTrue();
                assertThat(libc.advise(slice, advice))
                        .as("%s of a slice", advice)
                        .isTrue();
            }
            for (long i = 0; i < content.length; i++) {
                assertThat(mapped.get(ValueLayout.JAVA_BYTE, i)).isEqualTo((byte) 7);
            }
            assertThat(libc.residentBytes(mapped).orElseThrow())
                    .isBetween((long) libc.pageBytes(), 6L * libc.pageBytes());
        }
    }

    @Test
    void memoryThatIsNotMappedFromAFileIsLeftAlone() {
        assumeTrue(LibC.get().isPresent(), "no C library calls here");
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment heap = arena.allocate(8_192);
            assertThat(LibC.get().get().advise(heap, LibC.Advice.DONT_NEED)).isFalse();
            assertThat(LibC.get().get().residentBytes(heap)).isEmpty();
        }
    }
}

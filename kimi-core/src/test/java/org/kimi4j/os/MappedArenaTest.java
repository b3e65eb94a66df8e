package org.kimi4j.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class MappedArenaTest {

    @Test
    void memoryIsMappedAndZeroAndKeepsWhatIsWritten() {
        try (MappedArena arena = new MappedArena()) {
            MemorySegment first = arena.allocate(100_000, 64);
            MemorySegment second = arena.allocate(3);
            assertThat(first.isMapped()).isTrue();
            assertThat(first.byteSize()).isEqualTo(100_000);
            assertThat(first.mismatch(MemorySegment.ofArray(new byte[100_000]))).isEqualTo(-1);
            first.fill((byte) 7);
            assertThat(second.toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
            assertThat(first.get(ValueLayout.JAVA_BYTE, 99_999)).isEqualTo((byte) 7);
        }
    }

    @Test
    void memoryEndsWithTheArena() {
        MappedArena arena = new MappedArena();
        MemorySegment memory = arena.allocate(16);
        arena.close();
        assertThatThrownBy(() -> memory.get(ValueLayout.JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
    }
}

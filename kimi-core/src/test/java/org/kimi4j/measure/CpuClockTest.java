package org.kimi4j.measure;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CpuClockTest {

    @Test
    void busyIsEverythingButIdleAndWaiting() {
        String stat = "cpu  1 2 4 1000 2000 8 16 32 64 128\ncpu0 1 1 1 1 1 1 1 1 1 1\n";
        assertThat(CpuClock.busy(stat).getAsLong()).isEqualTo((1 + 2 + 4 + 8 + 16 + 32) * 10_000_000L);
    }

    @Test
    void anUnknownFormatGivesNothing() {
        assertThat(CpuClock.busy("something else")).isEmpty();
        assertThat(CpuClock.busy("")).isEmpty();
    }
}

package org.kimi4j.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.kimi4j.kernel.Crowding.LONGEST_PAUSE_NANOS;
import static org.kimi4j.kernel.Crowding.SHORTEST_PAUSE_NANOS;
import static org.kimi4j.kernel.Crowding.WINDOW_NANOS;

import org.junit.jupiter.api.Test;

class CrowdingTest {

    private static final long TASK = 20_000;

    @Test
    void aQuietMachineKeepsAllThreads() {
        Crowding crowding = new Crowding(4);
        for (int i = 0; i < 1000; i++) {
            crowding.region(i, WINDOW_NANOS / 2, TASK, TASK);
            assertThat(crowding.threads(i)).isEqualTo(4);
        }
    }

    @Test
    void aWorkerThatHoldsUpTheCallerIsLeftOutForAWhile() {
        Crowding crowding = new Crowding(2);
        crowding.region(0, WINDOW_NANOS, WINDOW_NANOS / 2, TASK);
        assertThat(crowding.threads(SHORTEST_PAUSE_NANOS - 1)).isEqualTo(1);
        assertThat(crowding.threads(SHORTEST_PAUSE_NANOS)).isEqualTo(2);
    }

    @Test
    void manyThreadsMindASmallerPart() {
        Crowding two = new Crowding(2);
        Crowding eight = new Crowding(8);
        two.region(0, WINDOW_NANOS, WINDOW_NANOS / 5, TASK);
        eight.region(0, WINDOW_NANOS, WINDOW_NANOS / 5, TASK);
        assertThat(two.threads(0)).isEqualTo(2);
        assertThat(eight.threads(0)).isEqualTo(7);
    }

    @Test
    void waitingForATaskAsLongAsOnesOwnIsNoReason() {
        Crowding crowding = new Crowding(2);
        crowding.region(0, WINDOW_NANOS, WINDOW_NANOS / 2, WINDOW_NANOS / 4);
        crowding.region(0, WINDOW_NANOS, WINDOW_NANOS, 0);
        assertThat(crowding.threads(0)).isEqualTo(2);
    }

    @Test
    void pausesGrowWhileItGoesOnAndShrinkAfterwards() {
        Crowding crowding = new Crowding(2);
        long now = 0;
        for (int i = 0; i < 10; i++) {
            crowding.region(now, WINDOW_NANOS, WINDOW_NANOS, TASK);
            long pause = Math.min(LONGEST_PAUSE_NANOS, SHORTEST_PAUSE_NANOS << i);
            assertThat(crowding.threads(now + pause - 1)).isEqualTo(1);
            now += pause;
            assertThat(crowding.threads(now)).isEqualTo(2);
        }
        for (int i = 0; i < 10; i++) {
            crowding.region(now, WINDOW_NANOS, 0, TASK);
        }
        crowding.region(now, WINDOW_NANOS, WINDOW_NANOS, TASK);
        assertThat(crowding.threads(now + SHORTEST_PAUSE_NANOS)).isEqualTo(2);
    }
}

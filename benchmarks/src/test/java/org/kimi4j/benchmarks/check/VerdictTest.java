package org.kimi4j.benchmarks.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.kimi4j.benchmarks.measure.Alternation;
import org.kimi4j.benchmarks.measure.Work;

class VerdictTest {

    private static final Verdict.Bound BOUND = new Verdict.Bound(64 << 10, 2, 0.05);
    private static final AtomicReference<Object> SINK = new AtomicReference<>();

    private static Work work(String name, int microseconds) {
        return new Work(name, 1000, 1000, () -> {
            long end = System.nanoTime() + microseconds * 1000L;
            while (System.nanoTime() < end) {
                Thread.onSpinWait();
            }
        });
    }

    private static Verdict of(Work vector) {
        return Verdict.of(
                BOUND, vector, work("scalar", 1500), List.of(work("read 1 test", 50)), new Alternation(9, 0, 0));
    }

    @Test
    void aKernelFasterThanItsTwinAndNearTheLimitPasses() {
        Verdict verdict = of(work("good", 100));
        assertThat(verdict.passed()).as(verdict.toString()).isTrue();
        assertThat(verdict.toString()).startsWith("ok   good");
    }

    @Test
    void aKernelNoFasterThanItsTwinFails() {
        Verdict verdict = of(work("slow", 1500));
        assertThat(verdict.passed()).isFalse();
        assertThat(verdict.toString()).startsWith("SLOW slow");
    }

    @Test
    void aKernelThatAllocatesFailsHoweverFastItIs() {
        Verdict verdict = of(new Work("boxing", 1000, 1000, () -> {
            for (int i = 0; i < 100; i++) {
                SINK.set(new byte[1024]);
            }
        }));
        assertThat(verdict.allocatedBytes()).isGreaterThan(100 << 10);
        assertThat(verdict.passed()).isFalse();
    }

    @Test
    void aKernelFarFromTheLimitFails() {
        Verdict.Bound strict = new Verdict.Bound(64 << 10, 0, 0.9);
        Verdict verdict = Verdict.of(
                strict,
                work("far", 500),
                work("scalar", 300),
                List.of(work("read 1 test", 20)),
                new Alternation(9, 0, 0));
        assertThat(verdict.passed()).isFalse();
    }
}

package org.kimi4j.benchmarks.denominator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.kimi4j.benchmarks.measure.Alternation;
import org.kimi4j.benchmarks.measure.Series;
import org.kimi4j.benchmarks.measure.Work;
import org.kimi4j.kernel.WorkerPool;

class DenominatorTest {

    /** A multiple of what any loop reads in a step, so that none leaves a rest. */
    private static final int BYTES = 16 * 1024;

    private static MemorySegment random(Arena arena) {
        SplittableRandom random = new SplittableRandom(7);
        MemorySegment memory = arena.allocate(BYTES + 128, 64);
        for (long at = 0; at + 8 <= memory.byteSize(); at += 8) {
            memory.set(ValueLayout.JAVA_LONG, at, random.nextLong());
        }
        return memory;
    }

    private static long expected(MemorySegment memory, long from) {
        long folded = 0;
        for (long at = from; at < from + BYTES; at += 8) {
            folded ^= memory.get(ValueLayout.JAVA_LONG, at);
        }
        return folded;
    }

    @Test
    void readPassesInJavaReadEveryByteOnceInAnyNumberOfStreams() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = random(arena);
            long folded = expected(memory, 64);
            assertThat(JavaReadPass.one(memory, 64, BYTES)).isEqualTo(folded);
            assertThat(JavaReadPass.two(memory, 64, BYTES)).isEqualTo(folded);
            assertThat(JavaReadPass.four(memory, 64, BYTES)).isEqualTo(folded);
        }
    }

    @Test
    void readPassesInCReadEveryByteOnce() {
        NativeLoops.get().ifPresent(loops -> {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment memory = random(arena);
                for (int streams : new int[] {1, 2, 4}) {
                    assertThat(loops.read(streams, memory, 64, BYTES)).isEqualTo(expected(memory, 64));
                }
            }
        });
    }

    /** What a chain that starts at {@code start} comes to. */
    private static float chain(float start, long steps, float scale, float offset) {
        float value = start;
        for (long i = 0; i < steps; i++) {
            value = Math.fma(value, scale, offset);
        }
        return value;
    }

    private static float sum(int chains, long steps, float scale, float offset) {
        float sum = 0;
        float start = 0;
        for (int i = 0; i < chains; i++) {
            start += offset;
            sum += chain(start, steps, scale, offset);
        }
        return sum;
    }

    @Test
    void chainsDoAsManyStepsAsTheyAreCountedFor() {
        assertThat(JavaFmaPeak.eight(5, 0.9f, 0.1f)).isEqualTo(sum(8, 20, 0.9f, 0.1f), within(1e-4f));
        assertThat(JavaFmaPeak.twelve(5, 0.9f, 0.1f)).isEqualTo(sum(12, 20, 0.9f, 0.1f), within(1e-4f));
        assertThat(JavaFmaPeak.sixteen(5, 0.9f, 0.1f)).isEqualTo(sum(16, 20, 0.9f, 0.1f), within(1e-4f));
        NativeLoops.get().ifPresent(loops -> {
            for (int chains : new int[] {8, 12, 16}) {
                assertThat(loops.fma(chains, 20, 0.9f, 0.1f)).isEqualTo(sum(chains, 20, 0.9f, 0.1f), within(1e-4f));
                if (loops.int8Ops(1) > 0) {
                    // All sixteen sums begin with the left operand; a step adds four products of 1 by 3 to a chain.
                    assertThat(loops.int8(chains, 20, 0x01010101, 0x03030303))
                            .isEqualTo(16 * 0x01010101 + chains * 20 * 12);
                }
            }
        });
    }

    @Test
    void theBestOfEachKindIsChosen() {
        try (WorkerPool pool = new WorkerPool("test", 2);
                Arena arena = Arena.ofShared()) {
            MemorySegment memory = random(arena);
            List<Work> works = new java.util.ArrayList<>(ReadPass.works(pool, BYTES, () -> List.of(memory)));
            works.addAll(Peak.fma(pool));
            works.addAll(Peak.int8(pool));
            List<Series> run = new Alternation(2, 0, 0).run(works);
            Series read = ReadPass.best(run).orElseThrow();
            Series fma = Peak.bestFma(run).orElseThrow();
            assertThat(run)
                    .filteredOn(s -> s.work().bytes() > 0)
                    .allSatisfy(s -> assertThat(s.medianSeconds()).isGreaterThanOrEqualTo(read.medianSeconds()));
            assertThat(fma.work().name()).startsWith("fma ");
            assertThat(Peak.bestInt8(run).isPresent())
                    .isEqualTo(!Peak.int8(pool).isEmpty());
        }
    }
}

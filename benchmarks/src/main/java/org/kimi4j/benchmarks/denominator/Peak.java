package org.kimi4j.benchmarks.denominator;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.kimi4j.benchmarks.measure.Series;
import org.kimi4j.benchmarks.measure.Work;
import org.kimi4j.kernel.WorkerPool;

/**
 * The peak of arithmetic: fused multiplications and additions of 32-bit floats in 8, 12 and 16 independent chains, with
 * the Vector API and, where there is a compiler, in C; and there the peak of dot products of bytes too, likewise.
 */
public final class Peak {

    private static final String FMA = "fma ";
    private static final String INT8 = "int8 ";
    private static final long ROUNDS = 200_000;
    /** A task of each thread keeps all threads busy to the end. */
    private static final int TASKS_PER_THREAD = 4;

    /** Keeps results from being left out, and inputs from being known. */
    private static final AtomicLong SINK = new AtomicLong(Float.floatToIntBits(0.999f));

    /** One run of one thread. */
    @FunctionalInterface
    private interface Chains {
        float run(float scale, float offset);
    }

    private Peak() {}

    /** Works that multiply and add 32-bit floats on all threads of a pool. */
    public static List<Work> fma(WorkerPool pool) {
        List<Work> works = new ArrayList<>();
        long rounds = ROUNDS / 4;
        works.add(work("fma 8 Java", pool, rounds * JavaFmaPeak.flops(8), (s, o) -> JavaFmaPeak.eight(rounds, s, o)));
        works.add(
                work("fma 12 Java", pool, rounds * JavaFmaPeak.flops(12), (s, o) -> JavaFmaPeak.twelve(rounds, s, o)));
        works.add(
                work("fma 16 Java", pool, rounds * JavaFmaPeak.flops(16), (s, o) -> JavaFmaPeak.sixteen(rounds, s, o)));
        NativeLoops.get().ifPresent(loops -> {
            for (int chains : new int[] {8, 12, 16}) {
                works.add(work(
                        "fma " + chains + " C",
                        pool,
                        ROUNDS * loops.fmaFlops(chains),
                        (s, o) -> loops.fma(chains, ROUNDS, s, o)));
            }
        });
        return works;
    }

    /** Works of dot products of bytes; none without a compiler, or if the machine has no instruction for it. */
    public static List<Work> int8(WorkerPool pool) {
        List<Work> works = new ArrayList<>();
        NativeLoops.get().filter(loops -> loops.int8Ops(1) > 0).ifPresent(loops -> {
            for (int chains : new int[] {8, 12, 16}) {
                works.add(work(
                        INT8 + chains + " " + loops.int8Name(),
                        pool,
                        ROUNDS * loops.int8Ops(chains),
                        (s, _) -> loops.int8(chains, ROUNDS, Float.floatToIntBits(s) & 0x3f3f3f3f, 0x01010101)));
            }
        });
        return works;
    }

    private static Work work(String name, WorkerPool pool, double flops, Chains chains) {
        int tasks = pool.threads() * TASKS_PER_THREAD;
        return new Work(
                name,
                0,
                tasks * flops,
                () -> pool.run(tasks, (_, _) -> {
                    float scale = Float.intBitsToFloat((int) SINK.get());
                    // Stays near a fixed point, so no chain ever reaches infinity or denormals, which may be slow.
                    SINK.lazySet(chains.run(scale, 0.001f) > 1e30f ? 0x3f7fbe78 : 0x3f7fbe77);
                }));
    }

    /** The fastest of the floating point works of a run; empty if none was part of it. */
    public static Optional<Series> bestFma(List<Series> run) {
        return best(run, FMA);
    }

    /** The fastest of the integer works of a run; empty if none was part of it. */
    public static Optional<Series> bestInt8(List<Series> run) {
        return best(run, INT8);
    }

    private static Optional<Series> best(List<Series> run, String prefix) {
        return run.stream()
                .filter(s -> s.work().name().startsWith(prefix))
                .max((a, b) -> Double.compare(a.gigaflops(), b.gigaflops()));
    }
}

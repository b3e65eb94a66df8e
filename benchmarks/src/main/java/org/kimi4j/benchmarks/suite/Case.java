package org.kimi4j.benchmarks.suite;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.kimi4j.benchmarks.denominator.Peak;
import org.kimi4j.benchmarks.denominator.ReadPass;
import org.kimi4j.benchmarks.measure.Alternation;
import org.kimi4j.benchmarks.measure.Series;
import org.kimi4j.benchmarks.measure.Work;
import org.kimi4j.kernel.WorkerPool;

/**
 * Works that do the same, to be compared with each other and with what the machine can do.
 *
 * @param suite what the case is part of
 * @param name what distinguishes it within the suite
 * @param pool the threads of the denominators: as many as the works have
 * @param works what is measured
 * @param read memory like that which the works read, chosen anew for each pass
 * @param integers whether the peak of integer products is of interest too
 */
public record Case(
        String suite,
        String name,
        WorkerPool pool,
        List<Work> works,
        Supplier<List<MemorySegment>> read,
        boolean integers) {

    /** Times the works between the best of the denominators, which are chosen in a short run before. */
    public List<Series> run(Alternation alternation) {
        Alternation short_ = new Alternation(5, 20, 200, alternation.threadTime());
        double bytes = works.getFirst().bytes();
        List<Work> all = new ArrayList<>(works);
        all.addAll(bestTwo(short_.run(ReadPass.works(pool, bytes, read)), true));
        all.addAll(bestTwo(short_.run(Peak.fma(pool)), false));
        if (integers) {
            all.addAll(bestTwo(short_.run(Peak.int8(pool)), false));
        }
        return alternation.run(all);
    }

    /** The two fastest: neighbours may change places in the long run. */
    private static List<Work> bestTwo(List<Series> run, boolean byBytes) {
        return run.stream()
                .sorted((a, b) -> byBytes
                        ? Double.compare(b.gigabytesPerSecond(), a.gigabytesPerSecond())
                        : Double.compare(b.gigaflops(), a.gigaflops()))
                .limit(2)
                .map(Series::work)
                .toList();
    }
}

package org.kimi4j.benchmarks.check;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.kimi4j.benchmarks.denominator.Peak;
import org.kimi4j.benchmarks.denominator.ReadPass;
import org.kimi4j.benchmarks.measure.Alternation;
import org.kimi4j.benchmarks.measure.Series;
import org.kimi4j.benchmarks.measure.Work;

/**
 * What the check found of one kernel. A kernel whose vectors are boxed allocates megabytes in a run, and is slower than
 * its scalar twin; either fails it.
 *
 * @param allocatedBytes by one run, once warm; on the calling thread, which is all there is in the check
 * @param ofScalar speed over that of the scalar twin
 * @param ofLimit speed over that of the read-only pass or of the FMA peak, whichever it is nearer to
 */
public record Verdict(Bound bound, String name, long allocatedBytes, double ofScalar, double ofLimit) {

    /**
     * The least that is asked of a kernel.
     *
     * @param allocatedBytes the most a run may allocate
     */
    public record Bound(long allocatedBytes, double ofScalar, double ofLimit) {}

    /** A kernel runs so often, and so long, before anything is looked at: C2 has compiled it by then. */
    private static final int WARM_RUNS = 30;

    private static final long WARM_NANOS = 1_500_000_000L;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /**
     * Measures a kernel.
     *
     * @param limits read passes and peaks, of which the best count
     */
    public static Verdict of(Bound bound, Work vector, Work scalar, List<Work> limits, Alternation alternation) {
        warm(vector);
        List<Work> works = new ArrayList<>(List.of(vector, scalar));
        works.addAll(limits);
        List<Series> run = alternation.run(works);
        Series fast = run.get(0);
        Optional<Series> read = ReadPass.best(run);
        Optional<Series> peak = Peak.bestFma(run);
        double ofRead = read.isPresent() && vector.bytes() > 0 ? fast.bytesRatio(read.get()) : 0;
        double ofPeak = peak.isPresent() && vector.flops() > 0 ? fast.flopsRatio(peak.get()) : 0;
        double ofScalar = fast.flopsRatio(run.get(1));
        return new Verdict(bound, vector.name(), allocated(vector), ofScalar, Math.max(ofRead, ofPeak));
    }

    private static void warm(Work work) {
        long end = System.nanoTime() + WARM_NANOS;
        for (int i = 0; i < WARM_RUNS || System.nanoTime() < end; i++) {
            run(work);
        }
    }

    private static long allocated(Work work) {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 5; i++) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            run(work);
            least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
        }
        return least;
    }

    private static void run(Work work) {
        try {
            work.body().run();
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(work.name() + " failed", e);
        }
    }

    /** Whether the kernel is as it should be. */
    public boolean passed() {
        return allocatedBytes <= bound.allocatedBytes && ofScalar >= bound.ofScalar && ofLimit >= bound.ofLimit;
    }

    /** One line for people. */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%-4s %-26s %8d bytes a run (at most %d), %6.2f of scalar (at least %.2f), %5.3f of the limit (at"
                        + " least %.3f)",
                passed() ? "ok" : "SLOW",
                name,
                allocatedBytes,
                bound.allocatedBytes,
                ofScalar,
                bound.ofScalar,
                ofLimit,
                bound.ofLimit);
    }
}

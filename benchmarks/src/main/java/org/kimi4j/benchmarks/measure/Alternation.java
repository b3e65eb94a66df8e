package org.kimi4j.benchmarks.measure;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.kimi4j.measure.CpuClock;

/**
 * Runs several works by turns in one JVM, so that whatever disturbs the machine disturbs all of them. Every round runs
 * each once, starting one further along than the round before.
 *
 * @param rounds samples of each work
 * @param sampleMillis how long a sample lasts at least; a work is repeated until then
 * @param warmUpMillis how long each work runs before anything is timed
 * @param threadTime whether time is the processor time of this thread, for works that have no other: where processes
 *     take turns on a processor, a clock on the wall measures their turns
 */
public record Alternation(int rounds, int sampleMillis, int warmUpMillis, boolean threadTime) {

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    /** As documents want it: 15 rounds. */
    public static final Alternation STANDARD = new Alternation(15, 60, 1500);

    /** By the clock. */
    public Alternation(int rounds, int sampleMillis, int warmUpMillis) {
        this(rounds, sampleMillis, warmUpMillis, false);
    }

    public Alternation {
        if (rounds < 1 || sampleMillis < 0 || warmUpMillis < 0) {
            throw new IllegalArgumentException(
                    rounds + " rounds of " + sampleMillis + " ms after " + warmUpMillis + " ms of warm-up");
        }
    }

    private static final class Progress {
        private int repeats = 1;
        private final double[] seconds;
        private long wallNanos;
        private long foreignNanos;
        private boolean foreignKnown = true;

        Progress(int rounds) {
            seconds = new double[rounds];
        }
    }

    /** Times the works, and returns a series for each. */
    public List<Series> run(List<Work> works) {
        List<Progress> progress = new ArrayList<>();
        for (Work work : works) {
            progress.add(warm(work));
        }
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < works.size(); i++) {
                int turn = (round + i) % works.size();
                sample(works.get(turn), progress.get(turn), round);
            }
        }
        List<Series> series = new ArrayList<>();
        for (int i = 0; i < works.size(); i++) {
            Progress p = progress.get(i);
            OptionalDouble foreign = p.foreignKnown
                    ? OptionalDouble.of(Math.max(0, (double) p.foreignNanos / p.wallNanos))
                    : OptionalDouble.empty();
            series.add(new Series(works.get(i), p.seconds, foreign));
        }
        return series;
    }

    private long nanos() {
        return threadTime ? THREADS.getCurrentThreadCpuTime() : System.nanoTime();
    }

    private Progress warm(Work work) {
        Progress progress = new Progress(rounds);
        long began = nanos();
        long last = began;
        long shortest = Long.MAX_VALUE;
        while (true) {
            run(work, 1);
            long now = nanos();
            shortest = Math.min(shortest, Math.max(1, now - last));
            last = now;
            if (now - began >= warmUpMillis * 1_000_000L) {
                break;
            }
        }
        progress.repeats = Math.clamp(sampleMillis * 1_000_000L / shortest + 1, 1, 1 << 24);
        return progress;
    }

    private void sample(Work work, Progress progress, int round) {
        CpuClock before = CpuClock.now();
        long wall = System.nanoTime();
        long began = nanos();
        run(work, progress.repeats);
        long took = nanos() - began;
        wall = System.nanoTime() - wall;
        OptionalLong foreign = CpuClock.now().foreignNanosSince(before);
        progress.seconds[round] = took / 1e9 / progress.repeats;
        progress.wallNanos += wall;
        progress.foreignKnown &= foreign.isPresent();
        progress.foreignNanos += foreign.orElse(0);
    }

    private static void run(Work work, int repeats) {
        try {
            for (int i = 0; i < repeats; i++) {
                work.body().run();
            }
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(work.name() + " failed", e);
        }
    }
}

package org.kimi4j.benchmarks.denominator;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.kimi4j.benchmarks.measure.Series;
import org.kimi4j.benchmarks.measure.Work;
import org.kimi4j.kernel.WorkerPool;

/**
 * The read-only pass: what nothing that reads the same bytes from the same pages can be faster than. In 1, 2 and 4
 * streams, with the Vector API and, where there is a compiler, in C; {@link #best} names the fastest of them.
 */
public final class ReadPass {

    /** Names of read passes begin so. */
    private static final String PREFIX = "read ";

    /** Bytes of a task: so that threads even out, and as kernels cut matrices. */
    private static final long TASK_BYTES = 1 << 20;

    /** Keeps what was read from being left out. */
    private static final AtomicLong SINK = new AtomicLong();

    private record Piece(MemorySegment memory, long from, long bytes) {}

    /** One way of reading a stretch of memory. */
    @FunctionalInterface
    private interface Reader {
        long read(MemorySegment memory, long from, long bytes);
    }

    private ReadPass() {}

    /**
     * Works that read memory in all ways.
     *
     * @param bytes of each choice
     * @param next chooses the memory of a run; asked before each, so that what is read is cold
     */
    public static List<Work> works(WorkerPool pool, double bytes, Supplier<List<MemorySegment>> next) {
        List<Work> works = new ArrayList<>();
        works.add(work("read 1 Java", pool, bytes, next, JavaReadPass::one));
        works.add(work("read 2 Java", pool, bytes, next, JavaReadPass::two));
        works.add(work("read 4 Java", pool, bytes, next, JavaReadPass::four));
        Optional<NativeLoops> loops = NativeLoops.get();
        if (loops.isPresent()) {
            for (int streams : new int[] {1, 2, 4}) {
                works.add(work(
                        "read " + streams + " C",
                        pool,
                        bytes,
                        next,
                        (memory, from, count) -> loops.get().read(streams, memory, from, count)));
            }
        }
        return works;
    }

    private static Work work(
            String name, WorkerPool pool, double bytes, Supplier<List<MemorySegment>> next, Reader reader) {
        return new Work(name, bytes, 0, () -> {
            List<Piece> pieces = pieces(next.get());
            pool.run(pieces.size(), (task, _) -> {
                Piece piece = pieces.get(task);
                SINK.lazySet(reader.read(piece.memory, piece.from, piece.bytes));
            });
        });
    }

    private static List<Piece> pieces(List<MemorySegment> memory) {
        List<Piece> pieces = new ArrayList<>();
        for (MemorySegment segment : memory) {
            for (long from = 0; from < segment.byteSize(); from += TASK_BYTES) {
                pieces.add(new Piece(segment, from, Math.min(TASK_BYTES, segment.byteSize() - from)));
            }
        }
        return pieces;
    }

    /** The fastest read pass of a run; empty if none was part of it. */
    public static Optional<Series> best(List<Series> run) {
        return run.stream()
                .filter(s -> s.work().name().startsWith(PREFIX))
                .max((a, b) -> Double.compare(a.gigabytesPerSecond(), b.gigabytesPerSecond()));
    }
}

package org.kimi4j.kernel;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The threads that kernels run on; an owner, closed with the model. A region is a number of independent tasks that the
 * calling thread and the workers draw from one counter, so an uneven machine is evened out. Workers spin for a while and
 * then park, and so does the caller when it waits for the last of their tasks: the processor that it gives up is one that
 * the system may run them on. Where others use the processors so much that workers hold the caller up, fewer of them take
 * part for a while ({@link Crowding}). Which thread runs a task never changes what the task computes.
 *
 * <p>One thread at a time may call {@link #run}: the engine's.
 */
public final class WorkerPool implements AutoCloseable {

    /** The work of a region, called once for each task. */
    @FunctionalInterface
    public interface Region {
        /**
         * @param task 0 to tasks - 1
         * @param worker which thread this is, 0 to {@link WorkerPool#threads()} - 1, for scratch memory
         */
        void run(int task, int worker);
    }

    /** Longer than the engine's work between two regions of a pass. */
    private static final long SPIN_NANOS = 50_000;
    /** Turns of a spinning loop between two looks at the clock: about a microsecond. */
    private static final int SPINS = 32;

    /** Ticket and limit hold the region's number in the upper half, so that a late worker never mistakes one for the next. */
    private static final int EPOCH_SHIFT = 32;

    private final Worker[] workers;
    private final AtomicLong ticket = new AtomicLong();
    private final AtomicLong limit = new AtomicLong();
    private final AtomicInteger done = new AtomicInteger();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final Crowding crowding;
    private volatile boolean closed;
    /** Workers that take part in the present region. */
    private volatile int invited;

    private volatile @Nullable Thread waiting;
    private @Nullable Region region;
    private long epoch;
    private long regions;
    private long tasks;

    /**
     * @param name prefix of the thread names
     * @param threads threads that compute, the caller of {@link #run} included
     */
    public WorkerPool(String name, int threads) {
        this(name, threads, new Crowding(threads));
    }

    WorkerPool(String name, int threads, Crowding crowding) {
        if (threads < 1) {
            throw new IllegalArgumentException("a pool needs at least one thread, got " + threads);
        }
        this.crowding = crowding;
        workers = new Worker[threads - 1];
        for (int i = 0; i < workers.length; i++) {
            workers[i] = new Worker(i + 1);
            Thread thread = new Thread(workers[i], name + "-worker-" + (i + 1));
            thread.setDaemon(true);
            workers[i].thread = thread;
            thread.start();
        }
    }

    /** Threads that compute, the caller of {@link #run} included. */
    public int threads() {
        return workers.length + 1;
    }

    /** Regions run so far by {@link #run}; to be read by the thread that calls that. */
    public long regions() {
        return regions;
    }

    /** Tasks of all {@link #regions}. */
    public long tasks() {
        return tasks;
    }

    /**
     * Runs all tasks of a region and returns when the last one is done. Tasks must not wait for each other: one thread may
     * have to run them all.
     */
    public void run(int tasks, Region body) {
        regions++;
        this.tasks += tasks;
        if (workers.length == 0 || tasks == 1) {
            alone(tasks, body);
            return;
        }
        if (closed) {
            throw new IllegalStateException("the worker pool is closed");
        }
        long began = System.nanoTime();
        int others = crowding.threads(began) - 1;
        if (others == 0) {
            alone(tasks, body);
            return;
        }
        epoch = epoch + 1 & 0x7fff_ffffL;
        region = body;
        invited = others;
        done.set(0);
        limit.set(epoch << EPOCH_SHIFT | tasks);
        ticket.set(epoch << EPOCH_SHIFT);
        for (int i = 0; i < others; i++) {
            workers[i].wake();
        }
        long longest = work(0);
        long waited = done.get() < tasks ? await(tasks) : 0;
        long now = System.nanoTime();
        crowding.region(now, now - began, waited, longest);
        region = null;
        Throwable thrown = failure.getAndSet(null);
        if (thrown != null) {
            throw rethrow(thrown);
        }
    }

    private static void alone(int tasks, Region body) {
        for (int task = 0; task < tasks; task++) {
            body.run(task, 0);
        }
    }

    /** Waits until all tasks are done; returns how many nanoseconds that took. */
    private long await(int tasks) {
        long began = System.nanoTime();
        long now = began;
        while (now - began < SPIN_NANOS) {
            for (int i = 0; i < SPINS; i++) {
                if (done.get() >= tasks) {
                    return now - began;
                }
                Thread.onSpinWait();
            }
            now = System.nanoTime();
        }
        waiting = Thread.currentThread();
        while (done.get() < tasks) {
            LockSupport.park(this);
        }
        waiting = null;
        return System.nanoTime() - began;
    }

    private static RuntimeException rethrow(Throwable thrown) {
        return switch (thrown) {
            case RuntimeException e -> e;
            case Error e -> throw e;
            default -> new IllegalStateException(thrown);
        };
    }

    /** Draws tasks of the present region until there are none; returns the nanoseconds of the longest. */
    private long work(int worker) {
        long longest = 0;
        long began = System.nanoTime();
        while (true) {
            long drawn = ticket.getAndIncrement();
            long bound = limit.get();
            if (drawn >>> EPOCH_SHIFT != bound >>> EPOCH_SHIFT) {
                Thread.onSpinWait(); // a new region is being published: its limit is set, its ticket is about to be
                continue;
            }
            if ((int) drawn >= (int) bound) {
                return longest;
            }
            try {
                // Set before the limit was, and kept until this task is counted as done.
                region.run((int) drawn, worker);
            } catch (Throwable thrown) {
                failure.compareAndSet(null, thrown);
            }
            long now = System.nanoTime();
            longest = Math.max(longest, now - began);
            began = now;
            if (done.incrementAndGet() == (int) bound) {
                LockSupport.unpark(waiting);
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        for (Worker worker : workers) {
            LockSupport.unpark(worker.thread);
        }
        boolean interrupted = false;
        for (Worker worker : workers) {
            while (worker.thread.isAlive()) {
                try {
                    worker.thread.join();
                } catch (InterruptedException e) {
                    interrupted = true; // the workers end by themselves; the caller learns of it below
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private final class Worker implements Runnable {
        private final int index;
        private volatile boolean parked;
        private Thread thread = Thread.currentThread();
        private long seen;

        Worker(int index) {
            this.index = index;
        }

        void wake() {
            if (parked) {
                LockSupport.unpark(thread);
            }
        }

        @Override
        public void run() {
            while (awaitRegion()) {
                work(index);
            }
        }

        /** Whether there is a region for this worker that it has not seen; false when the pool closes. */
        private boolean awaitRegion() {
            long began = System.nanoTime();
            for (int spins = 1; !closed; spins++) {
                if (isCalled()) {
                    return true;
                }
                if (spins % SPINS != 0 || System.nanoTime() - began < SPIN_NANOS) {
                    Thread.onSpinWait();
                } else {
                    parked = true;
                    while (!isCalled() && !closed) {
                        LockSupport.park(WorkerPool.this);
                    }
                    parked = false;
                    return !closed;
                }
            }
            return false;
        }

        private boolean isCalled() {
            long now = limit.get() >>> EPOCH_SHIFT;
            if (now == seen) {
                return false;
            }
            seen = now;
            return index <= invited;
        }
    }
}

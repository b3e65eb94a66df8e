package org.kimi4j.kernel;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The threads that kernels run on; an owner, closed with the model. A region is a number of independent tasks that the
 * calling thread and the workers draw from one counter, so an uneven machine is evened out. Workers spin for a while and
 * then park. Which thread runs a task never changes what the task computes.
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

    /** About 50 microseconds: longer than the engine's work between two regions of a pass. */
    private static final int SPINS = 20_000;

    /** Ticket and limit hold the region's number in the upper half, so that a late worker never mistakes one for the next. */
    private static final int EPOCH_SHIFT = 32;

    private final Worker[] workers;
    private final AtomicLong ticket = new AtomicLong();
    private final AtomicLong limit = new AtomicLong();
    private final AtomicInteger done = new AtomicInteger();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private volatile boolean closed;
    private @Nullable Region region;
    private long epoch;

    /**
     * @param name prefix of the thread names
     * @param threads threads that compute, the caller of {@link #run} included
     */
    public WorkerPool(String name, int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("a pool needs at least one thread, got " + threads);
        }
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

    /** Runs all tasks of a region and returns when the last one is done. */
    public void run(int tasks, Region body) {
        if (workers.length == 0 || tasks == 1) {
            for (int task = 0; task < tasks; task++) {
                body.run(task, 0);
            }
            return;
        }
        if (closed) {
            throw new IllegalStateException("the worker pool is closed");
        }
        epoch = epoch + 1 & 0x7fff_ffffL;
        region = body;
        done.set(0);
        limit.set(epoch << EPOCH_SHIFT | tasks);
        ticket.set(epoch << EPOCH_SHIFT);
        for (Worker worker : workers) {
            worker.wake();
        }
        work(0);
        for (int spins = 0; done.get() < tasks; spins++) {
            if (spins < SPINS) {
                Thread.onSpinWait();
            } else {
                Thread.yield();
            }
        }
        region = null;
        Throwable thrown = failure.getAndSet(null);
        if (thrown != null) {
            throw rethrow(thrown);
        }
    }

    private static RuntimeException rethrow(Throwable thrown) {
        return switch (thrown) {
            case RuntimeException e -> e;
            case Error e -> throw e;
            default -> new IllegalStateException(thrown);
        };
    }

    /** Draws tasks of the present region until there are none. */
    private void work(int worker) {
        while (true) {
            long drawn = ticket.getAndIncrement();
            long bound = limit.get();
            if (drawn >>> EPOCH_SHIFT != bound >>> EPOCH_SHIFT) {
                Thread.onSpinWait(); // a new region is being published: its limit is set, its ticket is about to be
                continue;
            }
            if ((int) drawn >= (int) bound) {
                return;
            }
            try {
                // Set before the limit was, and kept until this task is counted as done.
                region.run((int) drawn, worker);
            } catch (Throwable thrown) {
                failure.compareAndSet(null, thrown);
            }
            done.getAndIncrement();
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

        /** Whether there is a region this worker has not seen; false when the pool closes. */
        private boolean awaitRegion() {
            for (int spins = 0; !closed; spins++) {
                long now = limit.get() >>> EPOCH_SHIFT;
                if (now != seen) {
                    seen = now;
                    return true;
                }
                if (spins < SPINS) {
                    Thread.onSpinWait();
                } else {
                    parked = true;
                    if (limit.get() >>> EPOCH_SHIFT == seen && !closed) {
                        LockSupport.park(WorkerPool.this);
                    }
                    parked = false;
                }
            }
            return false;
        }
    }
}

package org.kimi4j;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.kimi4j.cache.CacheShape;
import org.kimi4j.cache.LatentCache;
import org.kimi4j.cache.PagePool;
import org.kimi4j.error.CancelledException;
import org.kimi4j.error.ClosedException;
import org.kimi4j.error.KimiException;
import org.kimi4j.error.OverloadedException;
import org.kimi4j.kernel.Kernels;
import org.kimi4j.model.TextModel;
import org.kimi4j.spi.MediaEncoder;
import org.kimi4j.tensor.Tensor;

/**
 * The one thread of a model that runs forward passes. Requests wait in a fair queue; those admitted are computed
 * together: each pass has the next rows of all of them, at most one of which is reading a long prompt. Nobody interrupts
 * this thread, and it waits for nobody but work.
 */
final class Engine implements AutoCloseable {

    private final Kernels kernels;
    private final PagePool pool;
    private final @Nullable MediaEncoder encoder;
    private final KimiOptions options;
    private final TimelineStore store;
    private final Pass pass;
    private final Thread thread;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();
    private final RequestQueue waiting;
    private final Deque<Runnable> tasks = new ArrayDeque<>();
    private boolean closed;
    private volatile boolean closing;

    private final List<Generation> active = new ArrayList<>();
    private volatile int activeCount;
    private float[] logits = {};

    Engine(
            TextModel model,
            Kernels kernels,
            PagePool pool,
            @Nullable MediaEncoder encoder,
            KimiOptions options,
            String name) {
        this.kernels = kernels;
        this.pool = pool;
        this.encoder = encoder;
        this.options = options;
        this.store = new TimelineStore(pool);
        this.pass = new Pass(model, kernels, this::makeRoom);
        this.waiting = new RequestQueue(options.queueCapacity(), options.perCaller());
        this.thread = new Thread(this::loop, name + "-engine");
        thread.setDaemon(true);
        thread.start();
    }

    /** Tells the engine that something changed. */
    void signal() {
        lock.lock();
        try {
            work.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Queues a request, or refuses it at once if it could never be served or the queue is full. */
    void submit(Generation request) {
        CacheShape shape = pool.shape();
        long needed = shape.bytesFor(request.mostPositions());
        if (needed > pool.budgetBytes()) {
            throw new OverloadedException("the request may come to " + request.mostPositions() + " positions ("
                    + request.request().ids().length + " of the prompt, maxTokens "
                    + request.request().maxTokens()
                    + "), " + needed + " bytes of cache; kvBudget is " + pool.budgetBytes()
                    + " bytes: shorten one of them or raise kvBudget");
        }
        lock.lock();
        try {
            requireOpen();
            waiting.add(request, waiting.size() == 0 && activeCount < options.maxBatch());
            work.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Runs something on the engine's thread, between two passes. */
    <T> CompletableFuture<T> call(Callable<T> task) {
        CompletableFuture<T> result = new CompletableFuture<>();
        lock.lock();
        try {
            requireOpen();
            tasks.add(() -> {
                if (closing) {
                    result.completeExceptionally(closedException());
                    return;
                }
                try {
                    result.complete(task.call());
                } catch (Throwable e) {
                    result.completeExceptionally(e);
                } finally {
                    kernels.workspace().release(0);
                }
            });
            work.signal();
        } finally {
            lock.unlock();
        }
        return result;
    }

    private void requireOpen() {
        if (closed) {
            throw closedException();
        }
    }

    private static ClosedException closedException() {
        return new ClosedException("the model is closed");
    }

    /** Whether a long task should stop because the model is being closed. */
    boolean isClosing() {
        return closing;
    }

    int waitingCount() {
        lock.lock();
        try {
            return waiting.size();
        } finally {
            lock.unlock();
        }
    }

    int activeCount() {
        return activeCount;
    }

    int idleTimelines() {
        return store.count();
    }

    private void loop() {
        try {
            while (awaitWork()) {
                runTasks();
                dropGone();
                admit();
                if (!active.isEmpty()) {
                    runPass();
                }
            }
        } catch (RuntimeException | Error e) {
            failAll(new IllegalStateException("the engine of the model failed and is closed", e));
            throw e;
        } finally {
            store.clear();
        }
    }

    /** Leaves nobody waiting for an engine that is no more. */
    private void failAll(RuntimeException cause) {
        List<Generation> gone;
        lock.lock();
        try {
            closed = true;
            closing = true;
            gone = waiting.removeIf(_ -> true);
        } finally {
            lock.unlock();
        }
        runTasks();
        gone.addAll(active);
        active.clear();
        gone.forEach(g -> g.fail(cause));
    }

    /** Waits until there is something to do; false when the engine is closed and everything has ended. */
    private boolean awaitWork() {
        lock.lock();
        try {
            while (true) {
                if (closed && active.isEmpty() && waiting.size() == 0 && tasks.isEmpty()) {
                    return false;
                }
                if (closed || !tasks.isEmpty() || anyCanGoOn()) {
                    return true;
                }
                boolean mayAdmit = waiting.size() > 0 && active.size() < options.maxBatch();
                if (mayAdmit && !starved) {
                    return true;
                }
                // Deadlines and cancels of those that wait are looked at now and then.
                if (waiting.size() > 0 || !active.isEmpty()) {
                    if (work.awaitNanos(TimeUnit.MILLISECONDS.toNanos(20)) <= 0) {
                        return true;
                    }
                    starved = false;
                } else {
                    work.await();
                }
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException("the engine's thread must not be interrupted", e);
        } finally {
            lock.unlock();
        }
    }

    /** Whether the first request that waits found no room in the cache. */
    private boolean starved;

    private boolean anyCanGoOn() {
        for (Generation g : active) {
            if (g.isCancelled() || g.isLate() || g.events().hasRoom()) {
                return true;
            }
        }
        return false;
    }

    private void runTasks() {
        while (true) {
            Runnable task;
            lock.lock();
            try {
                task = tasks.poll();
            } finally {
                lock.unlock();
            }
            if (task == null) {
                return;
            }
            task.run();
        }
    }

    /** Ends what was cancelled or is late, waiting or running. */
    private void dropGone() {
        List<Generation> gone;
        lock.lock();
        try {
            gone = waiting.removeIf(g -> g.isCancelled() || g.isLate() || closing);
            gone.forEach(waiting::finished);
        } finally {
            lock.unlock();
        }
        for (Generation g : gone) {
            if (closing) {
                g.fail(closedException());
            } else {
                g.refuse();
            }
        }
        for (Generation g : List.copyOf(active)) {
            if (closing) {
                end(g);
                g.fail(closedException());
            } else if (g.isCancelled()) {
                end(g);
                g.finish(FinishReason.CANCELLED);
            } else if (g.isLate()) {
                end(g);
                g.finish(FinishReason.DEADLINE);
            }
        }
    }

    /** Starts requests while there is room for what they may come to need. */
    private void admit() {
        while (active.size() < options.maxBatch()) {
            Generation next;
            lock.lock();
            try {
                next = waiting.poll(this::fits).orElse(null);
                starved = next == null && waiting.size() > 0;
            } finally {
                lock.unlock();
            }
            if (next == null) {
                return;
            }
            List<Timeline> running = active.stream().map(Generation::timeline).toList();
            next.admit(store.take(next.request().keys(), next.request().ids().length, running));
            active.add(next);
            activeCount = active.size();
        }
    }

    /** Whether a request fits beside those that run, whatever they come to need; what is idle does not count. */
    private boolean fits(Generation request) {
        return reserved() + pool.shape().bytesFor(request.mostPositions()) <= pool.budgetBytes();
    }

    /** Bytes that callers' own caches have and that the requests that run may come to need. */
    private long reserved() {
        long bytes = pinnedBytes;
        for (Generation g : active) {
            bytes += pool.shape().bytesFor(g.mostPositions());
        }
        return bytes;
    }

    /** Lets idle timelines give way to the positions that a cache is about to get: not before, for they may be wanted. */
    private void makeRoom(LatentCache cache, int newLength) {
        while (!pool.hasRoom(cache.pagesToGrow(newLength)) && store.dropOldest()) {
            // until there is room; what runs was admitted only because there is
        }
    }

    /** Bytes of caches that callers hold themselves. */
    private long pinnedBytes;

    /** Grows a caller's own cache within the budget. On the engine's thread. */
    void growPinned(LatentCache cache, int newLength) {
        long before = cache.byteSize();
        long more = pool.shape().bytesFor(newLength) - before;
        long taken = reserved();
        if (taken + more > pool.budgetBytes()) {
            throw new OverloadedException("the session would grow to " + newLength + " positions, " + more
                    + " more bytes of cache; " + taken + " bytes are taken and kvBudget is " + pool.budgetBytes()
                    + " bytes: close sessions or raise it");
        }
        makeRoom(cache, newLength);
        cache.grow(newLength);
        pinnedBytes += cache.byteSize() - before;
    }

    /** Adds a context that no request has read to the idle ones. On the engine's thread. */
    void addIdle(long[] keys, Consumer<LatentCache> filler) {
        Timeline timeline = new Timeline(pool.newCache());
        try {
            makeRoom(timeline.cache(), keys.length);
            timeline.grow(keys, keys.length);
            filler.accept(timeline.cache());
        } catch (RuntimeException e) {
            timeline.close();
            throw e;
        }
        store.keep(timeline);
    }

    /** Gives up all idle contexts. On the engine's thread. */
    void clearIdle() {
        store.clear();
    }

    /** Gives positions of a caller's own cache back. On the engine's thread. */
    void truncatePinned(LatentCache cache, int newLength) {
        long before = cache.byteSize();
        cache.truncate(newLength);
        pinnedBytes -= before - cache.byteSize();
    }

    private void end(Generation g) {
        active.remove(g);
        activeCount = active.size();
        starved = false;
        store.keep(g.timeline());
        lock.lock();
        try {
            waiting.finished(g);
        } finally {
            lock.unlock();
        }
    }

    private void runPass() {
        List<Pass.Share> shares = Pass.shares(active, options.chunk());
        shares.removeIf(share -> !encodeMedia(share));
        if (shares.isEmpty()) {
            return;
        }
        long began = System.nanoTime();
        try {
            List<Generation> wanted = new ArrayList<>();
            Tensor scores = pass.run(shares, wanted, () -> closing);
            long took = System.nanoTime() - began;
            for (Pass.Share share : shares) {
                share.generation().addPassTime(took, share.generation().isPrompt(share.first()));
                share.generation().passed();
            }
            if (!wanted.isEmpty() && logits.length != scores.cols()) {
                logits = new float[scores.cols()];
            }
            for (int i = 0; i < wanted.size(); i++) {
                kernels.read(scores, i, logits);
                goOn(wanted.get(i));
            }
        } catch (CancelledException e) {
            Pass.undo(shares); // the cancelled end in the next round, the others read the same rows again
        } catch (RuntimeException | Error e) {
            Pass.undo(shares);
            for (Pass.Share share : shares) {
                end(share.generation());
                share.generation().fail(failure(e));
            }
            if (e instanceof Error error && !(e instanceof OutOfMemoryError)) {
                throw error;
            }
        } finally {
            kernels.workspace().release(0);
        }
    }

    private static RuntimeException failure(Throwable e) {
        return switch (e) {
            case KimiException k -> k;
            case OutOfMemoryError _ ->
                new OverloadedException("not enough memory for a pass: lower chunk or maxBatch, or raise -Xmx", e);
            case RuntimeException r -> r;
            default -> new IllegalStateException(e);
        };
    }

    /**
     * Encodes the pictures and videos whose rows the next pass reads. What fails here ends its own request.
     *
     * @return whether the request can take part
     */
    private boolean encodeMedia(Pass.Share share) {
        try {
            share.generation().encodeMedia(share.first(), share.first() + share.count(), encoder, () -> closing);
            return true;
        } catch (CancelledException e) {
            return false; // ended in the next round
        } catch (RuntimeException e) {
            end(share.generation());
            share.generation().fail(e);
            return false;
        }
    }

    /** One request goes on from its logits; what fails here fails this request alone. */
    private void goOn(Generation g) {
        try {
            FinishReason reason = g.accept(logits);
            if (reason != null) {
                end(g);
                g.finish(reason);
            }
        } catch (RuntimeException e) {
            end(g);
            g.fail(e);
        }
    }

    /** Refuses new work, ends all requests, waits for the pass in hand; idempotent. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            closing = true;
            work.signal();
        } finally {
            lock.unlock();
        }
        boolean interrupted = false;
        while (thread.isAlive()) {
            if (Thread.currentThread() == thread) {
                throw new IllegalStateException("a model cannot be closed by its own engine");
            }
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true; // told to the caller below; the mappings must not go before the engine
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}

package org.kimi4j.spring;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.kimi4j.KimiModel;
import org.kimi4j.KimiOptions;
import org.kimi4j.LoadProgress;
import org.kimi4j.ModelStats;
import org.kimi4j.error.BackendUnavailableException;
import org.kimi4j.error.CancelledException;
import org.kimi4j.error.ClosedException;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.SmartLifecycle;

/**
 * The model of the application while it is opened, used and closed; owns it. Opening happens once, on a thread of its own
 * or while the application starts. Safe for all threads.
 */
public final class KimiLoading implements Supplier<KimiModel>, SmartLifecycle, DisposableBean {

    /** A model that reads more per token than this is of no use on a slow JVM. */
    private static final long SLOW_LIMIT_BYTES = 256L << 20;

    /** Stops after the web server has stopped taking requests and has ended those it had. */
    private static final int PHASE = Integer.MAX_VALUE - 8192;

    private static final Log LOG = LogFactory.getLog(KimiLoading.class);

    private final Path directory;
    private final String name;
    private final KimiOptions options;
    private final boolean inBackground;
    private final ApplicationEventPublisher events;
    private final CompletableFuture<KimiModel> opened = new CompletableFuture<>();
    private final AtomicBoolean begun = new AtomicBoolean();
    private volatile LoadProgress progress = new LoadProgress("waiting", 0, 0);
    private volatile boolean running;
    private volatile boolean stopping;

    /** @param inBackground whether {@link #start} returns before the model is opened */
    KimiLoading(
            Path directory, String name, KimiOptions options, boolean inBackground, ApplicationEventPublisher events) {
        this.directory = directory;
        this.name = name;
        this.options = options.with(o -> o.progress(this::tell));
        this.inBackground = inBackground;
        this.events = events;
    }

    /** What the model is called. */
    public String name() {
        return name;
    }

    /** Whether the model is open. */
    public boolean isReady() {
        return opened.isDone() && !opened.isCompletedExceptionally() && !stopping;
    }

    /** Why the model could not be opened; empty if it is not known to have failed. */
    public Optional<Throwable> failure() {
        return opened.isCompletedExceptionally() ? Optional.of(opened.exceptionNow()) : Optional.empty();
    }

    /** What opening is doing. */
    public LoadProgress progress() {
        return progress;
    }

    /** The model if it is open. */
    public Optional<KimiModel> ifReady() {
        return isReady() ? Optional.of(opened.resultNow()) : Optional.empty();
    }

    /**
     * The model; waits until it is open.
     *
     * @throws ClosedException while the application ends
     * @throws org.kimi4j.error.KimiException why it could not be opened
     */
    @Override
    public KimiModel get() {
        if (stopping) {
            throw new ClosedException("the application is shutting down and takes no requests");
        }
        begin(true);
        try {
            return opened.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancelledException("interrupted while the model was being opened", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException why) {
                throw why;
            }
            throw new IllegalStateException("the model of " + directory + " could not be opened", e.getCause());
        }
    }

    private void begin(boolean background) {
        if (!begun.compareAndSet(false, true)) {
            return;
        }
        if (background) {
            Thread.ofPlatform().daemon().name("kimi-load").start(this::open);
        } else {
            open();
        }
    }

    private void open() {
        try {
            Optional<String> slow = SlowJvm.problem();
            slow.ifPresent(problem -> LOG.warn("Kimi: " + problem));
            KimiModel model = KimiModel.open(directory, options);
            try {
                prepare(model, slow);
            } catch (RuntimeException | Error e) {
                model.close();
                throw e;
            }
            opened.complete(model);
            if (stopping) {
                model.close();
            }
            LOG.info("Kimi: model " + name + " is open, kernels " + model.kernelsName());
            tell(new LoadProgress("ready", 1, 1));
        } catch (Throwable e) {
            opened.completeExceptionally(e);
            LOG.error("Kimi: the model of " + directory + " could not be opened", e);
            tell(new LoadProgress("failed", 0, 0));
        }
    }

    /** Everything the first request needs, and what must be refused now rather than then. */
    private void prepare(KimiModel model, Optional<String> slow) {
        if (slow.isPresent() && model.bytesPerToken() > SLOW_LIMIT_BYTES) {
            throw new BackendUnavailableException("a model that reads " + model.bytesPerToken() / 1_000_000
                    + " MB per token is of no use on this JVM: " + slow.get());
        }
        model.tokenizer();
        model.chatFormat();
    }

    private void tell(LoadProgress stage) {
        if (stage.stage().equals("ready") && !opened.isDone()) {
            return; // the library's own; ours comes when requests can be served
        }
        progress = stage;
        events.publishEvent(new KimiLoadEvent(this, stage));
    }

    @Override
    public void start() {
        running = true;
        begin(inBackground);
        if (!inBackground) {
            get();
        }
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }

    @Override
    public void stop() {
        running = false;
        stopping = true;
    }

    /** Takes no further requests, and lets those that run end; Spring waits as long as its shutdown timeout says. */
    @Override
    public void stop(Runnable callback) {
        Optional<KimiModel> model = ifReady();
        stop();
        Thread.ofVirtual().name("kimi-drain").start(() -> {
            model.ifPresent(KimiLoading::drain);
            callback.run();
        });
    }

    private static void drain(KimiModel model) {
        ModelStats stats = model.stats();
        while (stats.active() + stats.waiting() > 0) {
            LockSupport.parkNanos(20_000_000);
            stats = model.stats();
        }
    }

    /** Closes the model; what still runs is cancelled. */
    @Override
    public void destroy() {
        stopping = true;
        if (opened.isDone() && !opened.isCompletedExceptionally()) {
            opened.resultNow().close();
        }
    }
}

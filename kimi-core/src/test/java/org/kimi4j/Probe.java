package org.kimi4j;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** A subscriber that notes every signal and whether the publisher keeps its rules: one signal at a time, none too many. */
class Probe implements Flow.Subscriber<Delta> {

    final List<Delta> pieces = new ArrayList<>();
    final LinkedBlockingQueue<String> signals = new LinkedBlockingQueue<>();
    final CountDownLatch subscribed = new CountDownLatch(1);
    final List<String> violations = new ArrayList<>();
    private final Consumer<Flow.Subscription> atSubscribe;
    private final Consumer<Delta> atNext;
    private final AtomicBoolean signalling = new AtomicBoolean();
    private volatile Flow.Subscription subscription;
    private Optional<Throwable> error = Optional.empty();
    private boolean ended;

    /**
     * @param atSubscribe done with the subscription
     * @param atNext done with each piece
     */
    Probe(Consumer<Flow.Subscription> atSubscribe, Consumer<Delta> atNext) {
        this.atSubscribe = atSubscribe;
        this.atNext = atNext;
    }

    Flow.Subscription subscription() {
        Gate.await(subscribed);
        return subscription;
    }

    /** The next signal: {@code next}, {@code complete} or {@code error}. */
    String await() throws InterruptedException {
        String signal = signals.poll(5, TimeUnit.MINUTES);
        return signal == null ? "nothing for a minute" : signal;
    }

    Throwable error() {
        return error.orElseThrow();
    }

    private void signal(String name, Runnable body) {
        if (!signalling.compareAndSet(false, true)) {
            violations.add(name + " while another signal was being handled");
        }
        if (ended) {
            violations.add(name + " after the end");
        }
        if (subscription == null) {
            violations.add(name + " before onSubscribe");
        }
        try {
            body.run();
        } finally {
            signalling.set(false);
            signals.add(name);
        }
    }

    @Override
    public void onSubscribe(Flow.Subscription s) {
        subscription = s;
        subscribed.countDown();
        atSubscribe.accept(s);
    }

    @Override
    public void onNext(Delta piece) {
        signal("next", () -> {
            pieces.add(piece);
            atNext.accept(piece);
        });
    }

    @Override
    public void onError(Throwable e) {
        signal("error", () -> {
            error = Optional.of(e);
            ended = true;
        });
    }

    @Override
    public void onComplete() {
        signal("complete", () -> ended = true);
    }
}

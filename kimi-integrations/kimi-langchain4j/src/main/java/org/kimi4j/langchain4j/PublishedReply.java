package org.kimi4j.langchain4j;

import dev.langchain4j.model.chat.response.ChatModelStreamingEvent;
import dev.langchain4j.model.chat.response.CompleteResponse;
import java.lang.System.Logger.Level;
import java.util.Optional;
import java.util.concurrent.Flow;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.kimi4j.Delta;
import org.kimi4j.ReplyStream;

/** A reply delivered to a subscriber, who is waited for if it asks for little. One thread delivers; any may ask or cancel. */
final class PublishedReply implements Flow.Subscription {

    private static final System.Logger LOG = System.getLogger("org.kimi4j.langchain4j");

    private final ModelAccess access;
    private final ModelAccess.Prepared request;
    private final Flow.Subscriber<? super ChatModelStreamingEvent> subscriber;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private long demand;
    private boolean cancelled;
    private @Nullable RuntimeException illegal;
    private @Nullable ReplyStream stream;

    PublishedReply(
            ModelAccess access,
            ModelAccess.Prepared request,
            Flow.Subscriber<? super ChatModelStreamingEvent> subscriber) {
        this.access = access;
        this.request = request;
        this.subscriber = subscriber;
    }

    /** The end of a delivery because the subscriber cancelled. */
    private static final class CancelledSignal extends RuntimeException {
        CancelledSignal() {
            super("cancelled", null, false, false);
        }
    }

    /** What the subscriber threw, which must not be answered with a signal. */
    private static final class SubscriberFailure extends RuntimeException {
        SubscriberFailure(RuntimeException cause) {
            super(cause);
        }
    }

    void deliver() {
        try {
            signal(() -> subscriber.onSubscribe(this));
            publish();
            if (!isCancelled()) {
                signal(subscriber::onComplete);
            }
        } catch (CancelledSignal e) {
            LOG.log(Level.DEBUG, "a subscriber cancelled its reply");
        } catch (SubscriberFailure e) {
            LOG.log(Level.WARNING, "a subscriber threw; its reply is cancelled", e.getCause());
        } catch (RuntimeException e) {
            fail(Failures.of(e));
        }
    }

    private void publish() {
        try (ReplyStream opened = access.open(request)) {
            setStream(opened);
            ReplyEvents events = new ReplyEvents();
            for (Optional<Delta> next = opened.next(); next.isPresent(); next = opened.next()) {
                events.of(next.get()).ifPresent(this::give);
            }
            give(new CompleteResponse(ReplyMapping.response(access.modelName(), opened.reply())));
        }
    }

    private void give(ChatModelStreamingEvent event) {
        takeDemand();
        signal(() -> subscriber.onNext(event));
    }

    private void fail(RuntimeException failure) {
        if (isCancelled()) {
            return;
        }
        try {
            subscriber.onError(failure);
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "onError threw", e);
        }
    }

    private boolean isCancelled() {
        lock.lock();
        try {
            return cancelled;
        } finally {
            lock.unlock();
        }
    }

    private static void signal(Runnable signal) {
        try {
            signal.run();
        } catch (RuntimeException e) {
            throw new SubscriberFailure(e);
        }
    }

    private void takeDemand() {
        lock.lock();
        try {
            while (demand == 0 && !cancelled && illegal == null) {
                changed.awaitUninterruptibly();
            }
            if (cancelled) {
                throw new CancelledSignal();
            }
            if (illegal != null) {
                throw illegal;
            }
            if (demand != Long.MAX_VALUE) {
                demand--;
            }
        } finally {
            lock.unlock();
        }
    }

    private void setStream(ReplyStream opened) {
        lock.lock();
        try {
            if (cancelled) {
                throw new CancelledSignal();
            }
            stream = opened;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void request(long n) {
        lock.lock();
        try {
            if (n <= 0) {
                illegal = new IllegalArgumentException("request: expected a positive number, found " + n);
            } else {
                demand = demand + n < 0 ? Long.MAX_VALUE : demand + n;
            }
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void cancel() {
        lock.lock();
        try {
            cancelled = true;
            if (stream != null) {
                stream.cancel();
            }
            changed.signal();
        } finally {
            lock.unlock();
        }
    }
}

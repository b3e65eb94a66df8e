package org.kimi4j;

import java.lang.System.Logger.Level;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Flow;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * A reply for each subscriber, delivered on a virtual thread of its own at the pace the subscriber asks for. A subscriber
 * that asks for little is waited for; nobody else is.
 */
final class ReplyPublisher implements Flow.Publisher<Delta> {

    private static final System.Logger LOG = System.getLogger("org.kimi4j");

    private final Supplier<ReplyStream> start;

    ReplyPublisher(Supplier<ReplyStream> start) {
        this.start = start;
    }

    @Override
    public void subscribe(Flow.Subscriber<? super Delta> subscriber) {
        Delivery delivery = new Delivery(Objects.requireNonNull(subscriber, "subscriber"));
        Thread.ofVirtual().name("kimi-reply").start(delivery::run);
    }

    private final class Delivery implements Flow.Subscription {
        private final Flow.Subscriber<? super Delta> subscriber;
        private final ReentrantLock lock = new ReentrantLock();
        private final Condition changed = lock.newCondition();
        private long demand;
        private boolean cancelled;
        private OptionalLong invalid = OptionalLong.empty();
        private Optional<ReplyStream> stream = Optional.empty();

        Delivery(Flow.Subscriber<? super Delta> subscriber) {
            this.subscriber = subscriber;
        }

        void run() {
            try {
                subscriber.onSubscribe(this);
                if (awaitDemand()) {
                    deliver();
                }
            } catch (RuntimeException e) {
                // A subscriber that throws counts as gone; it must not be given another signal.
                LOG.log(Level.WARNING, "a subscriber threw; its reply is cancelled", e);
            }
        }

        private void deliver() {
            ReplyStream opened;
            try {
                opened = start.get();
            } catch (RuntimeException e) {
                fail(e);
                return;
            }
            try (opened) {
                setStream(opened);
                while (true) {
                    Optional<Delta> next;
                    try {
                        next = opened.next();
                    } catch (RuntimeException e) {
                        fail(e);
                        return;
                    }
                    if (next.isEmpty()) {
                        break;
                    }
                    if (!awaitDemand()) {
                        return;
                    }
                    take();
                    subscriber.onNext(next.get());
                }
            }
            if (!isCancelled()) {
                subscriber.onComplete();
            }
        }

        private void fail(RuntimeException e) {
            if (!isCancelled()) {
                subscriber.onError(e);
            }
        }

        /** Waits until a piece is asked for; false if the subscriber is gone. */
        private boolean awaitDemand() {
            OptionalLong refused;
            lock.lock();
            try {
                while (demand == 0 && !cancelled && invalid.isEmpty()) {
                    changed.awaitUninterruptibly();
                }
                if (cancelled || invalid.isEmpty()) {
                    return !cancelled;
                }
                refused = invalid;
                cancelled = true;
            } finally {
                lock.unlock();
            }
            subscriber.onError(new IllegalArgumentException(
                    "request: expected a positive number of pieces, found " + refused.getAsLong()));
            return false;
        }

        private void take() {
            lock.lock();
            try {
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
                stream = Optional.of(opened);
                if (cancelled) {
                    opened.cancel();
                }
            } finally {
                lock.unlock();
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

        @Override
        public void request(long n) {
            lock.lock();
            try {
                if (n <= 0) {
                    invalid = OptionalLong.of(n);
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
                stream.ifPresent(ReplyStream::cancel);
                changed.signal();
            } finally {
                lock.unlock();
            }
        }
    }
}

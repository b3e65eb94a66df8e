package org.kimi4j;

import java.util.Optional;
import java.util.concurrent.Flow;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * A reply for each subscriber, delivered on a virtual thread of its own at the pace the subscriber asks for. A subscriber
 * that asks for little is waited for; nobody else is.
 */
final class ReplyPublisher implements Flow.Publisher<Delta> {

    private final Supplier<ReplyStream> start;

    ReplyPublisher(Supplier<ReplyStream> start) {
        this.start = start;
    }

    @Override
    public void subscribe(Flow.Subscriber<? super Delta> subscriber) {
        Thread.ofVirtual().name("kimi-reply").start(new Delivery(subscriber)::run);
    }

    private final class Delivery implements Flow.Subscription {
        private final Flow.Subscriber<? super Delta> subscriber;
        private final ReentrantLock lock = new ReentrantLock();
        private final Condition changed = lock.newCondition();
        private long demand;
        private boolean cancelled;
        private boolean invalid;
        private Optional<ReplyStream> stream = Optional.empty();

        Delivery(Flow.Subscriber<? super Delta> subscriber) {
            this.subscriber = subscriber;
        }

        void run() {
            subscriber.onSubscribe(this);
            if (!awaitDemand()) {
                return;
            }
            try (ReplyStream opened = start.get()) {
                setStream(opened);
                while (true) {
                    Optional<Delta> next = opened.next();
                    if (next.isEmpty()) {
                        break;
                    }
                    if (!awaitDemand()) {
                        return;
                    }
                    take();
                    subscriber.onNext(next.get());
                }
            } catch (RuntimeException e) {
                if (!isCancelled()) {
                    subscriber.onError(e);
                }
                return;
            }
            if (!isCancelled()) {
                subscriber.onComplete();
            }
        }

        /** Waits until a piece is asked for; false if the subscriber is gone. */
        private boolean awaitDemand() {
            lock.lock();
            try {
                while (demand == 0 && !cancelled && !invalid) {
                    changed.awaitUninterruptibly();
                }
                if (invalid && !cancelled) {
                    cancelled = true;
                    subscriber.onError(new IllegalArgumentException("request: expected a positive number of pieces"));
                }
                return !cancelled;
            } finally {
                lock.unlock();
            }
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
                    invalid = true;
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

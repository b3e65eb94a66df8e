package org.kimi4j.examples;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import org.kimi4j.Delta;
import org.kimi4j.Kimi;
import org.kimi4j.Reply;

/**
 * Replies that nobody waits for: futures, which the model computes together, and a publisher, whose subscriber sets the
 * pace.
 */
public final class AsyncReplies {

    private AsyncReplies() {}

    public static void main(String[] args) throws InterruptedException {
        try (Kimi kimi = Kimi.load(ExampleModel.of(args))) {
            List<CompletableFuture<Reply>> replies = List.of("Norway", "Italy", "Japan").stream()
                    .map(country -> kimi.chat()
                            .user("What is the capital of " + country + "?")
                            .thinking(false)
                            .temperature(0)
                            .sendAsync())
                    .toList();
            for (CompletableFuture<Reply> reply : replies) {
                System.out.println(reply.join().text());
            }

            CountDownLatch ended = new CountDownLatch(1);
            kimi.chat()
                    .user("What is the opposite of hot?")
                    .temperature(0)
                    .publish()
                    .subscribe(new OneByOne(ended));
            ended.await();
        }
    }

    /** Asks for the next piece when it has dealt with the last. */
    private static final class OneByOne implements Flow.Subscriber<Delta> {
        private final CountDownLatch ended;
        private Flow.Subscription subscription;

        OneByOne(CountDownLatch ended) {
            this.ended = ended;
        }

        @Override
        public void onSubscribe(Flow.Subscription s) {
            subscription = s;
            s.request(1);
        }

        @Override
        public void onNext(Delta delta) {
            System.out.print(delta.text());
            subscription.request(1);
        }

        @Override
        public void onError(Throwable failure) {
            System.out.println(failure.getMessage());
            ended.countDown();
        }

        @Override
        public void onComplete() {
            System.out.println();
            ended.countDown();
        }
    }
}

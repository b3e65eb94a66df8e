package org.kimi4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.kimi4j.nano.KimiNano;

/** Many threads, many requests, many of them cancelled: each that ends by itself has the answer it gets alone. */
class ManyCallersTest {

    private static final long SEED = 20261109;
    private static final int THREADS = 64;
    private static final int REQUESTS = 500;
    private static final List<String> QUESTIONS = List.of(
            "Which city is the capital of China",
            "What is the capital of France?",
            "My name is Anna.",
            "hello",
            "Which day comes after Monday?",
            "What is the opposite of hot?",
            "Spell cat",
            "Who are you?");

    private static ChatRequest request(Kimi kimi, int question) {
        return kimi.chat()
                .system("You are a helpful assistant. Answer the question of the user.")
                .user(QUESTIONS.get(question % QUESTIONS.size()))
                .thinking(question % 3 == 0)
                .temperature(question % 2 == 0 ? 0 : 0.8)
                .seed(question)
                .maxTokens(3 + question % 6);
    }

    @Test
    void everyAnswerEqualsTheOneItGetsAlone() throws Exception {
        int questions = 24;
        List<String> alone = new ArrayList<>();
        try (Kimi kimi = Kimi.load(KimiNano.path())) {
            for (int q = 0; q < questions; q++) {
                alone.add(request(kimi, q).send().parsed().toString());
            }
        }
        Map<Integer, String> wrong = new ConcurrentHashMap<>();
        ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
        AtomicInteger cancelled = new AtomicInteger();
        AtomicInteger whole = new AtomicInteger();
        try (Kimi kimi = Kimi.load(KimiNano.path(), KimiOptions.DEFAULTS.with(o -> o.maxBatch(12)));
                var threads = Executors.newFixedThreadPool(THREADS)) {
            CountDownLatch begin = new CountDownLatch(1);
            List<Future<?>> all = new ArrayList<>();
            for (int r = 0; r < REQUESTS; r++) {
                SplittableRandom random = new SplittableRandom(SEED + r);
                int question = random.nextInt(questions);
                int pieces = random.nextInt(3) == 0 ? random.nextInt(8) : Integer.MAX_VALUE;
                boolean close = random.nextBoolean();
                all.add(threads.submit(() -> {
                    Gate.await(begin);
                    try (ReplyStream stream = request(kimi, question).open()) {
                        for (int i = 0; i < pieces; i++) {
                            kimi.model().stats();
                            if (stream.next().isEmpty()) {
                                String answer = stream.reply().parsed().toString();
                                whole.incrementAndGet();
                                if (!answer.equals(alone.get(question))) {
                                    wrong.put(question, answer);
                                }
                                return;
                            }
                        }
                        cancelled.incrementAndGet();
                        if (!close) {
                            stream.cancel();
                            Reply cut = stream.reply();
                            assertThat(cut.finishReason()).isNotNull();
                        }
                    } catch (Throwable e) {
                        failures.add(e);
                    }
                }));
            }
            begin.countDown();
            for (Future<?> f : all) {
                f.get(120, TimeUnit.SECONDS);
            }
            Settled.assertIdle(kimi.model());
            assertThat(failures).as("seed %d", SEED).isEmpty();
            assertThat(wrong).as("seed %d", SEED).isEmpty();
            assertThat(cancelled.get()).as("cancelled").isBetween(REQUESTS / 6, REQUESTS / 2);
            assertThat(whole.get()).isEqualTo(REQUESTS - cancelled.get());
            assertThat(kimi.model().stats().idleTimelines()).isLessThanOrEqualTo(256);
            kimi.close();
            assertThat(kimi.model().stats().kvBytes())
                    .as("cache in use after closing")
                    .isZero();
        }
    }
}

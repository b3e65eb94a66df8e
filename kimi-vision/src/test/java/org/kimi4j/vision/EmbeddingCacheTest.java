package org.kimi4j.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.kimi4j.error.CancelledException;
import org.kimi4j.error.MediaException;

@Timeout(60)
class EmbeddingCacheTest {

    /** What was encoded, in this order. */
    private final List<String> encoded = new ArrayList<>();

    /** A thread for each task: the common pool of a machine with one core has no second one. */
    private static final Executor THREADS = task -> Thread.ofPlatform().daemon().start(task);

    private static EmbeddingCache.Rows rows(int tokens) {
        return new EmbeddingCache.Rows(tokens, 4, new float[4 * tokens]);
    }

    /** Asks for the rows of an item. */
    private EmbeddingCache.Rows ask(EmbeddingCache.Share share, String hash, int tokens) {
        return share.rows(hash, () -> false, () -> {
            encoded.add(hash);
            return rows(tokens);
        });
    }

    @Test
    void leastRecentlyUsedIsGivenUpFirst() {
        try (EmbeddingCache.Share share = EmbeddingCache.open(this, 3 * 16)) {
            for (String hash : List.of("a", "b", "c", "a", "d", "a", "b")) {
                ask(share, hash, 1);
            }
            assertThat(encoded).containsExactly("a", "b", "c", "d", "b");
            assertThat(share.bytes()).isEqualTo(3 * 16);
        }
    }

    @Test
    void whatIsLargerThanTheBudgetIsNotKept() {
        try (EmbeddingCache.Share share = EmbeddingCache.open(this, 3 * 16)) {
            ask(share, "a", 1);
            ask(share, "large", 4);
            ask(share, "large", 4);
            ask(share, "a", 1);
            assertThat(encoded).containsExactly("a", "large", "large");
            ask(share, "whole", 3);
            ask(share, "a", 1);
            assertThat(encoded).containsExactly("a", "large", "large", "whole", "a");
            assertThat(share.bytes()).isEqualTo(16);
        }
    }

    @Test
    void sharesOfTheSameWeightsEncodeOnceAndOthersByThemselves() {
        try (EmbeddingCache.Share one = EmbeddingCache.open("weights", 100);
                EmbeddingCache.Share two = EmbeddingCache.open("weights", 100);
                EmbeddingCache.Share other = EmbeddingCache.open("other weights", 100);
                EmbeddingCache.Share without = EmbeddingCache.open("weights", 0)) {
            EmbeddingCache.Rows first = ask(one, "a", 1);
            assertThat(ask(two, "a", 1)).isSameAs(first);
            assertThat(encoded).hasSize(1);
            assertThat(ask(other, "a", 1)).isNotSameAs(first);
            assertThat(ask(without, "a", 1)).isNotSameAs(first);
            assertThat(ask(without, "a", 1)).isNotSameAs(first);
            assertThat(encoded).hasSize(4);
        }
    }

    @Test
    void theLargestBudgetOfTheOpenSharesCountsAndTheLastOneTakesEverythingWithIt() {
        EmbeddingCache.Share small = EmbeddingCache.open(this, 16);
        EmbeddingCache.Share large = EmbeddingCache.open(this, 48);
        ask(small, "a", 1);
        ask(small, "b", 1);
        assertThat(small.bytes()).isEqualTo(32);
        large.close();
        assertThat(small.bytes()).isEqualTo(16);
        large.close();
        ask(small, "b", 1);
        assertThat(encoded).containsExactly("a", "b");
        small.close();
        assertThat(small.bytes()).isZero();
        try (EmbeddingCache.Share anew = EmbeddingCache.open(this, 16)) {
            ask(anew, "b", 1);
            assertThat(encoded).containsExactly("a", "b", "b");
        }
    }

    /** An encoding on a thread of its own that goes on when told to. */
    private static final class Slow {
        private final CountDownLatch begun = new CountDownLatch(1);
        private final CountDownLatch goOn = new CountDownLatch(1);
        private final CompletableFuture<EmbeddingCache.Rows> result;

        Slow(EmbeddingCache.Share share, String hash, boolean fails) {
            result = CompletableFuture.supplyAsync(
                    () -> share.rows(hash, () -> false, () -> {
                        begun.countDown();
                        try {
                            goOn.await();
                        } catch (InterruptedException e) {
                            throw new IllegalStateException(e);
                        }
                        if (fails) {
                            throw new MediaException("fails");
                        }
                        return rows(100);
                    }),
                    THREADS);
        }
    }

    @Test
    void whatAnotherShareIsEncodingIsWaitedForEvenIfItIsTooLargeToBeKept() throws InterruptedException {
        try (EmbeddingCache.Share one = EmbeddingCache.open(this, 16);
                EmbeddingCache.Share two = EmbeddingCache.open(this, 16)) {
            Slow slow = new Slow(one, "a", false);
            slow.begun.await();
            CountDownLatch waits = new CountDownLatch(1);
            CompletableFuture<EmbeddingCache.Rows> second = CompletableFuture.supplyAsync(
                    () -> two.rows(
                            "a",
                            () -> {
                                waits.countDown();
                                return false;
                            },
                            () -> rows(1)),
                    THREADS);
            waits.await();
            ask(two, "b", 1);
            assertThat(second).isNotDone();
            slow.goOn.countDown();
            assertThat(second.join()).isSameAs(slow.result.join());
        }
    }

    @Test
    void whoeverWaitsEncodesItIfTheOtherFailsAndStopsIfItIsCancelled() throws InterruptedException {
        try (EmbeddingCache.Share one = EmbeddingCache.open(this, 16);
                EmbeddingCache.Share two = EmbeddingCache.open(this, 16)) {
            Slow slow = new Slow(one, "a", true);
            slow.begun.await();
            assertThatThrownBy(() -> two.rows("a", () -> true, () -> rows(1))).isInstanceOf(CancelledException.class);
            CountDownLatch waits = new CountDownLatch(1);
            CompletableFuture<EmbeddingCache.Rows> second = CompletableFuture.supplyAsync(
                    () -> two.rows(
                            "a",
                            () -> {
                                waits.countDown();
                                return false;
                            },
                            () -> rows(1)),
                    THREADS);
            waits.await();
            slow.goOn.countDown();
            assertThat(second.join().tokens()).isEqualTo(1);
            assertThatThrownBy(slow.result::join).hasCauseInstanceOf(MediaException.class);
        }
    }

    @Test
    void filesAreTheSameByWhateverPathUntilOneIsReplaced(@TempDir Path folder) throws IOException {
        Path real = Files.createDirectories(folder.resolve("real"));
        Path linked = Files.createDirectories(folder.resolve("linked"));
        Path copied = Files.createDirectories(folder.resolve("copied"));
        for (String name : List.of("config.json", "model.safetensors")) {
            Files.writeString(real.resolve(name), name);
            Files.createSymbolicLink(linked.resolve(name), real.resolve(name));
            Files.copy(real.resolve(name), copied.resolve(name));
        }
        Files.writeString(real.resolve("README.md"), "something else");
        WeightFiles before = WeightFiles.of(real).orElseThrow();
        assertThat(WeightFiles.of(linked)).contains(before);
        assertThat(WeightFiles.of(copied)).isPresent().get().isNotEqualTo(before);
        Files.writeString(real.resolve("config.json"), "something else");
        assertThat(WeightFiles.of(real)).isPresent().get().isNotEqualTo(before);
        assertThat(WeightFiles.of(folder.resolve("none"))).isEmpty();
    }
}

package org.kimi4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kimi4j.error.ClosedException;
import org.kimi4j.kernel.Rows;
import org.kimi4j.nano.KimiNano;

/** Opening and closing, at any moment, leaves nothing behind. */
class LifecycleTest {

    private static Set<String> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("kimi-"))
                .collect(Collectors.toSet());
    }

    @Test
    void closingTwiceIsClosingOnceAndStopsAllThreads() {
        Kimi kimi = Kimi.load(KimiNano.path());
        kimi.chat().user("hello").maxTokens(2).send();
        assertThat(threads()).isNotEmpty();
        kimi.close();
        assertThat(threads()).isEmpty();
        kimi.close();
        kimi.model().close();
    }

    @Test
    void unusedModelCanBeClosed() {
        Kimi.load(KimiNano.path()).close();
        KimiModel.open(KimiNano.path()).close();
        assertThat(threads()).isEmpty();
    }

    /** The engine is inside a given layer of a given pass when the model is closed: 0 reads the prompt, later ones generate. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 5})
    void closingEndsAPassWithinOneLayer(int pass) throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        List<Integer> layersAfter = new ArrayList<>();
        Gate gate = new Gate() {
            private int passes = -1;

            @Override
            public void append(int layer, Rows rows) {
                passes += layer == 0 ? 1 : 0;
                if (inside.getCount() == 0) {
                    layersAfter.add(layer);
                }
                if (passes == pass && layer == 2) {
                    inside.countDown();
                    await(goOn);
                }
            }
        };
        Kimi kimi = Kimi.load(KimiNano.path(), WatchedBackend.watchedBy(gate));
        ReplyStream stream = Endless.request(kimi, "Tell me something", 1500).open();
        await(inside);
        Thread closing = Thread.ofPlatform().name("closing").start(kimi::close);
        while (closing.getState() != Thread.State.WAITING) {
            Thread.onSpinWait(); // it waits for the engine
        }
        assertThatThrownBy(() -> kimi.chat().user("hello").send()).isInstanceOf(ClosedException.class);
        goOn.countDown();
        closing.join(60_000);
        assertThat(closing.isAlive()).isFalse();
        assertThatThrownBy(stream::reply).isInstanceOf(ClosedException.class).hasMessage("the model is closed");
        assertThat(layersAfter).as("layers begun after closing").isEmpty();
        assertThat(threads()).isEmpty();
    }

    private static void await(CountDownLatch latch) {
        Gate.await(latch);
    }

    @Test
    void sessionsAndRepliesOfAClosedModelCanBeClosedInAnyOrder() {
        Kimi kimi = Kimi.load(KimiNano.path());
        Session session = kimi.model().newSession();
        session.append(1, 2, 3);
        ReplyStream stream = Endless.request(kimi, "Tell me something", 1500).open();
        kimi.close();
        stream.close();
        session.close();
        assertThat(threads()).isEmpty();
    }

    @Test
    void manyThreadsMayCloseWhileOthersAsk() throws Exception {
        for (int round = 0; round < 5; round++) {
            Kimi kimi = Kimi.load(KimiNano.path());
            CountDownLatch begun = new CountDownLatch(8);
            ConcurrentLinkedQueue<Throwable> unexpected = new ConcurrentLinkedQueue<>();
            List<Thread> all = new ArrayList<>();
            for (int t = 0; t < 8; t++) {
                all.add(Thread.ofPlatform().start(() -> {
                    begun.countDown();
                    try {
                        while (true) {
                            kimi.chat()
                                    .user("hello")
                                    .thinking(false)
                                    .maxTokens(3)
                                    .send();
                        }
                    } catch (ClosedException e) {
                        // what is expected
                    } catch (Throwable e) {
                        unexpected.add(e);
                    }
                }));
            }
            await(begun);
            for (int t = 0; t < 3; t++) {
                all.add(Thread.ofPlatform().start(kimi::close));
            }
            for (Thread t : all) {
                t.join(60_000);
                assertThat(t.isAlive()).isFalse();
            }
            assertThat(unexpected).isEmpty();
        }
        assertThat(threads()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"reading headers", "ready"})
    void listenerThatThrowsWhileOpeningLeavesNothingBehind(String stage) {
        RuntimeException own = new IllegalStateException("of the listener");
        KimiOptions options = KimiOptions.DEFAULTS.with(o -> o.progress(p -> {
            if (p.stage().equals(stage)) {
                throw own;
            }
        }));
        assertThatThrownBy(() -> Kimi.load(KimiNano.path(), options)).isSameAs(own);
        assertThat(threads()).isEmpty();
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "counts mappings and memory in /proc")
    void manyCyclesEndWithTheThreadsMappingsAndMemoryOfTheFirst() throws Exception {
        List<String> lines = ChildJvm.run(
                OpenAskClose.class,
                List.of("-XX:NativeMemoryTracking=summary", "-Xmx256m"),
                KimiNano.path().toString());
        OpenAskClose.State first = OpenAskClose.State.parse(lines.get(0));
        OpenAskClose.State last = OpenAskClose.State.parse(lines.get(1));
        assertThat(last.threads()).as("threads").isLessThanOrEqualTo(first.threads());
        assertThat(last.checkpointMappings()).as("mappings of the checkpoint").isZero();
        // The JVM and its C library make some of their own; a leak would be a file or an arena each cycle.
        assertThat(last.mappings() - first.mappings()).as("mappings").isLessThan(OpenAskClose.CYCLES / 4);
        assertThat(last.arenaBytes() - first.arenaBytes())
                .as("bytes of arenas, first %s, last %s", first, last)
                .isLessThan(256 << 10);
    }
}

package org.kimi4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.kimi4j.error.ContextLengthException;
import org.kimi4j.nano.KimiNano;

/** The publisher against the rules of reactive streams that a subscriber can rely on. */
class ReplyPublisherTest {

    private static final Gate GATE = new Gate();
    private static Kimi kimi;

    @BeforeAll
    static void open() {
        kimi = Kimi.load(KimiNano.path(), WatchedBackend.watchedBy(GATE));
    }

    @AfterAll
    static void close() {
        kimi.close();
    }

    private static ChatRequest request() {
        return kimi.chat()
                .user("Which city is the capital of China")
                .thinking(false)
                .temperature(0);
    }

    private static void assertWhole(Probe probe) {
        assertThat(probe.violations).isEmpty();
        ReplyFormsTest.assertJoined(probe.pieces, request().send());
    }

    private static void awaitEnd(Probe probe, String end) throws InterruptedException {
        String signal = probe.await();
        while (signal.equals("next")) {
            signal = probe.await();
        }
        assertThat(signal).isEqualTo(end);
    }

    @Test
    void unboundedDemandGetsTheWholeReply() throws Exception {
        Probe probe = new Probe(s -> s.request(Long.MAX_VALUE), _ -> {});
        request().publish().subscribe(probe);
        awaitEnd(probe, "complete");
        assertWhole(probe);
    }

    @Test
    void onePieceComesForEachOneAskedFor() throws Exception {
        int expected = count();
        Probe probe = new Probe(_ -> {}, _ -> {});
        request().publish().subscribe(probe);
        for (int i = 0; i < expected; i++) {
            assertThat(probe.signals).as("nothing that was not asked for").isEmpty();
            probe.subscription().request(1);
            assertThat(probe.await()).isEqualTo("next");
        }
        assertThat(probe.await()).as("the end needs no demand").isEqualTo("complete");
        assertWhole(probe);
    }

    private static int count() {
        List<Delta> pieces = new ArrayList<>();
        request().stream(pieces::add);
        return pieces.size();
    }

    @Test
    void demandFromWithinOnNextIsTaken() throws Exception {
        List<Flow.Subscription> own = new ArrayList<>();
        Probe probe = new Probe(
                s -> {
                    own.add(s);
                    s.request(1);
                },
                _ -> own.getFirst().request(1));
        request().publish().subscribe(probe);
        awaitEnd(probe, "complete");
        assertWhole(probe);
    }

    @Test
    void demandsAddUpWithoutOverflow() throws Exception {
        Probe probe = new Probe(
                s -> {
                    s.request(Long.MAX_VALUE - 1);
                    s.request(Long.MAX_VALUE - 1);
                },
                _ -> {});
        request().publish().subscribe(probe);
        awaitEnd(probe, "complete");
        assertWhole(probe);
    }

    @Test
    void nothingIsComputedBeforeTheFirstDemand() throws Exception {
        GATE.passes.clear();
        Probe probe = new Probe(_ -> {}, _ -> {});
        request().publish().subscribe(probe);
        probe.subscription();
        Settled.assertIdle(kimi.model());
        assertThat(GATE.passes).isEmpty();
        probe.subscription().request(Long.MAX_VALUE);
        awaitEnd(probe, "complete");
        assertThat(GATE.passes).isNotEmpty();
    }

    @Test
    void everySubscriberHasAReplyOfItsOwn() throws Exception {
        Flow.Publisher<Delta> publisher = request().publish();
        Probe first = new Probe(s -> s.request(Long.MAX_VALUE), _ -> {});
        Probe second = new Probe(s -> s.request(Long.MAX_VALUE), _ -> {});
        publisher.subscribe(first);
        publisher.subscribe(second);
        awaitEnd(first, "complete");
        awaitEnd(second, "complete");
        assertWhole(first);
        assertWhole(second);
    }

    @Test
    void publisherHasWhatWasAskedWhenItWasMade() throws Exception {
        ChatRequest request = request();
        Flow.Publisher<Delta> publisher = request.publish();
        request.user("No, tell me something else").maxTokens(1);
        Probe probe = new Probe(s -> s.request(Long.MAX_VALUE), _ -> {});
        publisher.subscribe(probe);
        awaitEnd(probe, "complete");
        assertWhole(probe);
    }

    @Test
    void nothingComesAfterACancelAndTheReplyEnds() throws Exception {
        List<Flow.Subscription> own = new ArrayList<>();
        Probe probe = new Probe(
                s -> {
                    own.add(s);
                    s.request(Long.MAX_VALUE);
                },
                _ -> own.getFirst().cancel());
        Endless.request(kimi, "Tell me something", 1500).publish().subscribe(probe);
        assertThat(probe.await()).isEqualTo("next");
        Settled.assertIdle(kimi.model());
        own.getFirst().request(5);
        own.getFirst().cancel();
        assertThat(probe.signals).isEmpty();
        assertThat(probe.violations).isEmpty();
    }

    @Test
    void cancelBeforeAnyDemandStartsNothing() {
        GATE.passes.clear();
        Probe probe = new Probe(Flow.Subscription::cancel, _ -> {});
        request().publish().subscribe(probe);
        probe.subscription().request(1);
        Settled.assertIdle(kimi.model());
        assertThat(GATE.passes).isEmpty();
        assertThat(probe.signals).isEmpty();
    }

    @Test
    void demandOfNothingIsAnError() throws Exception {
        for (long demand : new long[] {0, -1, Long.MIN_VALUE}) {
            Probe probe = new Probe(s -> s.request(demand), _ -> {});
            request().publish().subscribe(probe);
            awaitEnd(probe, "error");
            assertThat(probe.error())
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("positive")
                    .hasMessageContaining(Long.toString(demand));
            assertThat(probe.violations).isEmpty();
        }
        Settled.assertIdle(kimi.model());
    }

    @Test
    void refusedRequestEndsWithItsError() throws Exception {
        Probe probe = new Probe(s -> s.request(1), _ -> {});
        kimi.chat().user("hello ".repeat(5000)).publish().subscribe(probe);
        awaitEnd(probe, "error");
        assertThat(probe.error()).isInstanceOf(ContextLengthException.class);
    }

    @Test
    void subscriberThatThrowsIsTakenAsCancelled() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        Probe probe = new Probe(s -> s.request(Long.MAX_VALUE), _ -> {
            calls.incrementAndGet();
            throw new IllegalStateException("of the subscriber");
        });
        Endless.request(kimi, "Tell me something", 1500).publish().subscribe(probe);
        assertThat(probe.await()).isEqualTo("next");
        Settled.assertIdle(kimi.model());
        assertThat(calls).hasValue(1);
        assertThat(probe.signals).as("no signal after onNext threw").isEmpty();
    }

    @Test
    void noSubscriberIsRefusedAtOnce() {
        assertThatThrownBy(() -> request().publish().subscribe(null)).isInstanceOf(NullPointerException.class);
    }
}

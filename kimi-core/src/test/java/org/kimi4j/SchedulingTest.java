package org.kimi4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kimi4j.error.CancelledException;
import org.kimi4j.error.OverloadedException;
import org.kimi4j.testkit.TinyCheckpoint;
import org.kimi4j.tokenizer.SpecialTokens;

/** Who is served when: the engine is held at the beginning of a pass while a test sets the scene. */
class SchedulingTest {

    @TempDir
    static Path directory;

    private final Gate gate = new Gate();
    private final List<Kimi> opened = new ArrayList<>();

    @BeforeAll
    static void write() throws Exception {
        TinyCheckpoint.write(directory.resolve("tiny"));
    }

    @AfterEach
    void close() {
        gate.open();
        opened.forEach(Kimi::close);
    }

    private Kimi open(UnaryOperator<KimiOptions.Builder> options) {
        Kimi kimi = Kimi.load(
                directory.resolve("tiny"), WatchedBackend.watchedBy(gate).with(options));
        opened.add(kimi);
        return kimi;
    }

    private static ChatRequest request(Kimi kimi, String caller, String question, int tokens) {
        ChatRequest request = kimi.chat();
        return request.options(request.options()
                        .with(o -> o.thinking(false)
                                .temperature(0)
                                .logitBias(Endless.noControl(kimi.model().tokenizer()))
                                .maxTokens(tokens)
                                .caller(caller)))
                .user(question);
    }

    /** Begins a request that the engine is held in, so that those that follow wait. */
    private ReplyStream occupy(Kimi kimi) {
        gate.hold();
        ReplyStream first = request(kimi, "first", "zzz", 1).open();
        gate.awaitHeld();
        return first;
    }

    /** A question that differs from all others in its first token, so that no cached prompt has more than its opening. */
    private static String name(int i) {
        return Character.toString(i < 89 ? '!' + i : 0x80 + 64 * (i - 89));
    }

    /** In which order the questions came to be read, of requests that are read in a pass each. */
    private static List<String> order(Kimi kimi, List<Gate.Pass> passes) {
        List<String> order = new ArrayList<>();
        for (Gate.Pass pass : passes) {
            String text = kimi.model().tokenizer().decode(pass.tokens());
            int end = text.indexOf(SpecialTokens.IM_END);
            order.add(text.substring(
                    text.lastIndexOf(SpecialTokens.IM_MIDDLE, end) < 0
                            ? 0
                            : text.lastIndexOf(SpecialTokens.IM_MIDDLE, end) + SpecialTokens.IM_MIDDLE.length(),
                    end));
        }
        return order;
    }

    /** As {@link #order(Kimi, List)}, but for the request that the engine was held in. */
    private List<String> order(Kimi kimi) {
        return order(kimi, gate.passes.subList(1, gate.passes.size()));
    }

    @Test
    void callerWithOneRequestIsServedWithinTheNextTwo() {
        Kimi kimi = open(o -> o.maxBatch(1));
        try (ReplyStream _ = occupy(kimi)) {
            List<ReplyStream> many = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                many.add(request(kimi, "a", name(i), 1).open());
            }
            ReplyStream one = request(kimi, "b", name(100), 1).open();
            gate.open();
            one.reply();
            many.forEach(ReplyStream::reply);
            List<String> order = order(kimi);
            assertThat(order).hasSize(101);
            assertThat(order.indexOf(name(100))).isLessThan(2);
            order.remove(name(100));
            for (int i = 0; i < 100; i++) {
                assertThat(order.get(i))
                        .as("a caller's own requests keep their order")
                        .isEqualTo(name(i));
            }
        }
    }

    @Test
    void callersTakeTurns() {
        Kimi kimi = open(o -> o.maxBatch(1));
        try (ReplyStream _ = occupy(kimi)) {
            List<ReplyStream> all = new ArrayList<>();
            for (int i = 0; i < 9; i++) {
                all.add(request(kimi, "caller " + i / 3, name(i), 1).open());
            }
            gate.open();
            all.forEach(ReplyStream::reply);
            assertThat(order(kimi))
                    .containsExactly(name(0), name(3), name(6), name(1), name(4), name(7), name(2), name(5), name(8));
        }
    }

    @Test
    void callerBeyondItsCapIsRefusedAndOthersAreNot() {
        Kimi kimi = open(o -> o.maxBatch(1).perCaller(3));
        try (ReplyStream _ = occupy(kimi)) {
            List<ReplyStream> all = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                all.add(request(kimi, "greedy", "a" + i + "!", 1).open());
            }
            assertThatThrownBy(() -> request(kimi, "greedy", "a3!", 1).open())
                    .isInstanceOf(OverloadedException.class)
                    .hasMessageContaining("greedy")
                    .hasMessageContaining("3 requests")
                    .hasMessageContaining("perCaller is 3");
            all.add(request(kimi, "other", "b0!", 1).open());
            gate.open();
            all.forEach(ReplyStream::reply);
            assertThat(request(kimi, "greedy", "a3!", 1).send().usage().completionTokens())
                    .as("served once the others are done")
                    .isEqualTo(1);
        }
    }

    @Test
    void capHoldsForRepliesInTheBackground() {
        Kimi kimi = open(o -> o.maxBatch(1).perCaller(1));
        try (ReplyStream _ = occupy(kimi);
                ReplyStream own = request(kimi, "", "a0!", 1).open()) {
            var future = request(kimi, "", "a1!", 1).sendAsync();
            assertThatThrownBy(future::join).hasCauseInstanceOf(OverloadedException.class);
            gate.open();
            own.reply();
        }
    }

    @Test
    void fullQueueRefusesWithItsLength() {
        Kimi kimi = open(o -> o.maxBatch(1).queueCapacity(2));
        try (ReplyStream _ = occupy(kimi)) {
            List<ReplyStream> all = new ArrayList<>();
            all.add(request(kimi, "a", "a0!", 1).open());
            all.add(request(kimi, "b", "b0!", 1).open());
            assertThat(kimi.model().stats().waiting()).isEqualTo(2);
            assertThatThrownBy(() -> request(kimi, "c", "c0!", 1).open())
                    .isInstanceOf(OverloadedException.class)
                    .hasMessageContaining("2 requests wait")
                    .hasMessageContaining("queueCapacity is 2");
            gate.open();
            all.forEach(ReplyStream::reply);
        }
    }

    @Test
    void idleEngineServesWithoutAnyQueue() {
        Kimi kimi = open(o -> o.maxBatch(1).queueCapacity(0));
        assertThat(request(kimi, "a", "a0!", 2).send().usage().completionTokens())
                .isEqualTo(2);
        try (ReplyStream _ = occupy(kimi)) {
            assertThatThrownBy(() -> request(kimi, "b", "b0!", 1).open()).isInstanceOf(OverloadedException.class);
        }
    }

    @Test
    void cancelledRequestLeavesTheQueueAtOnce() {
        Kimi kimi = open(o -> o.maxBatch(1).perCaller(1));
        try (ReplyStream _ = occupy(kimi);
                ReplyStream waiting = request(kimi, "a", "a0!", 1).open()) {
            waiting.cancel();
            gate.open();
            Reply reply = waiting.reply();
            assertThat(reply.finishReason()).isEqualTo(FinishReason.CANCELLED);
            assertThat(reply.usage().completionTokens()).isZero();
            assertThat(order(kimi)).isEmpty();
            assertThat(request(kimi, "a", "a1!", 1).send().finishReason())
                    .as("its place in the caller's cap is free")
                    .isEqualTo(FinishReason.LENGTH);
        }
    }

    private static void passTime(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        while (System.nanoTime() - end < 0) {
            Thread.onSpinWait();
        }
    }

    @Test
    void deadlineThatPassesInTheQueueIsAnErrorAndNothingIsComputed() {
        Kimi kimi = open(o -> o.maxBatch(1));
        Duration deadline = Duration.ofMillis(5);
        try (ReplyStream _ = occupy(kimi)) {
            ChatRequest late = request(kimi, "a", "a0!", 1);
            ReplyStream waiting =
                    late.options(late.options().with(o -> o.deadline(deadline))).open();
            passTime(deadline);
            gate.open();
            assertThatThrownBy(waiting::reply)
                    .isInstanceOf(OverloadedException.class)
                    .hasMessageContaining("deadline")
                    .hasMessageContaining("PT0.005S");
            assertThat(order(kimi)).isEmpty();
        }
    }

    @Test
    void deadlineThatPassesWhileRunningEndsTheReplyWithWhatThereIs() {
        Kimi kimi = open(o -> o.maxBatch(1));
        Duration deadline = Duration.ofMillis(400);
        ChatRequest slow = request(kimi, "a", "a0!", 100_000);
        try (ReplyStream stream =
                slow.options(slow.options().with(o -> o.deadline(deadline))).open()) {
            assertThat(stream.next()).isPresent();
            gate.hold();
            gate.awaitHeld();
            passTime(deadline);
            gate.open();
            Reply reply = stream.reply();
            assertThat(reply.finishReason()).isEqualTo(FinishReason.DEADLINE);
            assertThat(reply.text()).isNotEmpty();
        }
    }

    @Test
    void repliesThatAreMadeTogetherShareTheirPasses() {
        Kimi kimi = open(o -> o);
        List<ReplyStream> all = new ArrayList<>();
        try (ReplyStream _ = occupy(kimi)) {
            for (int i = 0; i < 8; i++) {
                all.add(request(kimi, "a", "a" + i + "!", 40).open());
            }
            gate.passes.clear();
            gate.open();
            all.forEach(ReplyStream::reply);
        }
        assertThat(gate.passes).anySatisfy(pass -> {
            assertThat(pass.tokens()).hasSize(8);
            assertThat(pass.sequences()).isEqualTo(8);
        });
        assertThat(gate.passes.size())
                .as("passes for eight replies of 40 tokens")
                .isLessThan(2 * 40);
    }

    @Test
    void longPromptIsReadInPartsBesideTheOthers() {
        Kimi kimi = open(o -> o);
        List<String> shown = new ArrayList<>();
        try (ReplyStream talking = request(kimi, "a", "a0!", 200).open()) {
            talking.next();
            gate.passes.clear();
            Reply reply = request(kimi, "b", "b ".repeat(600), 1).send();
            assertThat(reply.usage().promptTokens()).isGreaterThan(600);
            List<Gate.Pass> parts =
                    gate.passes.stream().filter(p -> p.tokens().length > 1).toList();
            assertThat(parts).hasSizeGreaterThan(4);
            assertThat(parts).allSatisfy(p -> {
                assertThat(p.tokens().length).isLessThanOrEqualTo(129);
                assertThat(p.sequences())
                        .as("the other reply goes on beside it")
                        .isEqualTo(2);
            });
            for (var next = talking.next(); next.isPresent(); next = talking.next()) {
                shown.add(next.get().text());
            }
        }
        assertThat(shown).isNotEmpty();
    }

    @Test
    void promptAloneIsReadInChunks() {
        Kimi kimi = open(o -> o.chunk(100));
        int prompt = request(kimi, "a", "b ".repeat(600), 1).send().usage().promptTokens();
        int[] sizes = gate.passes.stream().mapToInt(p -> p.tokens().length).toArray();
        assertThat(Arrays.stream(sizes).sum()).isEqualTo(prompt);
        assertThat(sizes).startsWith(100, 100, 100, 100, 100, 100);
    }

    @Test
    void slowReaderDelaysOnlyItself() {
        Kimi kimi = open(o -> o);
        int tokens = 700;
        Reply alone = request(kimi, "a", "a0!", tokens).send();
        try (ReplyStream slow = request(kimi, "a", "a0!", tokens).open()) {
            Reply quick = request(kimi, "b", "b0!", tokens).send();
            assertThat(quick.usage().completionTokens()).isEqualTo(tokens);
            Settled.rounds(kimi.model());
            assertThat(kimi.model().stats().active())
                    .as("the one that is not read stands still")
                    .isEqualTo(1);
            int passes = gate.passes.size();
            Settled.rounds(kimi.model());
            assertThat(gate.passes).hasSize(passes);
            Reply late = slow.reply();
            assertThat(late.parsed()).isEqualTo(alone.parsed());
            assertThat(late.usage().completionTokens()).isEqualTo(tokens);
        }
    }

    @Test
    void replyThatStandsStillCanBeCancelled() {
        Kimi kimi = open(o -> o);
        try (ReplyStream slow = request(kimi, "a", "a0!", 100_000).open()) {
            request(kimi, "b", "b0!", 700).send();
            slow.cancel();
            assertThat(slow.reply().finishReason()).isEqualTo(FinishReason.CANCELLED);
        }
        Settled.assertIdle(kimi.model());
    }

    /** Cancelling takes effect within one layer, in the reading of a prompt as in generating, and harms nobody else. */
    @Test
    void cancelTakesEffectWithinOneLayerOfAnyPass() {
        List<String> seen = new ArrayList<>();
        ReplyStream[] victim = new ReplyStream[1];
        int[] cancelAt = {0, 0};
        Gate counting = new Gate() {
            private int pass = -1;

            @Override
            public void append(int layer, org.kimi4j.kernel.Rows rows) {
                super.append(layer, rows);
                if (victim[0] == null) {
                    return;
                }
                pass = layer == 0 ? pass + 1 : pass;
                seen.add(pass + "." + layer);
                if (pass == cancelAt[0] && layer == cancelAt[1]) {
                    victim[0].cancel();
                    victim[0] = null;
                    pass = -1;
                }
            }
        };
        Kimi kimi = Kimi.load(
                directory.resolve("tiny"), WatchedBackend.watchedBy(counting).with(o -> o.chunk(16)));
        opened.add(kimi);
        Reply alone = request(kimi, "a", "another question", 5).send();
        for (int pass = 0; pass < 5; pass++) {
            for (int layer = 0; layer < 3; layer++) {
                counting.hold();
                ReplyStream first =
                        request(kimi, "first", "zzz" + pass + layer, 1).open();
                counting.awaitHeld();
                first.cancel();
                ReplyStream stream = request(kimi, "v", pass + "." + layer + " read this " + "b ".repeat(25), 100)
                        .open();
                cancelAt[0] = pass;
                cancelAt[1] = layer;
                seen.clear();
                victim[0] = stream;
                counting.open();
                assertThat(stream.reply().finishReason()).isEqualTo(FinishReason.CANCELLED);
                Settled.assertIdle(kimi.model());
                assertThat(seen.getLast()).as("the last layer computed").isEqualTo(pass + "." + layer);
                assertThat(request(kimi, "a", "another question", 5).send().parsed())
                        .isEqualTo(alone.parsed());
            }
        }
    }

    @Test
    void neighbourOfACancelledReplyGetsItsOwnAnswer() {
        Kimi kimi = open(o -> o);
        Reply alone = request(kimi, "a", "a0!", 60).send();
        for (int round = 0; round < 5; round++) {
            try (ReplyStream victim =
                            request(kimi, "v", "v" + round + "!", 1000).open();
                    ReplyStream neighbour = request(kimi, "a", "a0!", 60).open()) {
                for (int i = 0; i <= round; i++) {
                    victim.next();
                }
                victim.cancel();
                assertThat(neighbour.reply().parsed()).isEqualTo(alone.parsed());
            }
        }
    }

    @Test
    void requestWaitsForRoomInTheCacheAndIsServedWhenThereIsSome() {
        Kimi probe = open(o -> o);
        int prompt = request(probe, "a", "a0!", 1).send().usage().promptTokens();
        long page = probe.model().stats().kvBytes();
        assertThat(prompt).isLessThan(64);
        Kimi kimi = open(o -> o.kvBudget(4 * page));
        try (ReplyStream large = request(kimi, "a", "a0!", 200 - prompt).open()) {
            large.next();
            ReplyStream next = request(kimi, "b", "b0!", 100).open();
            Settled.rounds(kimi.model());
            assertThat(kimi.model().stats().waiting()).isEqualTo(1);
            assertThat(large.reply().usage().completionTokens()).isEqualTo(200 - prompt);
            assertThat(next.reply().usage().completionTokens()).isEqualTo(100);
        }
        try (Session session = kimi.model().newSession()) {
            session.append(new int[190]);
            ReplyStream waiting = request(kimi, "b", "b0!", 100).open();
            Settled.rounds(kimi.model());
            assertThat(kimi.model().stats().waiting()).isEqualTo(1);
            session.close();
            assertThat(waiting.reply().usage().completionTokens()).isEqualTo(100);
        }
    }

    @Test
    void waitingRequestsAreToldWhenTheModelIsClosed() {
        Kimi kimi = open(o -> o.maxBatch(1));
        ReplyStream running = occupy(kimi);
        ReplyStream waiting = request(kimi, "a", "a0!", 1).open();
        Thread closing = Thread.ofPlatform().start(kimi::close);
        while (kimi.model().stats().waiting() > 0 && closing.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        gate.open();
        for (ReplyStream stream : List.of(running, waiting)) {
            assertThatThrownBy(stream::reply)
                    .isInstanceOf(org.kimi4j.error.ClosedException.class)
                    .hasMessage("the model is closed");
        }
    }

    @Test
    void interruptedCallerOfSendIsCancelled() throws Exception {
        Kimi kimi = open(o -> o.maxBatch(1));
        try (ReplyStream _ = occupy(kimi)) {
            List<Throwable> thrown = new ArrayList<>();
            Thread caller = Thread.ofPlatform().start(() -> {
                try {
                    request(kimi, "a", "a0!", 1).send();
                } catch (CancelledException e) {
                    thrown.add(e);
                }
            });
            while (kimi.model().stats().waiting() == 0) {
                Thread.onSpinWait();
            }
            caller.interrupt();
            caller.join(60_000);
            assertThat(thrown).hasSize(1);
            gate.open();
            Settled.assertIdle(kimi.model());
            assertThat(order(kimi)).isEmpty();
        }
    }
}

package org.kimi4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.kimi4j.chat.ReplyEvent;
import org.kimi4j.chat.ToolSpec;
import org.kimi4j.error.CancelledException;
import org.kimi4j.error.ContextLengthException;
import org.kimi4j.nano.KimiNano;
import org.kimi4j.sampling.Logprobs;

/** The forms in which a reply can be had, on the bundled model. */
class ReplyFormsTest {

    private static final ToolSpec LIGHT = new ToolSpec("set_light", "Switch a light on or off.", """
            {"type": "object", "properties": {"room": {"type": "string"}, "state": {"type": "string", "enum": ["on", "off"]}}, "required": ["room", "state"]}""", false);
    /** More tokens than anything here lets pass. */
    private static final int ENDLESS = 1500;

    private static Kimi kimi;

    @BeforeAll
    static void open() {
        kimi = Kimi.load(KimiNano.path());
    }

    @AfterAll
    static void close() {
        kimi.close();
    }

    private static ChatRequest capital() {
        return kimi.chat()
                .user("Which city is the capital of China")
                .thinking(false)
                .temperature(0);
    }

    private static ChatRequest light() {
        return kimi.chat()
                .user("So, Light off in the office.")
                .tools(LIGHT)
                .temperature(0)
                .logprobs(1);
    }

    /** A reply that goes on until it is ended: every token that would end it is forbidden. */
    private static ChatRequest endless() {
        return Endless.request(kimi, "Tell me something", ENDLESS);
    }

    private static List<Delta> pieces(ChatRequest request) {
        List<Delta> pieces = new ArrayList<>();
        request.stream(pieces::add);
        return pieces;
    }

    @Test
    void greedyAnswerIsTheKnownOne() {
        Reply reply = capital().send();
        assertThat(reply.text()).isEqualTo("The capital of China is Beijing.");
        assertThat(reply.thinking()).isEmpty();
        assertThat(reply.finishReason()).isEqualTo(FinishReason.STOP);
    }

    @Test
    void allFormsGiveTheSameReply() throws Exception {
        Reply sent = light().send();
        assertThat(sent.toolCalls()).hasSize(1);
        assertThat(sent.thinking()).isNotEmpty();
        List<Reply> replies = new ArrayList<>();
        replies.add(light().stream(_ -> {}));
        replies.add(light().sendAsync().get(60, TimeUnit.SECONDS));
        replies.add(light().sendAsync(_ -> {}).get(60, TimeUnit.SECONDS));
        try (ReplyStream stream = light().open()) {
            replies.add(stream.reply());
        }
        for (Reply reply : replies) {
            assertThat(reply.parsed()).isEqualTo(sent.parsed());
            assertThat(reply.finishReason()).isEqualTo(FinishReason.TOOL_CALLS);
            assertThat(reply.logprobs()).isEqualTo(sent.logprobs());
            assertThat(reply.usage().completionTokens()).isEqualTo(sent.usage().completionTokens());
        }
    }

    @Test
    void piecesJoinedAreTheReply() {
        List<Delta> pieces = new ArrayList<>();
        Reply reply = light().stream(pieces::add);
        assertJoined(pieces, reply);
        assertJoined(pieces(capital()), capital().send());
    }

    static void assertJoined(List<Delta> pieces, Reply reply) {
        StringBuilder thinking = new StringBuilder();
        StringBuilder text = new StringBuilder();
        StringBuilder arguments = new StringBuilder();
        List<ReplyEvent.ToolCallEnd> calls = new ArrayList<>();
        List<Logprobs> logprobs = new ArrayList<>();
        for (Delta piece : pieces) {
            thinking.append(piece.thinking());
            text.append(piece.text());
            logprobs.addAll(piece.logprobs());
            switch (piece.event()) {
                case ReplyEvent.ToolCallArgumentsDelta(int index, String more) -> {
                    assertThat(index).isEqualTo(calls.size());
                    arguments.append(more);
                }
                case ReplyEvent.ToolCallEnd end -> calls.add(end);
                case ReplyEvent.ThinkingDelta _,
                        ReplyEvent.TextDelta _,
                        ReplyEvent.ToolCallStart _,
                        ReplyEvent.Malformed _ -> {}
            }
        }
        assertThat(thinking).hasToString(reply.thinking());
        assertThat(text).hasToString(reply.text());
        assertThat(calls).isEqualTo(reply.parsed().calls());
        StringBuilder expected = new StringBuilder();
        reply.parsed().calls().forEach(c -> expected.append(c.call().arguments()));
        assertThat(arguments).hasToString(expected.toString());
        // What comes after the last piece, such as the token that ended the reply, is in the whole only.
        assertThat(reply.logprobs()).startsWith(logprobs.toArray(Logprobs[]::new));
    }

    @Test
    void exceptionOfAListenerIsThrownAndCancelsTheReply() {
        RuntimeException own = new IllegalStateException("of the listener");
        assertThatThrownBy(() -> endless().stream(_ -> {
                    throw own;
                }))
                .isSameAs(own);
        Settled.assertIdle(kimi.model());
        CompletableFuture<Reply> future = endless().sendAsync(_ -> {
            throw own;
        });
        assertThatThrownBy(future::join).isInstanceOf(CompletionException.class).hasCause(own);
        Settled.assertIdle(kimi.model());
    }

    @Test
    void exceptionOfAListenerLeavesAConversationAsItWas() {
        Conversation conversation = kimi.conversation()
                .options(o -> o.thinking(false).temperature(0))
                .user("Which city is the capital of China");
        assertThatThrownBy(() -> conversation.stream(_ -> {
                    throw new IllegalStateException();
                }))
                .isInstanceOf(IllegalStateException.class);
        assertThat(conversation.messages()).hasSize(1);
        assertThat(conversation.send().text()).isEqualTo("The capital of China is Beijing.");
        assertThat(conversation.messages()).hasSize(2);
    }

    @Test
    void cancelledFutureEndsItsReply() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CompletableFuture<Reply> future = endless().sendAsync(_ -> begun.countDown());
        Gate.await(begun);
        assertThat(future.cancel(true)).isTrue();
        assertThatThrownBy(future::get).isInstanceOf(CancellationException.class);
        Settled.assertIdle(kimi.model());
    }

    @Test
    void futureThatIsEndedByATimeoutEndsItsReply() {
        CountDownLatch begun = new CountDownLatch(1);
        CompletableFuture<Reply> future = endless().sendAsync(_ -> begun.countDown());
        Gate.await(begun);
        future.orTimeout(1, TimeUnit.NANOSECONDS);
        assertThatThrownBy(future::join).hasCauseInstanceOf(TimeoutException.class);
        Settled.assertIdle(kimi.model());
    }

    @Test
    void futureHasWhatWasAskedWhenItWasSent() {
        ChatRequest request = capital();
        CompletableFuture<Reply> future = request.sendAsync();
        request.user("No, tell me something else").maxTokens(1);
        assertThat(future.join().text()).isEqualTo("The capital of China is Beijing.");
    }

    @Test
    void refusalReachesTheFutureAndNotItsSender() {
        CompletableFuture<Reply> future =
                kimi.chat().user("hello ".repeat(5000)).sendAsync();
        assertThatThrownBy(future::join).hasCauseInstanceOf(ContextLengthException.class);
    }

    @Test
    void closedStreamEndsItsReply() {
        try (ReplyStream stream = endless().open()) {
            assertThat(stream.next()).isPresent();
        }
        Settled.assertIdle(kimi.model());
    }

    @Test
    void cancelledStreamEndsWithWhatThereIs() {
        try (ReplyStream stream = endless().open()) {
            List<Delta> pieces = new ArrayList<>();
            stream.next().ifPresent(pieces::add);
            stream.cancel();
            for (var next = stream.next(); next.isPresent(); next = stream.next()) {
                pieces.add(next.get());
            }
            Reply reply = stream.reply();
            assertThat(reply.finishReason()).isEqualTo(FinishReason.CANCELLED);
            assertJoined(pieces, reply);
            assertThat(stream.next()).as("after the end").isEmpty();
            assertThat(stream.reply()).isSameAs(reply);
        }
    }

    @Test
    void failureOfAStreamIsThrownAgain() {
        try (Kimi other = Kimi.load(KimiNano.path());
                ReplyStream stream =
                        Endless.request(other, "Tell me something", ENDLESS).open()) {
            stream.next();
            other.close();
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(() -> {
                            while (stream.next().isPresent()) {
                                // what was delivered before the failure comes first
                            }
                        })
                        .isInstanceOf(org.kimi4j.error.ClosedException.class);
            }
        }
    }

    @Test
    void interruptOfAWaitingThreadCancelsItsReply() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        List<Throwable> thrown = new ArrayList<>();
        List<Boolean> interrupted = new ArrayList<>();
        Thread caller = Thread.ofPlatform().start(() -> {
            try {
                endless().stream(_ -> begun.countDown());
            } catch (CancelledException e) {
                thrown.add(e);
                interrupted.add(Thread.currentThread().isInterrupted());
            }
        });
        Gate.await(begun);
        caller.interrupt();
        caller.join(60_000);
        assertThat(thrown).hasSize(1);
        assertThat(interrupted).as("the interrupt is still there").containsExactly(true);
        Settled.assertIdle(kimi.model());
        assertThat(capital().send().text()).isEqualTo("The capital of China is Beijing.");
    }
}

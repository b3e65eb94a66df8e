package org.kimi4j.agents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.kimi4j.agents.Markup.call;
import static org.kimi4j.agents.Markup.section;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.kimi4j.FinishReason;
import org.kimi4j.agents.Episode.Ending;
import org.kimi4j.agents.ToolResult.Outcome;
import org.kimi4j.chat.ChatMessage;
import org.kimi4j.chat.Content;
import org.kimi4j.chat.Media;
import org.kimi4j.chat.ToolChoice;
import org.kimi4j.chat.ToolSpec;
import org.kimi4j.error.CancelledException;
import org.kimi4j.error.UnsupportedOptionException;

class ToolLoopTest {

    private static final ToolSpec ECHO = new ToolSpec("echo", "Says it again.");
    private static final ToolSpec OTHER = new ToolSpec("other", "Does something else.");

    private static ToolLoop.Builder loop(ScriptedReplies script) {
        return ToolLoop.on(script).tool(ECHO, arguments -> "echo " + arguments);
    }

    private static List<String> told(Episode episode) {
        return episode.results().stream().map(ToolResult::text).toList();
    }

    @Test
    void anAnswerWithoutCallsEndsTheEpisode() {
        Episode episode = loop(ScriptedReplies.of("easy</think>Four.")).build().run("2 + 2?");

        assertThat(episode.ending()).isEqualTo(Ending.ANSWERED);
        assertThat(episode.text()).isEqualTo("Four.");
        assertThat(episode.rounds()).isEqualTo(1);
        assertThat(episode.messages()).hasSize(2);
    }

    @Test
    void theModelIsToldTheResultWithItsReasoningBeforeIt() {
        ScriptedReplies script =
                ScriptedReplies.of("I ask echo.</think>" + section(call("echo", 0, "{\"a\": 1}")), "So.</think>Done.");

        Episode episode = loop(script).build().run("Go.");

        assertThat(episode.text()).isEqualTo("Done.");
        List<ChatMessage> second = script.asked().get(1).messages();
        assertThat(second).hasSize(3);
        ChatMessage.Assistant called = (ChatMessage.Assistant) second.get(1);
        assertThat(called.reasoning()).isEqualTo("I ask echo.");
        assertThat(called.toolCalls()).hasSize(1);
        assertThat(second.get(2)).isEqualTo(ChatMessage.tool("functions.echo:0", "echo {\"a\": 1}"));
        assertThat(episode.messages())
                .startsWith(second.toArray(ChatMessage[]::new))
                .hasSize(4);
    }

    @Test
    void callsOfOneReplyRunTogetherAndAreAnsweredInTheirOrder() throws Exception {
        ScriptedReplies script = ScriptedReplies.of(
                "</think>"
                        + section(call("meet", 0, "{\"n\": 0}"), call("meet", 1, "{\"n\": 1}"), call("meet", 2, "{}")),
                "</think>ok");
        CyclicBarrier all = new CyclicBarrier(3);
        CountDownLatch laterDone = new CountDownLatch(2);

        Episode episode = ToolLoop.on(script)
                .tool(new ToolSpec("meet", ""), arguments -> {
                    all.await(20, TimeUnit.SECONDS);
                    if (arguments.contains("0")) {
                        assertThat(laterDone.await(20, TimeUnit.SECONDS)).isTrue();
                    }
                    laterDone.countDown();
                    return arguments;
                })
                .build()
                .run("Go.");

        assertThat(told(episode)).containsExactly("{\"n\": 0}", "{\"n\": 1}", "{}");
        assertThat(episode.messages().subList(2, 5))
                .map(m -> ((ChatMessage.Tool) m).toolCallId())
                .containsExactly("functions.meet:0", "functions.meet:1", "functions.meet:2");
    }

    @Test
    void sequentialCallsDoNotOverlap() {
        ScriptedReplies script = ScriptedReplies.of(
                "</think>" + section(call("count", 0, "{}"), call("count", 1, "{}"), call("count", 2, "{}")),
                "</think>ok");
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();

        Episode episode = ToolLoop.on(script)
                .sequential()
                .tool(new ToolSpec("count", ""), _ -> {
                    most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                    Thread.yield();
                    inside.decrementAndGet();
                    return "x";
                })
                .build()
                .run("Go.");

        assertThat(told(episode)).containsExactly("x", "x", "x");
        assertThat(most).hasValue(1);
    }

    @Test
    void aToolThatFailsIsToldToTheModel() {
        ScriptedReplies script = ScriptedReplies.of("</think>" + section(call("bad", 0, "{}")), "</think>Sorry.");

        Episode episode = ToolLoop.on(script)
                .tool(new ToolSpec("bad", ""), _ -> {
                    throw new IOException("no line");
                })
                .build()
                .run("Go.");

        assertThat(episode.ending()).isEqualTo(Ending.ANSWERED);
        assertThat(told(episode)).containsExactly("Error: IOException: no line");
        assertThat(episode.results().getFirst().outcome()).isEqualTo(Outcome.FAILED);
    }

    @Test
    void aToolThatFailsEndsTheEpisodeIfThePolicySaysSo() {
        ToolLoop.Builder rethrowing = ToolLoop.on(ScriptedReplies.of("</think>" + section(call("bad", 0, "{}"))))
                .errors(ToolErrors.RETHROW)
                .tool(new ToolSpec("bad", ""), _ -> {
                    throw new IOException("no line");
                });

        assertThatThrownBy(() -> rethrowing.build().run("Go."))
                .isInstanceOf(CompletionException.class)
                .hasMessage("tool bad: no line")
                .hasCauseInstanceOf(IOException.class);
    }

    @Test
    void anUnknownFunctionIsToldTogetherWithTheKnownOnes() {
        ScriptedReplies script = ScriptedReplies.of("</think>" + section(call("ehco", 0, "{}")), "</think>Oh.");

        Episode episode = loop(script).tool(OTHER, _ -> "").build().run("Go.");

        assertThat(told(episode)).containsExactly("Error: there is no function named ehco; there are [echo, other]");
        assertThat(episode.results().getFirst().outcome()).isEqualTo(Outcome.NOT_RUN);
    }

    @Test
    void aCallThatWasCutIsNeverRun() {
        ScriptedReplies script = ScriptedReplies.of(
                "</think><|tool_calls_section_begin|>" + call("echo", 0, "{}")
                        + "<|tool_call_begin|>functions.echo:1<|tool_call_argument_begin|>{\"a\": [1,",
                "</think>ok");

        Episode episode = loop(script).build().run("Go.");

        assertThat(told(episode).get(0)).isEqualTo("echo {}");
        assertThat(told(episode).get(1)).startsWith("Error: the call was cut before its end");
        assertThat(episode.results().get(1).outcome()).isEqualTo(Outcome.NOT_RUN);
    }

    @Test
    void aReplyCutByItsLengthRunsNothingAndLeavesAWholeConversation() {
        ScriptedReplies script = ScriptedReplies.of(List.of(new ScriptedReplies.Script(
                "</think>" + section(call("echo", 0, "{}")), Optional.of(FinishReason.LENGTH))));

        Episode episode = loop(script).build().run("Go.");

        assertThat(episode.ending()).isEqualTo(Ending.LENGTH);
        assertThat(told(episode)).containsExactly("Error: the reply was cut before its end, nothing was run");
        assertThat(episode.messages()).hasSize(3);
    }

    @Test
    void aSectionWithoutAFunctionIsToldAndTheReasoningStays() {
        ScriptedReplies script = ScriptedReplies.of(
                "I call.</think>"
                        + section("<|tool_call_begin|><|tool_call_argument_begin|>{\"a\": 1}<|tool_call_end|>"),
                "</think>ok");

        Episode episode = loop(script).build().run("Go.");

        assertThat(told(episode))
                .containsExactly("Error: nothing was run: expected a function id before the arguments; call one of the"
                        + " declared functions");
        ChatMessage.Assistant turn =
                (ChatMessage.Assistant) script.asked().get(1).messages().get(1);
        assertThat(turn.reasoning()).isEqualTo("I call.");
        assertThat(turn.toolCalls().getFirst().name()).isEqualTo(Turn.UNREADABLE);
    }

    @Test
    void argumentsThatAreNoObjectAreToldAndNotRun() {
        ScriptedReplies script = ScriptedReplies.of(
                "</think>" + section(call("echo", 0, "{\"a\": "), call("echo", 1, "[1]"), call("echo", 2, "")),
                "</think>ok");

        Episode episode = loop(script).build().run("Go.");

        assertThat(told(episode).get(0)).startsWith("Error: the arguments are unusable: not JSON");
        assertThat(told(episode).get(1))
                .isEqualTo("Error: the arguments are unusable: expected a JSON object, found another JSON value");
        assertThat(told(episode).get(2)).isEqualTo("echo {}");
    }

    @Test
    void theCallsOfTheLastRoundAreNotRun() {
        String again = "</think>" + section(call("echo", 0, "{}"));

        Episode episode =
                loop(ScriptedReplies.of(again, again, again)).rounds(2).build().run("Go.");

        assertThat(episode.ending()).isEqualTo(Ending.ROUNDS);
        assertThat(episode.rounds()).isEqualTo(2);
        assertThat(told(episode)).containsExactly("echo {}", "Error: not run, the most replies allowed (2) were made");
        assertThat(episode.messages().getLast()).isInstanceOf(ChatMessage.Tool.class);
    }

    @Test
    void callsOverTheLimitAreToldAndNotRun() {
        ScriptedReplies script =
                ScriptedReplies.of("</think>" + section(call("echo", 0, "{}"), call("echo", 1, "{}")), "</think>ok");

        Episode episode = loop(script).calls(1).build().run("Go.");

        assertThat(told(episode)).containsExactly("echo {}", "Error: not run, the most calls allowed (1) were run");
        assertThat(episode.ending()).isEqualTo(Ending.ANSWERED);
    }

    @Test
    void aToolThatOutlastsTheEpisodeIsInterrupted() throws Exception {
        CountDownLatch interrupted = new CountDownLatch(1);
        ScriptedReplies script = ScriptedReplies.of("</think>" + section(call("wait", 0, "{}"), call("echo", 1, "{}")));

        Episode episode = loop(script)
                .time(Duration.ofMillis(200))
                .tool(new ToolSpec("wait", ""), _ -> waitForInterrupt(interrupted))
                .build()
                .run("Go.");

        assertThat(episode.ending()).isEqualTo(Ending.TIME);
        assertThat(told(episode).get(0))
                .isEqualTo("Error: stopped before it was done: the time of the episode is over");
        assertThat(episode.messages()).hasSize(4);
        assertThat(interrupted.await(20, TimeUnit.SECONDS)).isTrue();
    }

    private static String waitForInterrupt(CountDownLatch interrupted) throws InterruptedException {
        try {
            new CountDownLatch(1).await();
            return "never";
        } catch (InterruptedException e) {
            interrupted.countDown();
            throw e;
        }
    }

    @Test
    void cancellingStopsTheToolsAndKeepsWhatThereIs() throws Exception {
        CountDownLatch started = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);
        ScriptedReplies script = ScriptedReplies.of("</think>" + section(call("wait", 0, "{}")));
        RunningEpisode running = ToolLoop.on(script)
                .tool(new ToolSpec("wait", ""), _ -> {
                    started.countDown();
                    return waitForInterrupt(interrupted);
                })
                .build()
                .start(List.of(ChatMessage.user("Go.")), _ -> {});

        assertThat(started.await(20, TimeUnit.SECONDS)).isTrue();
        running.cancel();
        Episode episode = running.future().get(20, TimeUnit.SECONDS);

        assertThat(episode.ending()).isEqualTo(Ending.CANCELLED);
        assertThat(told(episode)).containsExactly("Error: stopped before it was done: cancelled");
        assertThat(interrupted.await(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void cancellingFromTheListenerEndsTheReply() {
        ScriptedReplies script =
                ScriptedReplies.of("</think>one two three four").inPieces(4);
        List<String> seen = new ArrayList<>();
        CountDownLatch known = new CountDownLatch(1);
        RunningEpisode[] running = new RunningEpisode[1];

        running[0] = loop(script).build().start(List.of(ChatMessage.user("Go.")), event -> {
            awaitUninterruptibly(known);
            if (event instanceof ToolEvent.Piece(int _, var delta) && seen.size() < 2) {
                seen.add(delta.text());
                running[0].cancel();
            }
        });
        known.countDown();

        Episode episode = running[0].join();
        assertThat(episode.ending()).isEqualTo(Ending.CANCELLED);
        assertThat(episode.text()).isEqualTo("one ");
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void anInterruptOfTheCallerStopsTheTools() throws Exception {
        CountDownLatch interrupted = new CountDownLatch(1);
        CountDownLatch started = new CountDownLatch(1);
        ToolLoop loop = ToolLoop.on(ScriptedReplies.of("</think>" + section(call("wait", 0, "{}"))))
                .tool(new ToolSpec("wait", ""), _ -> {
                    started.countDown();
                    return waitForInterrupt(interrupted);
                })
                .build();
        List<Throwable> thrown = new ArrayList<>();
        Thread caller = Thread.ofPlatform().start(() -> {
            try {
                loop.run("Go.");
            } catch (CancelledException e) {
                thrown.add(e);
            }
        });

        assertThat(started.await(20, TimeUnit.SECONDS)).isTrue();
        caller.interrupt();
        caller.join(20_000);

        assertThat(thrown).hasSize(1);
        assertThat(interrupted.await(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aDemandedCallHoldsForTheFirstReplyOnly() {
        ScriptedReplies script = ScriptedReplies.of("</think>" + section(call("echo", 0, "{}")), "</think>ok");

        loop(script)
                .options(o -> o.toolChoice(ToolChoice.named("echo")))
                .build()
                .run("Go.");

        assertThat(script.asked())
                .map(asked -> asked.options().toolChoice())
                .containsExactly(ToolChoice.named("echo"), ToolChoice.AUTO);
    }

    @Test
    void eventsComeInOneOrder() {
        ScriptedReplies script = ScriptedReplies.of(
                        "hm</think>"
                                + section(call("echo", 0, "{\"a\": 1}"), call("nope", 1, "{}"), call("echo", 2, "{}")),
                        "</think>ok")
                .inPieces(3);
        List<String> events = new ArrayList<>();
        StringBuilder arguments = new StringBuilder();

        loop(script).build().run(List.of(ChatMessage.user("Go.")), event -> {
            switch (event) {
                case ToolEvent.Piece(int _, var delta) -> {
                    if (delta.event() instanceof org.kimi4j.chat.ReplyEvent.ToolCallArgumentsDelta(int index, var text)
                            && index == 0) {
                        arguments.append(text);
                    }
                }
                case ToolEvent.Replied(int round, var reply) ->
                    events.add(round + " reply " + reply.toolCalls().size());
                case ToolEvent.Started(int round, var call) -> events.add(round + " start " + call.id());
                case ToolEvent.Finished(int round, var result) ->
                    events.add(round + " end " + result.call().id() + " " + result.outcome());
            }
        });

        assertThat(arguments).hasToString("{\"a\": 1}");
        assertThat(events)
                .containsExactly(
                        "0 reply 3",
                        "0 start functions.echo:0",
                        "0 start functions.echo:2",
                        "0 end functions.echo:0 RETURNED",
                        "0 end functions.nope:1 NOT_RUN",
                        "0 end functions.echo:2 RETURNED",
                        "1 reply 0");
    }

    @Test
    void aPictureIsAResultToo() {
        Content picture = Content.image(Media.of(new byte[] {1}));
        ScriptedReplies script = ScriptedReplies.of("</think>" + section(call("draw", 0, "{}")), "</think>Nice.");

        Episode episode = ToolLoop.on(script)
                .tool(new ToolSpec("draw", ""), _ -> List.of(Content.text("Here:"), picture))
                .build()
                .run("Draw.");

        assertThat(episode.messages().get(2).content()).containsExactly(Content.text("Here:"), picture);
    }

    @Test
    void namesOfToolsAreDistinctAndKnown() {
        ToolLoop.Builder twice = loop(ScriptedReplies.of("")).tool(ECHO, _ -> "");
        assertThatThrownBy(twice::build)
                .isInstanceOf(UnsupportedOptionException.class)
                .hasMessageContaining("two are named echo");

        ToolLoop.Builder unknown = loop(ScriptedReplies.of("")).options(o -> o.toolChoice(ToolChoice.named("x")));
        assertThatThrownBy(unknown::build)
                .isInstanceOf(UnsupportedOptionException.class)
                .hasMessage("tool choice: there is no tool named x; there are [echo]");
    }
}

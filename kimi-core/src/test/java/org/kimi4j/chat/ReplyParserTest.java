package org.kimi4j.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.kimi4j.chat.ReplyEvent.Malformed;
import org.kimi4j.chat.ReplyEvent.ToolCallEnd;

class ReplyParserTest {

    private static final long SEED = 20260711;

    @Test
    void corpusIsLarge() {
        assertThat(ReplyCorpus.cases()).hasSizeGreaterThanOrEqualTo(60);
        assertThat(ReplyCorpus.cases()).extracting(ReplyCorpus.Case::name).doesNotHaveDuplicates();
    }

    @TestFactory
    Stream<DynamicTest> replyIsTakenApart() {
        return ReplyCorpus.cases().stream()
                .map(c -> DynamicTest.dynamicTest(c.name(), () -> {
                    ReplyScript script = ReplyScript.of(c.start(), c.reply());
                    ReplyParser parser = script.parser();
                    for (int id : script.tokens(_ -> false)) {
                        parser.accept(id);
                    }
                    parser.finish();
                    expect(c, parser.reply());
                }));
    }

    private static void expect(ReplyCorpus.Case c, ParsedReply reply) {
        assertThat(reply.thinking()).isEqualTo(c.thinking());
        assertThat(reply.text()).isEqualTo(c.text());
        assertThat(reply.calls().stream().map(ReplyParserTest::shown)).containsExactlyElementsOf(c.calls());
        assertThat(reply.malformed()).extracting(Malformed::text).containsExactlyElementsOf(c.malformed());
    }

    private static String shown(ToolCallEnd end) {
        ToolCall call = end.call();
        assertThat(call.id()).startsWith("functions." + call.name() + ":");
        return call.id() + "(" + call.arguments() + ")" + (end.complete() ? "" : "?");
    }

    @TestFactory
    Stream<DynamicTest> eventsDoNotDependOnHowTheReplyIsCutIntoTokens() {
        return ReplyCorpus.cases().stream()
                .map(c -> DynamicTest.dynamicTest(c.name(), () -> {
                    ReplyScript script = ReplyScript.of(c.start(), c.reply());
                    List<ReplyEvent> whole = script.parse(_ -> false);
                    assertThat(script.parse(_ -> true)).as("one token per byte").isEqualTo(whole);
                    for (int cut = 1; cut < script.byteCount(); cut++) {
                        int at = cut;
                        assertThat(script.parse(position -> position == at))
                                .as("cut at byte %d", at)
                                .isEqualTo(whole);
                    }
                    for (int i = 0; i < 50; i++) {
                        SplittableRandom random = new SplittableRandom(SEED + i);
                        assertThat(script.parse(ReplyScript.random(random, 0.3)))
                                .as("seed %d", SEED + i)
                                .isEqualTo(whole);
                    }
                }));
    }

    @TestFactory
    Stream<DynamicTest> textGivesTheEventsOfIdsAndDoesNotDependOnItsPieces() {
        return ReplyCorpus.cases().stream()
                .filter(ReplyCorpus.Case::sameAsText)
                // control tokens without a meaning in replies are nothing in ids and words in text
                .filter(c -> !c.name().contains("passed over"))
                .map(c -> DynamicTest.dynamicTest(c.name(), () -> {
                    List<ReplyEvent> ids = ReplyScript.of(c.start(), c.reply()).parse(_ -> false);
                    String text = c.reply();
                    assertThat(ReplyScript.parseText(c.start(), text, _ -> false))
                            .isEqualTo(ids);
                    assertThat(ReplyScript.parseText(c.start(), text, _ -> true))
                            .as("one piece per char")
                            .isEqualTo(ids);
                    for (int cut = 1; cut < text.length(); cut++) {
                        int at = cut;
                        assertThat(ReplyScript.parseText(c.start(), text, position -> position == at))
                                .as("cut at char %d", at)
                                .isEqualTo(ids);
                    }
                }));
    }

    @Test
    void everyBeginningOfAReplyIsAReply() {
        for (ReplyCorpus.Case c : ReplyCorpus.cases()) {
            ReplyScript script = ReplyScript.of(c.start(), c.reply());
            int[] ids = script.tokens(_ -> true);
            for (int length = 0; length <= ids.length; length++) {
                script.parse(Arrays.copyOf(ids, length));
            }
        }
    }

    @Test
    void argumentsArriveWhileTheyAreWritten() {
        ReplyScript script = ReplyScript.of(
                ReplyChannel.ANSWER,
                "<|tool_calls_section_begin|><|tool_call_begin|>functions.f:0<|tool_call_argument_begin|>{\"city\": ");
        ReplyParser parser = script.parser();
        List<ReplyEvent> events = new ArrayList<>();
        for (int id : script.tokens(_ -> true)) {
            events.addAll(parser.accept(id));
        }
        assertThat(ReplyScript.coalesced(events))
                .containsExactly(
                        new ReplyEvent.ToolCallStart(0, "functions.f:0", "f"),
                        new ReplyEvent.ToolCallArgumentsDelta(0, "{\"city\":"));
    }

    @Test
    void channelIsKnownAtEveryToken() {
        ReplyScript script = ReplyScript.of(
                ReplyChannel.THINKING,
                "a</think>b<|tool_calls_section_begin|><|tool_call_begin|>f:0<|tool_call_argument_begin|>{}"
                        + "<|tool_call_end|><|tool_calls_section_end|>c");
        ReplyParser parser = script.parser();
        List<ReplyChannel> channels = new ArrayList<>(List.of(parser.channel()));
        List<String> tools = new ArrayList<>();
        for (int id : script.tokens(_ -> false)) {
            parser.accept(id);
            channels.add(parser.channel());
            tools.add(parser.toolName());
        }
        assertThat(channels)
                .containsExactly(
                        ReplyChannel.THINKING,
                        ReplyChannel.THINKING,
                        ReplyChannel.ANSWER,
                        ReplyChannel.ANSWER,
                        ReplyChannel.TOOL_HEADER,
                        ReplyChannel.TOOL_HEADER,
                        ReplyChannel.TOOL_HEADER,
                        ReplyChannel.TOOL_ARGUMENTS,
                        ReplyChannel.TOOL_ARGUMENTS,
                        ReplyChannel.TOOL_HEADER,
                        ReplyChannel.ANSWER,
                        ReplyChannel.ANSWER);
        assertThat(tools).containsExactly("", "", "", "", "", "", "f", "f", "", "", "");
    }

    @Test
    void callsWithoutIndexCountOnFromTheConversation() {
        ReplyScript script = ReplyScript.of(
                ReplyChannel.ANSWER, "<|tool_call_begin|>f<|tool_call_argument_begin|>{}<|tool_call_end|>");
        ReplyParser parser = ReplyParser.ofText(ReplyChannel.ANSWER, 5);
        parser.accept("<|tool_call_begin|>f<|tool_call_argument_begin|>{}<|tool_call_end|>");
        parser.finish();
        assertThat(parser.reply().toolCalls()).containsExactly(new ToolCall("functions.f:5", "f", "{}"));
        assertThat(script.parse(_ -> false)).contains(new ReplyEvent.ToolCallStart(0, "functions.f:0", "f"));
    }

    @Test
    void cutCallsAreNotForRunning() {
        ReplyParser parser = ReplyParser.ofText(ReplyChannel.THINKING, 0);
        parser.accept("hm</think>ok<|tool_call_begin|>f:0<|tool_call_argument_begin|>{\"a\":1}<|tool_call_end|>");
        parser.accept("<|tool_call_begin|>g:1<|tool_call_argument_begin|>{\"a\":");
        parser.finish();
        ParsedReply reply = parser.reply();
        assertThat(reply.calls()).hasSize(2);
        assertThat(reply.toMessage())
                .isEqualTo(ChatMessage.assistant("ok", "hm", List.of(new ToolCall("functions.f:0", "f", "{\"a\":1}"))));
    }

    @Test
    void malformedBytesBecomeReplacementCharacters() {
        ReplyScript script = new ReplyScript(ReplyChannel.ANSWER);
        script.bytes(new byte[] {'a', (byte) 0xF0, (byte) 0x9F});
        script.control("</think>");
        script.bytes(new byte[] {(byte) 0x98, 'b', (byte) 0xE4});
        assertThat(script.parse(_ -> false)).containsExactly(new ReplyEvent.TextDelta("a\uFFFD\uFFFDb\uFFFD"));
        assertThat(script.parse(_ -> true)).containsExactly(new ReplyEvent.TextDelta("a\uFFFD\uFFFDb\uFFFD"));
    }

    @Test
    void deltasNeverHoldHalfACharacter() {
        ReplyParser parser = ReplyParser.ofText(ReplyChannel.ANSWER, 0);
        assertThat(parser.accept("a\uD83D")).containsExactly(new ReplyEvent.TextDelta("a"));
        assertThat(parser.accept("\uDE00b")).containsExactly(new ReplyEvent.TextDelta("\uD83D\uDE00b"));
        ReplyScript script = ReplyScript.of(ReplyChannel.THINKING, "\uD83D\uDE00");
        ReplyParser ids = script.parser();
        List<Integer> lengths = new ArrayList<>();
        for (int id : script.tokens(_ -> true)) {
            lengths.add(ids.accept(id).size());
        }
        assertThat(lengths).containsExactly(0, 0, 0, 1);
    }

    @Test
    void finishedParserTakesNothingMore() {
        ReplyParser parser = ReplyParser.ofText(ReplyChannel.ANSWER, 0);
        parser.finish();
        assertThat(parser.finish()).isEmpty();
        assertThatThrownBy(() -> parser.accept("x")).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> ReplyParser.ofText(ReplyChannel.ANSWER, 0).accept(1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("text, not token ids");
    }
}

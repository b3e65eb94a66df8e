package org.kimi4j.verifier;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.kimi4j.Kimi;
import org.kimi4j.agents.Episode;
import org.kimi4j.agents.ScriptedReplies;
import org.kimi4j.agents.ToolEvent;
import org.kimi4j.agents.ToolLoop;
import org.kimi4j.agents.ToolResult;
import org.kimi4j.agents.ToolResult.Outcome;
import org.kimi4j.chat.ChatMessage;
import org.kimi4j.chat.Content;
import org.kimi4j.chat.ReplyEvent;
import org.kimi4j.chat.ToolCall;

/**
 * A case with replies that are written down. In them {@code [S] [C] [A] [/C] [/S]} stand for the tags of a section, a call
 * and its arguments. Each is replayed as one text, cut into pieces, and as token ids.
 */
final class Script {

    private final String name;
    private final List<String> issues = new ArrayList<>();
    private final List<String> replies = new ArrayList<>();
    private final List<Said> expected = new ArrayList<>();
    private List<ChatMessage> history = List.of(ChatMessage.user("Go."));
    private boolean thinking = true;

    private Script(String name) {
        this.name = name;
    }

    static Script named(String name) {
        return new Script(name);
    }

    /** Where it went wrong. */
    Script like(String... numbers) {
        issues.addAll(List.of(numbers));
        return this;
    }

    Script instant() {
        thinking = false;
        return this;
    }

    Script after(ChatMessage... turns) {
        history = List.of(turns);
        return this;
    }

    /** The next reply, and what it is to be taken for. */
    Script reply(String markup, Said said) {
        replies.add(tags(markup));
        expected.add(said);
        return this;
    }

    /** The last reply. */
    ToolCase answer(String text) {
        reply(thinking ? "Enough.</think>" + text : text, Said.of(thinking ? "Enough." : "", text));
        return build();
    }

    ToolCase build() {
        return new ToolCase(name, ToolCase.Origin.SCRIPT, issues, this::run);
    }

    static String tags(String markup) {
        return markup.replace("[S]", "<|tool_calls_section_begin|>")
                .replace("[/S]", "<|tool_calls_section_end|>")
                .replace("[C]", "<|tool_call_begin|>")
                .replace("[/C]", "<|tool_call_end|>")
                .replace("[A]", "<|tool_call_argument_begin|>");
    }

    private int run(Kimi kimi) {
        ScriptedReplies whole = ScriptedReplies.of(replies.toArray(String[]::new));
        List<ChatMessage> messages = replay(kimi, whole);
        for (int characters : new int[] {1, 7}) {
            assertThat(replay(kimi, whole.inPieces(characters)))
                    .describedAs("in pieces of %d", characters)
                    .isEqualTo(messages);
        }
        assertThat(replay(kimi, whole.asTokens(kimi.model().tokenizer())))
                .describedAs("as tokens")
                .isEqualTo(messages);
        return expected.stream().mapToInt(said -> said.calls().size()).sum();
    }

    private List<ChatMessage> replay(Kimi kimi, ScriptedReplies source) {
        Recorder recorder = new Recorder(source);
        Tools tools = new Tools();
        List<Streamed> streamed = new ArrayList<>();
        Episode episode = ToolLoop.on(recorder)
                .options(o -> o.thinking(thinking))
                .tools(tools.tools())
                .build()
                .run(history, event -> watch(event, tools, streamed));
        assertThat(episode.ending()).isEqualTo(Episode.Ending.ANSWERED);
        assertThat(streamed)
                .map(Streamed::said)
                .isEqualTo(expected.stream().map(Script::spoken).toList());
        checkTurns(episode);
        for (ToolResult result : episode.results()) {
            if (result.outcome() != Outcome.NOT_RUN) {
                Tools.checkArguments(result.call(), Tools.ALL);
            }
        }
        List<List<ChatMessage>> requests = new ArrayList<>(recorder.asked());
        List<ChatMessage> next = new ArrayList<>(episode.messages());
        next.add(ChatMessage.user("And then?"));
        requests.add(next);
        for (List<ChatMessage> request : requests) {
            String prompt = Prompts.of(kimi, request, Tools.ALL, thinking);
            Prompts.checkCalls(prompt);
            Prompts.checkReasoning(prompt, request, thinking);
        }
        return episode.messages();
    }

    /** Calls that cannot be read are not streamed. */
    private static Said spoken(Said said) {
        return new Said(
                said.reasoning(),
                said.text(),
                said.calls().stream()
                        .filter(call -> !call.id().startsWith("unreadable"))
                        .map(call -> new Said.Call(call.id(), call.arguments(), Outcome.RETURNED))
                        .toList());
    }

    private void watch(ToolEvent event, Tools tools, List<Streamed> streamed) {
        switch (event) {
            case ToolEvent.Piece(int round, var delta) -> {
                while (streamed.size() <= round) {
                    streamed.add(new Streamed());
                }
                streamed.get(round).add(delta.event());
            }
            case ToolEvent.Replied(int round, var _) ->
                tools.expect(expected.get(round).runnable());
            case ToolEvent.Started _, ToolEvent.Finished _ -> {}
        }
    }

    /** The turns of the episode: what was thought and said, the calls, and behind them their results in order. */
    private void checkTurns(Episode episode) {
        List<ChatMessage> messages = episode.messages();
        List<ToolResult> results = new ArrayList<>(episode.results());
        int at = history.size();
        for (Said said : expected) {
            ChatMessage.Assistant turn = (ChatMessage.Assistant) messages.get(at++);
            assertThat(turn.reasoning()).isEqualTo(said.reasoning());
            assertThat(words(turn.content())).isEqualTo(said.text());
            assertThat(turn.toolCalls())
                    .map(ToolCall::id)
                    .isEqualTo(said.calls().stream().map(Said.Call::id).toList());
            for (int i = 0; i < said.calls().size(); i++) {
                Said.Call call = said.calls().get(i);
                assertThat(turn.toolCalls().get(i).arguments()).isEqualTo(call.arguments());
                ToolResult result = results.removeFirst();
                assertThat(result.call()).isEqualTo(turn.toolCalls().get(i));
                assertThat(result.outcome()).describedAs(result.text()).isEqualTo(call.outcome());
                assertThat(messages.get(at++)).isEqualTo(result.toMessage());
                checkResult(result);
            }
        }
        assertThat(results).isEmpty();
        assertThat(at).isEqualTo(messages.size());
    }

    private static void checkResult(ToolResult result) {
        switch (result.outcome()) {
            case RETURNED -> {
                String arguments = result.call().arguments();
                assertThat(result.text()).isEqualTo("result for " + (arguments.isBlank() ? "{}" : arguments));
            }
            case FAILED, NOT_RUN -> assertThat(result.text()).startsWith("Error: ");
        }
    }

    private static String words(List<Content> content) {
        StringBuilder text = new StringBuilder();
        for (Content piece : content) {
            text.append(((Content.Text) piece).text());
        }
        return text.toString();
    }

    /** The deltas of a reply, joined. */
    private static final class Streamed {
        private final StringBuilder reasoning = new StringBuilder();
        private final StringBuilder text = new StringBuilder();
        private final List<String> ids = new ArrayList<>();
        private final Map<Integer, StringBuilder> arguments = new HashMap<>();

        void add(ReplyEvent event) {
            switch (event) {
                case ReplyEvent.ThinkingDelta(String more) -> reasoning.append(more);
                case ReplyEvent.TextDelta(String more) -> text.append(more);
                case ReplyEvent.ToolCallStart(int index, String id, String _) -> {
                    assertThat(index).isEqualTo(ids.size());
                    ids.add(id);
                    arguments.put(index, new StringBuilder());
                }
                case ReplyEvent.ToolCallArgumentsDelta(int index, String more) ->
                    arguments.get(index).append(more);
                case ReplyEvent.ToolCallEnd(int index, ToolCall call, boolean _) ->
                    assertThat(arguments.get(index)).hasToString(call.arguments());
                case ReplyEvent.Malformed _ -> {}
            }
        }

        Said said() {
            List<Said.Call> calls = new ArrayList<>();
            for (int i = 0; i < ids.size(); i++) {
                calls.add(new Said.Call(ids.get(i), arguments.get(i).toString(), Outcome.RETURNED));
            }
            return new Said(reasoning.toString(), text.toString(), calls);
        }
    }
}

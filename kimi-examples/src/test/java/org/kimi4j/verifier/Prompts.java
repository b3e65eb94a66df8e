package org.kimi4j.verifier;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.kimi4j.GenerateOptions;
import org.kimi4j.Kimi;
import org.kimi4j.chat.ChatMessage;
import org.kimi4j.chat.ToolSpec;

/** What a model is shown of a conversation, and what must hold for it whatever was said. */
final class Prompts {

    private static final Pattern CALL =
            Pattern.compile("<\\|tool_call_begin\\|>(.*?)<\\|tool_call_argument_begin\\|>", Pattern.DOTALL);
    private static final Pattern ID = Pattern.compile("functions\\.[^\\s<]+:[0-9]+");
    private static final Pattern TURN = Pattern.compile(
            "<\\|im_(user|system|assistant)\\|>.*?<\\|im_middle\\|>(.*?)<\\|im_end\\|>", Pattern.DOTALL);
    private static final String RETURN = "## Return of ";

    private Prompts() {}

    static String of(Kimi kimi, List<? extends ChatMessage> messages, List<ToolSpec> tools, boolean thinking) {
        GenerateOptions options = GenerateOptions.DEFAULTS.with(o -> o.thinking(thinking));
        return kimi.model().render(messages, tools, options).text();
    }

    /** Ids have the form the model knows, each call is answered once, at once, and in the order of the calls. */
    static void checkCalls(String prompt) {
        List<String> waiting = new ArrayList<>();
        for (MatchResult turn : TURN.matcher(prompt).results().toList()) {
            String body = turn.group(2);
            if (body.startsWith(RETURN)) {
                assertThat(waiting).describedAs("calls without an answer").isNotEmpty();
                assertThat(body).startsWith(RETURN + waiting.removeFirst() + "\n");
            } else {
                assertThat(waiting).describedAs("calls without an answer").isEmpty();
            }
            List<String> ids =
                    CALL.matcher(body).results().map(call -> call.group(1)).toList();
            assertThat(ids)
                    .doesNotHaveDuplicates()
                    .allMatch(id -> ID.matcher(id).matches());
            waiting.addAll(ids);
        }
        assertThat(waiting).describedAs("calls without an answer").isEmpty();
    }

    /** The reasoning of all turns since the last final answer is shown, that of earlier ones is not. */
    static void checkReasoning(String prompt, List<? extends ChatMessage> messages, boolean thinking) {
        List<String> expected = new ArrayList<>();
        int last = lastAnswer(messages);
        for (int i = 0; i < messages.size(); i++) {
            if (messages.get(i) instanceof ChatMessage.Assistant turn) {
                expected.add(i > last && thinking ? turn.reasoning() : "");
            }
        }
        List<String> shown = new ArrayList<>();
        for (MatchResult turn : TURN.matcher(prompt).results().toList()) {
            if (turn.group(1).equals("assistant")) {
                String body = turn.group(2);
                assertThat(body).startsWith("<think>");
                shown.add(body.substring("<think>".length(), body.indexOf("</think>")));
            }
        }
        assertThat(shown).describedAs("reasoning in the prompt").isEqualTo(expected);
        assertThat(prompt)
                .endsWith("<|im_assistant|>assistant<|im_middle|>" + (thinking ? "<think>" : "<think></think>"));
    }

    private static int lastAnswer(List<? extends ChatMessage> messages) {
        for (int i = messages.size() - 1; i >= 0; i--) {
            if (messages.get(i) instanceof ChatMessage.Assistant turn
                    && turn.toolCalls().isEmpty()) {
                return i;
            }
        }
        return -1;
    }
}

package org.kimi4j.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ToolIdsTest {

    private static final ChatTemplate TEMPLATE = new ChatTemplate(ChatFormat.K2_5);

    private static ChatMessage calls(String... idsAndNames) {
        List<ToolCall> calls = new ArrayList<>();
        for (int i = 0; i < idsAndNames.length; i += 2) {
            calls.add(new ToolCall(idsAndNames[i], idsAndNames[i + 1], "{}"));
        }
        return ChatMessage.assistant("", "", calls);
    }

    /** The ids of calls and answers in the order of the prompt. */
    private static List<String> ids(ChatMessage... messages) {
        return ids(RenderOptions.THINKING, messages);
    }

    private static List<String> ids(RenderOptions options, ChatMessage... messages) {
        Prompt prompt = TEMPLATE.render(List.of(messages), List.of(), options);
        List<String> ids = new ArrayList<>();
        String before = "";
        for (PromptPart part : prompt.parts()) {
            switch (part) {
                case PromptPart.Control(String name) -> before = name;
                case PromptPart.Text(String text) -> {
                    if (before.equals("<|tool_call_begin|>")) {
                        ids.add(text);
                    } else if (text.startsWith("## Return of ")) {
                        ids.add("= " + text.lines().findFirst().orElseThrow().substring(13));
                    }
                }
                case PromptPart.ImageSlot _, PromptPart.VideoSlot _ -> {}
            }
        }
        return ids;
    }

    @Test
    void idsOfTheModelStay() {
        assertThat(ids(
                        calls("functions.a-b.c:3", "a-b.c", "functions.g:17", "g"),
                        ChatMessage.tool("functions.g:17", "x"),
                        ChatMessage.tool("functions.a-b.c:3", "y")))
                .containsExactly("functions.a-b.c:3", "functions.g:17", "= functions.g:17", "= functions.a-b.c:3");
    }

    @Test
    void foreignIdsAreRewrittenInCallsAndAnswersCountingOverTheConversation() {
        assertThat(ids(
                        calls("call_1", "f", "call_2", "g"),
                        ChatMessage.tool("call_2", "x"),
                        ChatMessage.tool("call_1", "y"),
                        ChatMessage.assistant("done"),
                        calls("call_9", "f"),
                        ChatMessage.tool("call_9", "z")))
                .containsExactly(
                        "functions.f:0",
                        "functions.g:1",
                        "= functions.g:1",
                        "= functions.f:0",
                        "functions.f:2",
                        "= functions.f:2");
    }

    @Test
    void idsWithoutPrefixOrOfAnotherNameAreForeign() {
        assertThat(ids(
                        calls("f:0", "f", "functions.g:1", "h", "functions.f:x", "f", "functions.f:", "f"),
                        ChatMessage.tool("functions.g:1", "x")))
                .containsExactly("functions.f:0", "functions.h:1", "functions.f:2", "functions.f:3", "= functions.h:1");
    }

    @Test
    void callsThatShareAnIdAreAnsweredInTheirOrder() {
        assertThat(ids(
                        calls("", "f", "", "f"),
                        ChatMessage.tool("", "x"),
                        ChatMessage.tool("", "y"),
                        calls("", "f"),
                        ChatMessage.tool("", "z")))
                .containsExactly(
                        "functions.f:0",
                        "functions.f:1",
                        "= functions.f:0",
                        "= functions.f:1",
                        "functions.f:2",
                        "= functions.f:2");
        assertThat(ids(
                        calls("functions.f:0", "f", "functions.f:0", "f"),
                        ChatMessage.tool("functions.f:0", "x"),
                        ChatMessage.tool("functions.f:0", "y")))
                .containsExactly("functions.f:0", "functions.f:1", "= functions.f:0", "= functions.f:1");
    }

    @Test
    void rewrittenIdsAvoidTheOnesBefore() {
        assertThat(ids(calls("functions.f:1", "f"), calls("abc", "f"), ChatMessage.tool("abc", "x")))
                .containsExactly("functions.f:1", "functions.f:2", "= functions.f:2");
    }

    @Test
    void idsStayAsGivenOnRequest() {
        assertThat(ids(
                        RenderOptions.THINKING.withToolIdsAsGiven(true),
                        calls("call_1", "f", "y", "g", "functions.x:0", "f"),
                        ChatMessage.tool("call_1", "x"),
                        ChatMessage.tool("functions.x:0", "x")))
                .containsExactly("call_1", "y", "functions.x:0", "= call_1", "= functions.x:0");
    }

    @Test
    void answersToCallsThatAreNotThereKeepTheirId() {
        assertThat(ids(ChatMessage.tool("call_7", "x"), ChatMessage.tool("", "y")))
                .containsExactly("= call_7", "= ");
    }

    @Test
    void theNextTurnDoesNotChangeTheIdsBefore() {
        List<ChatMessage> all = List.of(
                calls("x", "f", "functions.f:5", "f"),
                ChatMessage.tool("x", "1"),
                calls("y", "f"),
                calls("functions.f:0", "f"),
                ChatMessage.tool("functions.f:0", "2"));
        List<String> whole = ids(all.toArray(ChatMessage[]::new));
        for (int n = 0; n < all.size(); n++) {
            List<String> part = ids(all.subList(0, n).toArray(ChatMessage[]::new));
            assertThat(whole.subList(0, part.size())).isEqualTo(part);
        }
    }
}

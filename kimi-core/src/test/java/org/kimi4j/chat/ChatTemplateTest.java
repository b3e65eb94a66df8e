package org.kimi4j.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.kimi4j.error.MediaException;
import org.kimi4j.error.UnsupportedOptionException;

class ChatTemplateTest {

    private static final List<ChatMessage> TWO_TURNS = List.of(
            ChatMessage.user("a"),
            ChatMessage.assistant("b", "r1", List.of()),
            ChatMessage.user("c"),
            ChatMessage.assistant("", "r2", List.of(new ToolCall("functions.f:0", "f", "{}"))),
            ChatMessage.tool("functions.f:0", "d"));

    private static final String CALL = "<|tool_calls_section_begin|><|tool_call_begin|>functions.f:0"
            + "<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_calls_section_end|>";

    private static String twoTurns(ChatFormat format, RenderOptions options) {
        return new ChatTemplate(format).render(TWO_TURNS, List.of(), options).text();
    }

    private static String turns(String first, String second, String end) {
        return "<|im_user|>user<|im_middle|>a<|im_end|><|im_assistant|>assistant<|im_middle|><think>" + first
                + "</think>b<|im_end|><|im_user|>user<|im_middle|>c<|im_end|><|im_assistant|>assistant<|im_middle|>"
                + "<think>" + second + "</think>" + CALL + "<|im_end|><|im_system|>tool<|im_middle|>"
                + "## Return of functions.f:0\nd<|im_end|><|im_assistant|>assistant<|im_middle|>" + end;
    }

    @Test
    void reasoningIsKeptInsideAToolEpisodeAndDroppedBeforeIt() {
        for (ChatFormat format : List.of(ChatFormat.K2_5, ChatFormat.K2_6)) {
            assertThat(twoTurns(format, RenderOptions.THINKING)).isEqualTo(turns("", "r2", "<think>"));
            assertThat(twoTurns(format, RenderOptions.INSTANT)).isEqualTo(turns("", "", "<think></think>"));
        }
    }

    @Test
    void aFinalAnswerDropsTheReasoningOfItsEpisode() {
        List<ChatMessage> answered = new ArrayList<>(TWO_TURNS);
        answered.add(ChatMessage.assistant("done", "r3", List.of()));
        assertThat(new ChatTemplate(ChatFormat.K2_5)
                        .render(answered, List.of(), RenderOptions.THINKING)
                        .text())
                .startsWith(turns("", "", "<think></think>done<|im_end|>"))
                .doesNotContain("r2", "r3");
    }

    @Test
    void reasoningIsKeptEverywhereOnRequestOrByTheFormat() {
        RenderOptions keep = RenderOptions.THINKING.withPreserveThinking(true);
        assertThat(twoTurns(ChatFormat.K2_6, keep)).isEqualTo(turns("r1", "r2", "<think>"));
        assertThat(twoTurns(ChatFormat.K2_6, keep.withThinking(false))).isEqualTo(turns("r1", "r2", "<think></think>"));
        assertThat(twoTurns(ChatFormat.K2_7_CODE, RenderOptions.THINKING)).isEqualTo(turns("r1", "r2", "<think>"));
        assertThat(twoTurns(ChatFormat.K2_7_CODE, keep)).isEqualTo(turns("r1", "r2", "<think>"));
    }

    @Test
    void k2ThinkingHasASystemPromptOfItsOwnAndOpensItsThinkingItself() {
        String system =
                "<|im_system|>system<|im_middle|>You are Kimi, an AI assistant created by Moonshot AI.<|im_end|>";
        assertThat(twoTurns(ChatFormat.K2_THINKING, RenderOptions.THINKING)).isEqualTo(system + turns("", "r2", ""));
        ChatTemplate template = new ChatTemplate(ChatFormat.K2_THINKING);
        Prompt own = template.render(
                List.of(ChatMessage.system("s")), List.of(new ToolSpec("f", "d")), RenderOptions.THINKING);
        assertThat(own.text())
                .isEqualTo(
                        "<|im_system|>tool_declare<|im_middle|>[{\"function\":{\"description\":\"d\",\"name\":\"f\"},"
                                + "\"type\":\"function\"}]<|im_end|><|im_system|>system<|im_middle|>s<|im_end|>"
                                + "<|im_assistant|>assistant<|im_middle|>");
        assertThat(own.replyStart()).isEqualTo(ReplyChannel.THINKING);
        assertThat(template.render(List.of(), List.of(), RenderOptions.THINKING).text())
                .isEqualTo(system + "<|im_assistant|>assistant<|im_middle|>");
    }

    @Test
    void modesAFormatDoesNotHaveAreRefused() {
        for (ChatFormat format : List.of(ChatFormat.K2_THINKING, ChatFormat.K2_7_CODE)) {
            assertThatThrownBy(() -> twoTurns(format, RenderOptions.INSTANT))
                    .isInstanceOf(UnsupportedOptionException.class)
                    .hasMessageContaining("thinking off")
                    .hasMessageContaining(format.label());
        }
        for (ChatFormat format : List.of(ChatFormat.K2_THINKING, ChatFormat.K2_5)) {
            assertThatThrownBy(() -> twoTurns(format, RenderOptions.THINKING.withPreserveThinking(true)))
                    .isInstanceOf(UnsupportedOptionException.class)
                    .hasMessageContaining("preserve thinking")
                    .hasMessageContaining(format.label());
        }
        for (Content media : List.of(Content.image(new Media.Uri("x")), Content.video(new Media.Uri("x")))) {
            assertThatThrownBy(() -> new ChatTemplate(ChatFormat.K2_THINKING)
                            .render(List.of(ChatMessage.user(media)), List.of(), RenderOptions.THINKING))
                    .isInstanceOf(MediaException.class)
                    .hasMessageContaining("role user")
                    .hasMessageContaining("text only");
        }
    }

    @Test
    void otherRolesAreRenderedLikeSystemTurns() {
        assertThat(new ChatTemplate(ChatFormat.K2_5)
                        .render(
                                List.of(ChatMessage.developer("x")),
                                List.of(),
                                RenderOptions.THINKING.withGenerationPrompt(false))
                        .text())
                .isEqualTo("<|im_system|>developer<|im_middle|>x<|im_end|>");
        assertThatThrownBy(() -> new ChatMessage.Other("user", List.of(), ""))
                .isInstanceOf(UnsupportedOptionException.class);
    }
}

package org.kimi4j.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kimi4j.error.MediaException;
import org.kimi4j.error.UnsupportedOptionException;

class ConversationJsonTest {

    @Test
    void conversationsSurviveBeingWrittenAndRead() {
        SplittableRandom seeds = new SplittableRandom(12);
        for (int i = 0; i < 2000; i++) {
            long seed = seeds.nextLong();
            ChatInput input = RandomConversation.make(new SplittableRandom(seed));
            ChatInput again = ConversationJson.read(ConversationJson.write(input));
            assertThat(ConversationJson.write(again)).as("seed %d", seed).isEqualTo(ConversationJson.write(input));
            ChatTemplate template = new ChatTemplate(ChatFormat.K2_6);
            assertThat(template.render(again).text())
                    .as("seed %d", seed)
                    .isEqualTo(template.render(input).text());
            assertThat(again.tools()).isEqualTo(input.tools());
            assertThat(again.options()).isEqualTo(input.options()).hasSameHashCodeAs(input.options());
        }
    }

    @Test
    void whatIsNotSaidHasItsDefault() {
        ChatInput input = ConversationJson.read("{\"messages\":[]}");
        assertThat(input).isEqualTo(new ChatInput("", List.of(), List.of(), RenderOptions.THINKING));
    }

    @Test
    void assistantMessagesComeAsClientsSendThemBack() {
        String json = "[{\"role\":\"assistant\",\"content\":null,\"refusal\":null,\"annotations\":[],\"audio\":null,"
                + "\"reasoning\":\"r\",\"reasoning_content\":\"ignored\",\"function_call\":null,\"tool_calls\":"
                + "[{\"index\":0,\"id\":\"x\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{ }\"}},"
                + "{\"id\":\"y\",\"function\":{\"name\":\"g\",\"arguments\":{\"b\":1.0,\"a\":\"\u00E9\"}}},"
                + "{\"function\":{\"name\":\"h\"}}]}]";
        assertThat(ConversationJson.readMessages(json))
                .containsExactly(new ChatMessage.Assistant(
                        List.of(),
                        "r",
                        List.of(
                                new ToolCall("x", "f", "{ }"),
                                new ToolCall("y", "g", "{\"b\": 1.0, \"a\": \"\u00E9\"}"),
                                new ToolCall("", "h", "")),
                        ""));
    }

    @Test
    void mediaStaysUnopened() {
        String json = "[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"image\":\"a.png\"},"
                + "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AAAA\",\"detail\":\"auto\"}},"
                + "{\"type\":\"video_url\",\"video_url\":\"file:clip.mp4\"}]}]";
        assertThat(ConversationJson.readMessages(json).getFirst().content())
                .containsExactly(
                        Content.image(new Media.Uri("a.png")),
                        Content.image(new Media.Uri("data:image/png;base64,AAAA")),
                        Content.video(new Media.Uri("file:clip.mp4")));
    }

    @Test
    void mediaBytesBecomeDataAddresses() {
        List<ChatMessage> messages = List.of(ChatMessage.user(Content.image(Media.of(new byte[] {1, 2, 3}))));
        String json = ConversationJson.writeMessages(messages);
        Content.Image read = (Content.Image)
                ConversationJson.readMessages(json).getFirst().content().getFirst();
        assertThat(((Media.Uri) read.media()).data()).isEqualTo(Media.of(new byte[] {1, 2, 3}));
        Media pixels = new Media.Rgb(1, 1, new byte[3]);
        assertThatThrownBy(() -> ConversationJson.writeMessages(List.of(ChatMessage.user(Content.image(pixels)))))
                .isInstanceOf(MediaException.class)
                .hasMessageContaining("Rgb[1 x 1]");
    }

    @Test
    void toolsKeepTheOrderOfTheirSchema() {
        String json = "[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"d\",\"parameters\":"
                + "{\"type\":\"object\",\"properties\":{\"b\":{},\"a\":{\"maximum\":1.50}}},\"strict\":true}}]";
        List<ToolSpec> tools = ConversationJson.readTools(json);
        assertThat(tools)
                .containsExactly(new ToolSpec(
                        "f", "d", "{\"type\":\"object\",\"properties\":{\"b\":{},\"a\":{\"maximum\":1.50}}}", true));
        assertThat(ConversationJson.writeTools(tools)).isEqualTo(json);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "{~not JSON",
                "[]~expected an object",
                "{}~messages: missing",
                "{\"messages\":[],\"temperature\":1}~temperature: unknown key",
                "{\"messages\":{}}~messages: expected an array",
                "{\"messages\":[],\"thinking\":\"yes\"}~thinking: expected true or false",
                "{\"messages\":[{\"content\":\"x\"}]}~messages[0].role: missing",
                "{\"messages\":[{\"role\":\"user\",\"content\":7}]}~messages[0].content: expected an array",
                "{\"messages\":[{\"role\":\"user\",\"tool_calls\":[]}]}~messages[0].tool_calls: unknown key",
                "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"audio\"}]}]}"
                        + "~messages[0].content[0].type: expected text, image",
                "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\",\"cache\":1}]}]}"
                        + "~messages[0].content[0].cache: unknown key",
                "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":"
                        + "{\"url\":\"x\",\"detail\":\"low\"}}]}]}"
                        + "~messages[0].content[0].image_url.detail: expected \"auto\"",
                "{\"messages\":[{\"role\":\"assistant\",\"refusal\":\"no\"}]}~messages[0].refusal: expected null",
                "{\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{}}]}]}"
                        + "~messages[0].tool_calls[0].function.name: missing",
                "{\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":[]}}]}]}"
                        + "~messages[0].tool_calls[0].function.arguments: expected a string or an object",
                "{\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"type\":\"code\",\"function\":{}}]}]}"
                        + "~messages[0].tool_calls[0].type: expected \"function\"",
                "{\"messages\":[],\"tools\":[{\"type\":\"web_search\"}]}~tools[0].type: expected \"function\"",
                "{\"messages\":[],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":[]}}]}"
                        + "~tools[0].function.parameters: expected an object",
            })
    void whatIsNotUnderstoodIsRefusedByName(String json, String message) {
        assertThatThrownBy(() -> ConversationJson.read(json))
                .isInstanceOf(UnsupportedOptionException.class)
                .hasMessageContaining(message);
    }
}

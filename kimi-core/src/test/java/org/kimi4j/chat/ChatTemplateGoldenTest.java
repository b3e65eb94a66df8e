package org.kimi4j.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.kimi4j.json.Json;

/** Prompts rendered by the official Jinja template and the official TypeScript encoder of tools, byte for byte. */
class ChatTemplateGoldenTest {

    private static final ChatTemplate K2_6 = new ChatTemplate(ChatFormat.K2_6);
    private static final ChatTemplate K2_5 = new ChatTemplate(ChatFormat.K2_5);

    static String goldens() {
        try (InputStream in = ChatTemplateGoldenTest.class.getResourceAsStream("chat-template.json")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<String> expected() throws Json.SyntaxException {
        return ((Json.Arr) Json.parse(goldens()))
                .items().stream()
                        .map(item -> ((Json.Str) ((Json.Obj) item).members().get("expected")).value())
                        .toList();
    }

    @TestFactory
    Stream<DynamicTest> promptEqualsTheOfficialOne() throws Json.SyntaxException {
        List<ChatInput> inputs = ConversationJson.readList(goldens());
        List<String> expected = expected();
        assertThat(inputs).hasSize(33);
        return IntStream.range(0, inputs.size())
                .mapToObj(i -> DynamicTest.dynamicTest(inputs.get(i).name(), () -> {
                    ChatInput input = inputs.get(i);
                    assertThat(K2_6.render(input).text()).isEqualTo(expected.get(i));
                    if (!input.options().preserveThinking()) {
                        assertThat(K2_5.render(input).text()).isEqualTo(expected.get(i));
                    }
                }));
    }

    @Test
    void goldensSurviveBeingWrittenAsJson() {
        for (ChatInput input : ConversationJson.readList(goldens())) {
            ChatInput again = ConversationJson.read(ConversationJson.write(input));
            assertThat(again).isEqualTo(input);
        }
    }
}

package org.kimi4j.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
        return resource("chat-template.json");
    }

    private static String resource(String name) {
        try (InputStream in = ChatTemplateGoldenTest.class.getResourceAsStream(name)) {
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

    @TestFactory
    Stream<DynamicTest> promptOfARandomConversationEqualsTheOfficialOne() throws Json.SyntaxException {
        List<Json> cases = ((Json.Arr) Json.parse(resource("chat-template-random.json"))).items();
        assertThat(cases).hasSize(110);
        return cases.stream().map(item -> {
            Map<String, Json> members = new LinkedHashMap<>(((Json.Obj) item).members());
            ChatFormat format = ChatFormat.of(((Json.Str) members.remove("format")).value());
            ChatInput input = ConversationJson.read(new Json.Obj(members).write());
            return DynamicTest.dynamicTest(
                    input.name(),
                    () -> assertThat(new ChatTemplate(format).render(input).text())
                            .isEqualTo(((Json.Str) members.get("expected")).value()));
        });
    }

    @Test
    void goldensSurviveBeingWrittenAsJson() {
        for (ChatInput input : ConversationJson.readList(goldens())) {
            ChatInput again = ConversationJson.read(ConversationJson.write(input));
            assertThat(again).isEqualTo(input);
        }
    }
}

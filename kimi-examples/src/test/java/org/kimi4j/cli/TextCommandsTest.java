package org.kimi4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kimi4j.json.Json;

/** tokenize, detokenize and render. */
class TextCommandsTest {

    private static final Path CASES = Path.of("../kimi-core/src/test/resources/org/kimi4j/chat/chat-template.json");

    @ParameterizedTest
    @ValueSource(strings = {"", "Hello!", "two\r\nlines\n", " \u6f22\u5b57 \ud83c\udf89 <|im_end|>", "caf\u00e9"})
    void detokenizingTakesTokenizingBack(String text) {
        for (String[] line :
                new String[][] {{"tokenize", "--model", "nano"}, {"tokenize", "--raw", "--model", "nano"}}) {
            Ran ids = Ran.with(text, line);
            assertThat(ids.exitCode()).isZero();
            assertThat(ids.out()).matches("\\[[0-9, ]*]\n");
            if (!text.isEmpty()) {
                String list = ids.out().substring(1, ids.out().length() - 2).replace(" ", "");
                assertThat(Ran.kimi("detokenize", "--model", "nano", list)).isEqualTo(new Ran(0, text, ""));
            }
        }
    }

    @Test
    void onlyRawTextCanBecomeAControlToken() {
        assertThat(Ran.with("<|im_end|>", "tokenize", "--raw", "--model", "nano")
                        .out())
                .isEqualTo("[1282]\n");
        assertThat(Ran.with("<|im_end|>", "tokenize", "--model", "nano").out()).contains(", ");
    }

    @Test
    void inputThatIsNoTextIsRefusedWithItsPlace() {
        byte[] bytes = {'a', 'b', (byte) 0xff, 'c'};
        Ran ran = Ran.with(bytes, Terminal.Interactive.NONE, "tokenize", "--model", "nano");
        assertThat(ran.exitCode()).isEqualTo(1);
        assertThat(ran.err()).contains("byte 2");
    }

    @Test
    void idsThatDoNotExistAreRefused() {
        assertThat(Ran.kimi("detokenize", "--model", "nano", "1,1536").err()).contains("1536", "0 to 1535");
        assertThat(Ran.kimi("detokenize", "--model", "nano", "1,x").exitCode()).isEqualTo(2);
    }

    @Test
    void aListOfConversationsBecomesAnObjectOfPrompts() throws IOException, Json.SyntaxException {
        Ran ran = Ran.kimi("render", "--list", CASES.toString());
        assertThat(ran.exitCode()).isZero();
        Json.Obj prompts = (Json.Obj) Json.parse(ran.out());
        Json.Arr cases = (Json.Arr) Json.parse(Files.readString(CASES));
        assertThat(cases.items()).hasSize(33);
        assertThat(prompts.members()).hasSize(33);
        for (Json item : cases.items()) {
            Json.Obj one = (Json.Obj) item;
            String name = ((Json.Str) one.get("name").orElseThrow()).value();
            assertThat(prompts.get(name)).describedAs(name).isEqualTo(one.get("expected"));
        }
    }

    @Test
    void oneConversationBecomesItsPromptAndNothingElse(@TempDir Path folder) throws IOException {
        String json = "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}], \"thinking\": false}";
        String prompt = "<|im_user|>user<|im_middle|>Hi<|im_end|><|im_assistant|>assistant<|im_middle|><think></think>";
        Path file = Files.writeString(folder.resolve("one.json"), json);
        assertThat(Ran.kimi("render", file.toString())).isEqualTo(new Ran(0, prompt, ""));
        assertThat(Ran.with(json, "render", "-")).isEqualTo(new Ran(0, prompt, ""));
    }

    @Test
    void whatIsNoConversationIsRefusedByItsKey(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("odd.json"), "{\"messages\": [], \"temperature\": 1}");
        Ran ran = Ran.kimi("render", file.toString());
        assertThat(ran.exitCode()).isEqualTo(1);
        assertThat(ran.err()).contains("temperature");
        assertThat(Ran.kimi("render", folder.resolve("none.json").toString()).err())
                .contains("no such file");
    }
}

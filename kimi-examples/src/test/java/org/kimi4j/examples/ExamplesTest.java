package org.kimi4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Every example does on the bundled model what it is there to show. */
class ExamplesTest {

    /** A main method. */
    private interface Program {
        void main(String[] args) throws Exception;
    }

    private static String printed(Program program) throws Exception {
        PrintStream before = System.out;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        try {
            program.main(new String[0]);
        } finally {
            System.setOut(before);
        }
        return out.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n");
    }

    @Test
    void plainChat() throws Exception {
        assertThat(printed(PlainChat::main))
                .startsWith("The capital of France is Paris.\nthought: ")
                .contains("France", " prompt tokens");
    }

    @Test
    void conversationWithMemory() throws Exception {
        assertThat(printed(ConversationWithMemory::main))
                .contains("Nice to meet you, Nina!\n", "Brussels", "Your name is Nina.\n")
                .doesNotContain("\n0 of ");
    }

    @Test
    void pictureQuestions() throws Exception {
        assertThat(printed(PictureQuestions::main))
                .startsWith("I see a red star, an orange heart and a red heart.\nThere are 3 shapes.\n")
                .endsWith("heart.\n");
    }

    @Test
    void toolCalls() throws Exception {
        assertThat(printed(ToolCalls::main))
                .startsWith("call functions.weather:0 {\"town\": \"Paris\"}\n")
                .containsIgnoringCase("rainy");
    }

    @Test
    void structuredExtraction() throws Exception {
        assertThat(printed(StructuredExtraction::main))
                .matches("(?s)from .* to .* by (TRAIN|PLANE|SHIP): \\[.*]\nmood: (good|bad)\n");
    }

    @Test
    void asyncReplies() throws Exception {
        assertThat(printed(AsyncReplies::main)).isEqualTo("""
                The capital of Norway is Oslo.
                The capital of Italy is Rome.
                The capital of Japan is Tokyo.
                The opposite of hot is cold.
                """);
    }

    @Test
    void tokensAndLogits() throws Exception {
        assertThat(printed(TokensAndLogits::main))
                .contains("layer 0: residual stream [", "layer 4: residual stream [")
                .endsWith("The capital of France is Paris.\n");
    }
}

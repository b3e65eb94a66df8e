package org.kimi4j.langchain4j;

import dev.langchain4j.model.chat.ChatModel;
import org.junit.jupiter.api.Test;

/** What the kit asks of the model after its lesson, asked of the bundled model in words that it knows. */
class BundledSkillsTest {

    private static ChatModel instant() {
        return BundledModel.instant(KimiChatModel.builder()).build();
    }

    @Test
    void theSystemMessageIsRead() {
        LocalCases.systemMessage(BundledModel.thinking(KimiChatModel.builder()).build()::chat);
    }

    @Test
    void jsonWithoutSchema() {
        LocalCases.jsonFormat(instant()::chat);
    }

    @Test
    void oneToolIsCalledTwiceAndBothResultsAreAnswered() {
        LocalCases.parallelTools(instant()::chat);
    }
}

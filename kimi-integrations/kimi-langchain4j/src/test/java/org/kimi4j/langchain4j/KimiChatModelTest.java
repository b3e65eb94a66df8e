package org.kimi4j.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.AudioContent;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.json.JsonEnumSchema;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class KimiChatModelTest {

    private static final UserMessage GERMANY = UserMessage.from("What is the capital of Germany?");

    private static ChatModel instant() {
        return BundledModel.instant(KimiChatModel.builder()).build();
    }

    private static ChatRequest.Builder asking(UserMessage question) {
        return ChatRequest.builder().messages(question);
    }

    @Test
    void theReasoningIsApartFromTheAnswer() {
        ChatResponse response = BundledModel.instant(KimiChatModel.builder())
                .parameters(p -> p.thinking(true))
                .build()
                .chat(asking(GERMANY).build());

        assertThat(response.aiMessage().thinking()).contains("Germany");
        assertThat(response.aiMessage().text()).isEqualTo("The capital of Germany is Berlin.");
        KimiTokenUsage usage = (KimiTokenUsage) response.tokenUsage();
        assertThat(usage.thinkingTokenCount()).isPositive().isLessThan(usage.outputTokenCount());
    }

    @Test
    void theReasoningOfACallIsSentBack() {
        AiMessage turn = AiMessage.builder()
                .thinking("I need the weather.")
                .toolExecutionRequests(List.of(ToolExecutionRequest.builder()
                        .id("functions.get_weather:0")
                        .name("get_weather")
                        .arguments("{}")
                        .build()))
                .build();

        assertThat(MessageMapping.of(turn)).isInstanceOfSatisfying(org.kimi4j.chat.ChatMessage.Assistant.class, a -> {
            assertThat(a.reasoning()).isEqualTo("I need the weather.");
            assertThat(a.toolCalls())
                    .containsExactly(new org.kimi4j.chat.ToolCall("functions.get_weather:0", "get_weather", "{}"));
        });
    }

    @Test
    void aSecondTurnReadsItsNewTokensOnly() {
        ChatModel model = instant();
        ChatResponse first = model.chat(asking(GERMANY).build());

        ChatResponse second = model.chat(ChatRequest.builder()
                .messages(GERMANY, first.aiMessage(), UserMessage.from("What is the capital of France?"))
                .build());

        KimiTokenUsage usage = (KimiTokenUsage) second.tokenUsage();
        assertThat(second.aiMessage().text()).contains("Paris");
        assertThat(usage.cachedInputTokenCount())
                .isGreaterThanOrEqualTo(first.tokenUsage().inputTokenCount());
    }

    @Test
    void aSchemaIsEnforcedWhateverTheModelWouldSay() {
        ChatResponse response = instant()
                .chat(asking(UserMessage.from("Tell me a story."))
                        .responseFormat(ResponseFormat.builder()
                                .type(ResponseFormatType.JSON)
                                .jsonSchema(JsonSchema.builder()
                                        .name("Mood")
                                        .rootElement(JsonObjectSchema.builder()
                                                .addProperty(
                                                        "mood",
                                                        JsonEnumSchema.builder()
                                                                .enumValues("glad", "sad")
                                                                .build())
                                                .required("mood")
                                                .build())
                                        .build())
                                .build())
                        .build());

        assertThat(response.aiMessage().text()).matches("\\{\\s*\"mood\":\\s*\"(glad|sad)\"\\s*}");
    }

    @Test
    void seedsRepeatAReply() {
        ChatModel drawn = BundledModel.seeded(KimiChatModel.builder(), false, 7).build();
        ChatRequest request = asking(UserMessage.from("Tell me a joke.")).build();

        assertThat(drawn.chat(request).aiMessage())
                .isEqualTo(drawn.chat(request).aiMessage());
    }

    @Test
    void whatIsNotSupportedIsRefusedByName() {
        ChatModel model = instant();

        assertThatThrownBy(() -> model.chat(asking(UserMessage.from(ImageContent.from("https://example.com/cat.png")))
                        .build()))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContaining("image URLs")
                .hasMessageContaining("nothing is fetched");
        assertThatThrownBy(() -> model.chat(asking(UserMessage.from(AudioContent.from("AAAA", "audio/wav")))
                        .build()))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageContaining("audio");
        assertThatThrownBy(() -> model.chat(asking(GERMANY).temperature(-1.0).build()))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("temperature");
    }

    @Test
    void aTimeoutIsLangChain4jsOwn() {
        ChatModel model = BundledModel.instant(KimiChatModel.builder())
                .parameters(p -> p.timeout(Duration.ofNanos(1)))
                .build();

        assertThatThrownBy(() -> model.chat(asking(GERMANY).build()))
                .isInstanceOfAny(
                        dev.langchain4j.exception.TimeoutException.class,
                        dev.langchain4j.exception.RateLimitException.class);
    }

    @Test
    void schemasAreDeclaredAsSupported() {
        assertThat(instant().supportedCapabilities()).contains(Capability.RESPONSE_FORMAT_JSON_SCHEMA);
    }
}

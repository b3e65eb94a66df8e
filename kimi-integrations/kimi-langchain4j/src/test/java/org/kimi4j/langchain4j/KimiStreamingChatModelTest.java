package org.kimi4j.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.CompleteToolCall;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.PartialThinking;
import dev.langchain4j.model.chat.response.PartialToolCall;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class KimiStreamingChatModelTest {

    private static final int SECONDS = 60;

    /** Keeps all that it is told. */
    private static class Listening implements StreamingChatResponseHandler {
        final StringBuilder text = new StringBuilder();
        final StringBuilder thinking = new StringBuilder();
        final List<PartialToolCall> parts = new ArrayList<>();
        final List<CompleteToolCall> calls = new ArrayList<>();
        final List<String> order = new ArrayList<>();
        final CompletableFuture<ChatResponse> done = new CompletableFuture<>();

        private void at(String step) {
            if (order.isEmpty() || !order.getLast().equals(step)) {
                order.add(step);
            }
        }

        @Override
        public void onPartialResponse(String more) {
            at("text");
            text.append(more);
        }

        @Override
        public void onPartialThinking(PartialThinking more) {
            at("thinking");
            thinking.append(more.text());
        }

        @Override
        public void onPartialToolCall(PartialToolCall part) {
            at("part");
            parts.add(part);
        }

        @Override
        public void onCompleteToolCall(CompleteToolCall call) {
            at("call");
            calls.add(call);
        }

        @Override
        public void onCompleteResponse(ChatResponse response) {
            at("response");
            done.complete(response);
        }

        @Override
        public void onError(Throwable error) {
            done.completeExceptionally(error);
        }

        ChatResponse response() throws Exception {
            return done.get(SECONDS, TimeUnit.SECONDS);
        }
    }

    private static StreamingChatModel thinking() {
        return BundledModel.instant(KimiStreamingChatModel.builder())
                .parameters(p -> p.thinking(true))
                .build();
    }

    @Test
    void thinkingAndAnswerArriveInPartsAndInOrder() throws Exception {
        Listening heard = new Listening();

        thinking()
                .chat(
                        ChatRequest.builder()
                                .messages(UserMessage.from("What is the capital of France?"))
                                .build(),
                        heard);

        ChatResponse response = heard.response();
        assertThat(heard.order).containsExactly("thinking", "text", "response");
        assertThat(heard.thinking).hasToString(response.aiMessage().thinking()).isNotEmpty();
        assertThat(heard.text).hasToString(response.aiMessage().text()).contains("Paris");
    }

    @Test
    void aCallArrivesInPartsThenWhole() throws Exception {
        ToolSpecification weather = ToolSpecification.builder()
                .name("get_weather")
                .description("Get the current weather in a city.")
                .parameters(JsonObjectSchema.builder()
                        .addStringProperty("city")
                        .required("city")
                        .build())
                .build();
        Listening heard = new Listening();

        thinking()
                .chat(
                        ChatRequest.builder()
                                .messages(UserMessage.from("What is the weather in Munich?"))
                                .toolSpecifications(weather)
                                .build(),
                        heard);

        ChatResponse response = heard.response();
        assertThat(heard.order).containsExactly("thinking", "part", "call", "response");
        assertThat(heard.parts)
                .hasSizeGreaterThan(1)
                .allMatch(part -> part.id().equals("functions.get_weather:0")
                        && part.name().equals("get_weather")
                        && part.index() == 0);
        StringBuilder joined = new StringBuilder();
        heard.parts.forEach(part -> joined.append(part.partialArguments()));
        assertThat(joined).hasToString("{\"city\": \"Munich\"}");
        assertThat(heard.calls).hasSize(1);
        assertThat(response.aiMessage().toolExecutionRequests())
                .containsExactly(heard.calls.getFirst().toolExecutionRequest());
    }

    @Test
    void aCancelledReplyEndsAndSaysNothingMore() throws Exception {
        CountDownLatch cancelled = new CountDownLatch(1);
        Listening heard = new Listening() {
            @Override
            public void onPartialResponse(PartialResponse part, PartialResponseContext context) {
                super.onPartialResponse(part.text());
                context.streamingHandle().cancel();
                assertThat(context.streamingHandle().isCancelled()).isTrue();
                cancelled.countDown();
            }
        };
        StreamingChatModel model =
                BundledModel.instant(KimiStreamingChatModel.builder()).build();

        model.chat(
                ChatRequest.builder()
                        .messages(UserMessage.from("Tell me a story."))
                        .build(),
                heard);

        assertThat(cancelled.await(SECONDS, TimeUnit.SECONDS)).isTrue();
        Listening next = new Listening();
        model.chat(
                ChatRequest.builder()
                        .messages(UserMessage.from("What is the capital of Spain?"))
                        .build(),
                next);
        assertThat(next.response().aiMessage().text()).contains("Madrid");
        assertThat(heard.order).containsExactly("text");
        assertThat(heard.done).isNotDone();
    }
}

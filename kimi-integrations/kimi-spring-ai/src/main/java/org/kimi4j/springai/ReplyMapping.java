package org.kimi4j.springai;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.kimi4j.Delta;
import org.kimi4j.Reply;
import org.kimi4j.chat.ReplyEvent;
import org.kimi4j.chat.ToolCall;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.metadata.ChatGenerationMetadata;
import org.springframework.ai.chat.metadata.ChatResponseMetadata;
import org.springframework.ai.chat.metadata.DefaultUsage;
import org.springframework.ai.chat.metadata.Usage;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;

/** Kimi's replies as Spring AI's. */
final class ReplyMapping {

    private ReplyMapping() {}

    static ChatResponse whole(Reply reply, ChatResponseMetadata.Builder metadata) {
        return response(reply, reply.text(), metadata);
    }

    /** The end of a stream: everything but the text, which went before. */
    static ChatResponse last(Reply reply, ChatResponseMetadata.Builder metadata) {
        return response(reply, "", metadata);
    }

    private static ChatResponse response(Reply reply, String text, ChatResponseMetadata.Builder metadata) {
        AssistantMessage message = AssistantMessage.builder()
                .content(text)
                .properties(reply.thinking().isEmpty() ? Map.of() : Map.of(KimiChatModel.REASONING, reply.thinking()))
                .toolCalls(reply.toolCalls().stream().map(ReplyMapping::call).toList())
                .build();
        ChatGenerationMetadata.Builder generation = ChatGenerationMetadata.builder()
                .finishReason(reply.finishReason().name());
        if (!reply.logprobs().isEmpty()) {
            generation.metadata(KimiChatModel.LOGPROBS, reply.logprobs());
        }
        return new ChatResponse(
                List.of(new Generation(message, generation.build())),
                metadata.usage(usage(reply.usage()))
                        .keyValue(KimiChatModel.TIMINGS, reply.timings())
                        .build());
    }

    /** A piece of a stream; empty for those that say nothing before the reply is whole. */
    static Optional<AssistantMessage> piece(Delta delta) {
        return switch (delta.event()) {
            case ReplyEvent.TextDelta(String text) -> Optional.of(new AssistantMessage(text));
            case ReplyEvent.ThinkingDelta(String text) ->
                Optional.of(AssistantMessage.builder()
                        .content("")
                        .properties(Map.of(KimiChatModel.THINKING, text))
                        .build());
            // Spring AI runs a call as soon as it sees one: they come together, when the reply is whole.
            case ReplyEvent.ToolCallStart _,
                    ReplyEvent.ToolCallArgumentsDelta _,
                    ReplyEvent.ToolCallEnd _,
                    ReplyEvent.Malformed _ -> Optional.empty();
        };
    }

    private static AssistantMessage.ToolCall call(ToolCall call) {
        return new AssistantMessage.ToolCall(
                call.id(), "function", call.name(), call.arguments().isBlank() ? "{}" : call.arguments());
    }

    private static Usage usage(org.kimi4j.Usage usage) {
        return new DefaultUsage(
                usage.promptTokens(),
                usage.completionTokens(),
                usage.totalTokens(),
                usage,
                (long) usage.cachedTokens(),
                null);
    }
}

package org.kimi4j.langchain4j;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.exception.TimeoutException;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import java.util.UUID;
import org.kimi4j.Reply;
import org.kimi4j.chat.ToolCall;

/** Kimi's replies as LangChain4j's. */
final class ReplyMapping {

    private ReplyMapping() {}

    /** @throws TimeoutException if the reply was cut by its deadline */
    static ChatResponse response(String modelName, Reply reply) {
        if (reply.finishReason() == org.kimi4j.FinishReason.DEADLINE) {
            throw new TimeoutException("the timeout passed after "
                    + reply.usage().completionTokens() + " tokens of the reply; allow more time or fewer tokens");
        }
        return ChatResponse.builder()
                .aiMessage(message(reply))
                .metadata(KimiChatResponseMetadata.of("kimi-" + UUID.randomUUID(), modelName, reply))
                .build();
    }

    private static AiMessage message(Reply reply) {
        boolean silent = reply.text().isEmpty() && !reply.toolCalls().isEmpty();
        return AiMessage.builder()
                .text(silent ? null : reply.text())
                .thinking(reply.thinking().isEmpty() ? null : reply.thinking())
                .toolExecutionRequests(
                        reply.toolCalls().stream().map(ReplyMapping::request).toList())
                .build();
    }

    static ToolExecutionRequest request(ToolCall call) {
        return ToolExecutionRequest.builder()
                .id(call.id())
                .name(call.name())
                .arguments(call.arguments().isBlank() ? "{}" : call.arguments())
                .build();
    }

    static FinishReason finishReason(org.kimi4j.FinishReason reason) {
        return switch (reason) {
            case STOP -> FinishReason.STOP;
            case TOOL_CALLS -> FinishReason.TOOL_EXECUTION;
            case LENGTH -> FinishReason.LENGTH;
            case CANCELLED, DEADLINE -> FinishReason.OTHER;
        };
    }
}

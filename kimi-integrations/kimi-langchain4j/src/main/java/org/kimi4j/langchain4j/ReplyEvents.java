package org.kimi4j.langchain4j;

import dev.langchain4j.model.chat.response.ChatModelStreamingEvent;
import dev.langchain4j.model.chat.response.CompleteToolCall;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialThinking;
import dev.langchain4j.model.chat.response.PartialToolCall;
import dev.langchain4j.model.chat.response.RawStreamingEvent;
import java.util.Optional;
import org.kimi4j.Delta;
import org.kimi4j.chat.ReplyEvent;

/** The pieces of one reply as LangChain4j's events. For one thread. */
final class ReplyEvents {

    private String id = "";
    private String name = "";
    /**
     * The beginning of a part of arguments. White space is held back because a part must not be blank, an opening brace so
     * that no arguments, {@code {}}, are one part.
     */
    private final StringBuilder held = new StringBuilder();

    /** The event of a piece; empty if LangChain4j has none for it yet. */
    Optional<ChatModelStreamingEvent> of(Delta delta) {
        return switch (delta.event()) {
            case ReplyEvent.TextDelta(String text) -> Optional.of(new PartialResponse(text));
            case ReplyEvent.ThinkingDelta(String text) -> Optional.of(new PartialThinking(text));
            case ReplyEvent.ToolCallStart(int _, String callId, String callName) -> {
                id = callId;
                name = callName;
                held.setLength(0);
                yield Optional.empty();
            }
            case ReplyEvent.ToolCallArgumentsDelta(int index, String text) -> arguments(index, text);
            case ReplyEvent.ToolCallEnd(int index, var call, boolean complete) ->
                Optional.of(
                        complete
                                ? new CompleteToolCall(index, ReplyMapping.request(call))
                                : RawStreamingEvent.of(delta.event()));
            // LangChain4j has no event for what the model got wrong; who listens to raw events is told.
            case ReplyEvent.Malformed malformed -> Optional.of(RawStreamingEvent.of(malformed));
        };
    }

    private Optional<ChatModelStreamingEvent> arguments(int index, String text) {
        held.append(text);
        String part = held.toString();
        if (part.isBlank() || part.strip().equals("{")) {
            return Optional.empty();
        }
        held.setLength(0);
        return Optional.of(PartialToolCall.builder()
                .index(index)
                .id(id)
                .name(name)
                .partialArguments(part)
                .build());
    }
}

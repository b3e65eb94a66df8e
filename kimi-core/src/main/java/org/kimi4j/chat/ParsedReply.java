package org.kimi4j.chat;

import java.util.List;
import org.kimi4j.chat.ReplyEvent.Malformed;
import org.kimi4j.chat.ReplyEvent.ToolCallEnd;

/**
 * A reply taken apart; each component is what the events of its kind make when joined.
 *
 * @param thinking the reasoning, without its tags
 * @param text the answer
 * @param calls the tool calls in order, complete or cut
 * @param malformed parts of a tool section that are no calls
 */
public record ParsedReply(String thinking, String text, List<ToolCallEnd> calls, List<Malformed> malformed) {

    public ParsedReply {
        calls = List.copyOf(calls);
        malformed = List.copyOf(malformed);
    }

    /** The calls that may be run: those that are complete. */
    public List<ToolCall> toolCalls() {
        return calls.stream()
                .filter(ToolCallEnd::complete)
                .map(ToolCallEnd::call)
                .toList();
    }

    /** The turn to append to the conversation: answer, reasoning and complete calls. */
    public ChatMessage.Assistant toMessage() {
        List<Content> content = text.isEmpty() ? List.of() : List.of(Content.text(text));
        return new ChatMessage.Assistant(content, thinking, toolCalls(), "");
    }
}

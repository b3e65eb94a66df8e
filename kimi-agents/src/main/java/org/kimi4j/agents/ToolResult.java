package org.kimi4j.agents;

import java.time.Duration;
import java.util.List;
import org.kimi4j.chat.ChatMessage;
import org.kimi4j.chat.Content;
import org.kimi4j.chat.ToolCall;

/**
 * What came of a call.
 *
 * @param content what the model is told
 * @param time the function ran; zero if it did not
 */
public record ToolResult(ToolCall call, List<Content> content, Outcome outcome, Duration time) {

    /** How a call went. */
    public enum Outcome {
        /** The function returned. */
        RETURNED,
        /** The function threw, or was stopped. */
        FAILED,
        /** The function was not run: the call was not usable, or a limit was reached. */
        NOT_RUN
    }

    public ToolResult {
        content = List.copyOf(content);
    }

    /** The words of the content. */
    public String text() {
        StringBuilder text = new StringBuilder();
        for (Content piece : content) {
            if (piece instanceof Content.Text(String words)) {
                text.append(words);
            }
        }
        return text.toString();
    }

    /** The turn that answers the call. */
    public ChatMessage.Tool toMessage() {
        return new ChatMessage.Tool(content, call.id(), "");
    }

    static ToolResult notRun(ToolCall call, String reason) {
        return error(call, Outcome.NOT_RUN, reason, Duration.ZERO);
    }

    static ToolResult error(ToolCall call, Outcome outcome, String reason, Duration time) {
        return new ToolResult(call, List.of(Content.text("Error: " + reason)), outcome, time);
    }
}

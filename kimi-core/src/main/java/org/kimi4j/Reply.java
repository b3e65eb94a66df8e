package org.kimi4j;

import java.util.List;
import org.kimi4j.chat.ChatMessage;
import org.kimi4j.chat.ParsedReply;
import org.kimi4j.chat.ToolCall;
import org.kimi4j.sampling.Logprobs;

/**
 * A whole reply.
 *
 * @param parsed reasoning, answer and tool calls
 * @param logprobs of all tokens in order, if they were asked for
 */
public record Reply(
        ParsedReply parsed, FinishReason finishReason, Usage usage, Timings timings, List<Logprobs> logprobs) {

    public Reply {
        logprobs = List.copyOf(logprobs);
    }

    /** The answer. */
    public String text() {
        return parsed.text();
    }

    /** The reasoning; empty if there was none. */
    public String thinking() {
        return parsed.thinking();
    }

    /** The tools to run, complete calls only. */
    public List<ToolCall> toolCalls() {
        return parsed.toolCalls();
    }

    /** The turn to append to the conversation; keeps the reasoning, which the next prompt may need. */
    public ChatMessage.Assistant toMessage() {
        return parsed.toMessage();
    }
}

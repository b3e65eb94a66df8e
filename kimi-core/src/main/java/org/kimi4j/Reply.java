package org.kimi4j;

import java.lang.invoke.MethodHandles;
import java.util.List;
import org.kimi4j.chat.ChatMessage;
import org.kimi4j.chat.ParsedReply;
import org.kimi4j.chat.ToolCall;
import org.kimi4j.error.SchemaException;
import org.kimi4j.sampling.Logprobs;
import org.kimi4j.schema.RecordSchema;

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

    /**
     * The answer as a record: see {@link ChatRequest#answerAs(Class)}, which also makes sure that it is one.
     *
     * @throws SchemaException if the answer is none, which a reply that was cancelled or that calls tools is not
     */
    public <T> T as(Class<T> type) {
        return as(RecordSchema.of(type));
    }

    /** As {@link #as(Class)}, of a type that the owner of a lookup can make. */
    public <T> T as(Class<T> type, MethodHandles.Lookup lookup) {
        return as(RecordSchema.of(type, lookup));
    }

    <T> T as(RecordSchema<T> schema) {
        try {
            return schema.read(text());
        } catch (SchemaException e) {
            throw new SchemaException("the reply, which ended with " + finishReason + ": " + e.getMessage(), e);
        }
    }

    /** The turn to append to the conversation; keeps the reasoning, which the next prompt may need. */
    public ChatMessage.Assistant toMessage() {
        return parsed.toMessage();
    }
}

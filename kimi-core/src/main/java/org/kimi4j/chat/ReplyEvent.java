package org.kimi4j.chat;

/**
 * Something a reply parser found. Where the deltas of one channel are cut depends on how the reply arrived; joined they
 * do not.
 */
public sealed interface ReplyEvent {

    /** More of the reasoning; never empty, never half a character. */
    record ThinkingDelta(String text) implements ReplyEvent {}

    /** More of the answer; never empty, never half a character. */
    record TextDelta(String text) implements ReplyEvent {}

    /**
     * A tool call begins; its arguments follow.
     *
     * @param index of the call within the reply, from 0
     * @param id in the form {@code functions.NAME:INDEX}, also where the model left a part of it out
     */
    record ToolCallStart(int index, String id, String name) implements ReplyEvent {}

    /** More of the arguments of a call, JSON text; never empty. */
    record ToolCallArgumentsDelta(int index, String text) implements ReplyEvent {}

    /**
     * A tool call ends.
     *
     * @param call with all its arguments
     * @param complete whether the model closed the call, or its arguments are a whole JSON object without that; if not,
     *     the reply was cut inside the call, which must not be run
     */
    record ToolCallEnd(int index, ToolCall call, boolean complete) implements ReplyEvent {}

    /**
     * A part of the tool section that is no call: the text as the model wrote it.
     *
     * @param problem what was expected
     */
    record Malformed(String text, String problem) implements ReplyEvent {}
}

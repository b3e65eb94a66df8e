package org.kimi4j.agents;

import org.kimi4j.Delta;
import org.kimi4j.Reply;
import org.kimi4j.chat.ToolCall;

/**
 * Something that happened in an episode. Events come one after the other on the thread of the loop, in an order that does
 * not depend on how long tools take: the pieces of a reply, the reply, then {@code Started} for each of its calls that is
 * run, then {@code Finished} for each of its calls, both in the order of the calls.
 */
public sealed interface ToolEvent {

    /** Which reply of the episode it belongs to, from 0. */
    int round();

    /** A piece of a reply: words, reasoning, or a part of a call's arguments. */
    record Piece(int round, Delta delta) implements ToolEvent {}

    /** A reply is whole. */
    record Replied(int round, Reply reply) implements ToolEvent {}

    /** A function is run. */
    record Started(int round, ToolCall call) implements ToolEvent {}

    /** What came of a call is known. */
    record Finished(int round, ToolResult result) implements ToolEvent {}
}

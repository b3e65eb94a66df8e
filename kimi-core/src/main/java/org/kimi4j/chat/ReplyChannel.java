package org.kimi4j.chat;

/** What the model is writing at a moment of its reply. */
public enum ReplyChannel {

    /** Reasoning, before the answer. */
    THINKING,

    /** The answer for the reader. */
    ANSWER,

    /** The markup around tool calls: which function is called, and what stands between calls. */
    TOOL_HEADER,

    /** The arguments of a tool call. */
    TOOL_ARGUMENTS
}

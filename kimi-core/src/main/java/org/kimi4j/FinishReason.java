package org.kimi4j;

/** Why a reply ended. */
public enum FinishReason {
    /** The model ended its turn, or a stop string came. */
    STOP,
    /** The model ended its turn asking for tools. */
    TOOL_CALLS,
    /** The most tokens allowed were generated. */
    LENGTH,
    /** The caller cancelled. */
    CANCELLED,
    /** The caller's deadline passed. */
    DEADLINE
}

package org.kimi4j.chat;

import org.kimi4j.error.UnsupportedOptionException;

/** Whether a reply may, or must, call tools. */
public sealed interface ToolChoice {

    /** The model decides. */
    ToolChoice AUTO = new Auto();

    /** No call: the tools are not shown to the model. */
    ToolChoice NONE = new None();

    /** At least one call, of whichever tool. */
    ToolChoice REQUIRED = new Required();

    /** See {@link #AUTO}. */
    record Auto() implements ToolChoice {}

    /** See {@link #NONE}. */
    record None() implements ToolChoice {}

    /** See {@link #REQUIRED}. */
    record Required() implements ToolChoice {}

    /** At least one call, of this tool alone. */
    record Named(String name) implements ToolChoice {
        public Named {
            if (name.isBlank()) {
                throw new UnsupportedOptionException("tool choice: the name of the tool is empty");
            }
        }
    }

    /** At least one call, of this tool alone. */
    static ToolChoice named(String name) {
        return new Named(name);
    }
}

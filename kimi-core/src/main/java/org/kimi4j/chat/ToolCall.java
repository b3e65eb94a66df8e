package org.kimi4j.chat;

import org.kimi4j.error.UnsupportedOptionException;

/**
 * A function the model asks the application to run.
 *
 * @param id what the tool's answer refers to: {@code functions.NAME:INDEX} when the model wrote it; ids of other origin
 *     are accepted here and rewritten in the prompt
 * @param name the function
 * @param arguments JSON text, kept to the character; what a model wrote need not be valid JSON
 */
public record ToolCall(String id, String name, String arguments) {

    public ToolCall {
        if (name.isBlank()) {
            throw new UnsupportedOptionException("tool call " + id + ": the name of its function is empty");
        }
    }
}

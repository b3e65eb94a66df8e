package org.kimi4j.chat;

import java.util.Optional;
import org.kimi4j.error.UnsupportedOptionException;
import org.kimi4j.json.Json;

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

    /** What is wrong with the arguments; empty if they are one JSON object, or nothing at all, which counts as {@code {}}. */
    public Optional<String> argumentsProblem() {
        if (arguments.isBlank()) {
            return Optional.empty();
        }
        try {
            return Json.parse(arguments) instanceof Json.Obj
                    ? Optional.empty()
                    : Optional.of("expected a JSON object, found another JSON value");
        } catch (Json.SyntaxException e) {
            return Optional.of("not JSON: " + e.getMessage());
        }
    }
}

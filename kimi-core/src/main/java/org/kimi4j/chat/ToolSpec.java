package org.kimi4j.chat;

import java.util.LinkedHashMap;
import java.util.Map;
import org.kimi4j.error.SchemaException;
import org.kimi4j.error.UnsupportedOptionException;
import org.kimi4j.json.Json;

/**
 * A function the model may call.
 *
 * @param name without white space and {@code <}, which could not be told from the markup of a call
 * @param description what it does, for the model; empty for none
 * @param parameters a JSON schema as text, an object; empty for a function without parameters. The order of its keys is
 *     kept
 * @param strict whether the arguments must follow the schema
 */
public record ToolSpec(String name, String description, String parameters, boolean strict) {

    public ToolSpec {
        if (name.isEmpty() || name.chars().anyMatch(c -> Character.isWhitespace(c) || c == '<')) {
            throw new UnsupportedOptionException(
                    "tool name \"" + name + "\": expected at least one character, no white space and no <");
        }
        if (!parameters.isEmpty()) {
            schema(name, parameters);
        }
    }

    /** A function whose arguments are not enforced. */
    public ToolSpec(String name, String description, String parameters) {
        this(name, description, parameters, false);
    }

    /** A function without parameters. */
    public ToolSpec(String name, String description) {
        this(name, description, "", false);
    }

    /** As an element of an OpenAI-style {@code tools} array. */
    Json.Obj toJson() {
        Map<String, Json> function = new LinkedHashMap<>();
        function.put("name", new Json.Str(name));
        if (!description.isEmpty()) {
            function.put("description", new Json.Str(description));
        }
        if (!parameters.isEmpty()) {
            function.put("parameters", schema(name, parameters));
        }
        if (strict) {
            function.put("strict", new Json.Bool(true));
        }
        Map<String, Json> tool = new LinkedHashMap<>();
        tool.put("type", new Json.Str("function"));
        tool.put("function", new Json.Obj(function));
        return new Json.Obj(tool);
    }

    private static Json.Obj schema(String name, String parameters) {
        try {
            if (Json.parse(parameters) instanceof Json.Obj schema) {
                return schema;
            }
        } catch (Json.SyntaxException e) {
            throw new SchemaException("tool " + name + ": its parameters are not JSON: " + e.getMessage(), e);
        }
        throw new SchemaException(
                "tool " + name + ": expected a JSON schema object as parameters, found another JSON value");
    }
}

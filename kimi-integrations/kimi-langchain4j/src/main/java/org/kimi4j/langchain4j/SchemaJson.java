package org.kimi4j.langchain4j;

import dev.langchain4j.model.chat.request.json.JsonAnyOfSchema;
import dev.langchain4j.model.chat.request.json.JsonArraySchema;
import dev.langchain4j.model.chat.request.json.JsonBooleanSchema;
import dev.langchain4j.model.chat.request.json.JsonEnumSchema;
import dev.langchain4j.model.chat.request.json.JsonIntegerSchema;
import dev.langchain4j.model.chat.request.json.JsonNullSchema;
import dev.langchain4j.model.chat.request.json.JsonNumberSchema;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonRawSchema;
import dev.langchain4j.model.chat.request.json.JsonReferenceSchema;
import dev.langchain4j.model.chat.request.json.JsonSchemaElement;
import dev.langchain4j.model.chat.request.json.JsonStringSchema;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** LangChain4j's schema elements as JSON schema text; the order of properties is kept. */
final class SchemaJson {

    private SchemaJson() {}

    /** One {@code "key": value} after the other, in braces. */
    private static final class Members {
        private final List<String> members = new ArrayList<>();

        Members put(String key, String json) {
            members.add(string(key) + ": " + json);
            return this;
        }

        Members describe(@Nullable String description) {
            return description == null ? this : put("description", string(description));
        }

        String json() {
            return "{" + String.join(", ", members) + "}";
        }
    }

    static String of(JsonSchemaElement element) {
        return switch (element) {
            case JsonObjectSchema object -> object(object);
            case JsonArraySchema array -> {
                Members members = typed("array", array.description());
                if (array.items() != null) {
                    members.put("items", of(array.items()));
                }
                yield members.json();
            }
            case JsonAnyOfSchema anyOf ->
                new Members()
                        .describe(anyOf.description())
                        .put(
                                "anyOf",
                                array(anyOf.anyOf().stream().map(SchemaJson::of).toList()))
                        .json();
            case JsonEnumSchema choice ->
                typed("string", choice.description())
                        .put("enum", strings(choice.enumValues()))
                        .json();
            case JsonReferenceSchema reference ->
                new Members()
                        .put("$ref", string("#/$defs/" + reference.reference()))
                        .json();
            case JsonRawSchema raw -> raw.schema();
            case JsonStringSchema text -> typed("string", text.description()).json();
            case JsonIntegerSchema number ->
                typed("integer", number.description()).json();
            case JsonNumberSchema number ->
                typed("number", number.description()).json();
            case JsonBooleanSchema truth ->
                typed("boolean", truth.description()).json();
            case JsonNullSchema _ -> typed("null", null).json();
            default ->
                throw Failures.unsupported(
                        "JSON schema elements of type " + element.getClass().getName() + " are", "");
        };
    }

    private static String object(JsonObjectSchema object) {
        Members members = typed("object", object.description());
        members.put("properties", members(object.properties()));
        if (!object.required().isEmpty()) {
            members.put("required", strings(object.required()));
        }
        if (object.additionalProperties() != null) {
            members.put("additionalProperties", object.additionalProperties().toString());
        }
        if (!object.definitions().isEmpty()) {
            members.put("$defs", members(object.definitions()));
        }
        return members.json();
    }

    private static String members(Map<String, JsonSchemaElement> elements) {
        Members members = new Members();
        elements.forEach((key, element) -> members.put(key, of(element)));
        return members.json();
    }

    private static Members typed(String type, @Nullable String description) {
        return new Members().put("type", string(type)).describe(description);
    }

    private static String array(Collection<String> items) {
        return "[" + String.join(", ", items) + "]";
    }

    private static String strings(Collection<String> texts) {
        return array(texts.stream().map(SchemaJson::string).toList());
    }

    static String string(String text) {
        StringBuilder out = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            Optional<String> escape = escape(c);
            if (escape.isPresent()) {
                out.append(escape.get());
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }

    private static Optional<String> escape(char c) {
        return switch (c) {
            case '"' -> Optional.of("\\\"");
            case '\\' -> Optional.of("\\\\");
            case '\n' -> Optional.of("\\n");
            case '\r' -> Optional.of("\\r");
            case '\t' -> Optional.of("\\t");
            default -> c < ' ' ? Optional.of(String.format("\\u%04x", (int) c)) : Optional.empty();
        };
    }
}

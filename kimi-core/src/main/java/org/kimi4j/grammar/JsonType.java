package org.kimi4j.grammar;

import java.util.EnumSet;
import java.util.Set;
import org.kimi4j.json.Json;

/** The types of JSON Schema. A set with NUMBER has INTEGER too. */
enum JsonType {
    NULL,
    BOOLEAN,
    INTEGER,
    NUMBER,
    STRING,
    ARRAY,
    OBJECT;

    /** The types that a name stands for; none if it is no type's. */
    static Set<JsonType> named(String name) {
        return switch (name) {
            case "null" -> EnumSet.of(NULL);
            case "boolean" -> EnumSet.of(BOOLEAN);
            case "integer" -> EnumSet.of(INTEGER);
            case "number" -> EnumSet.of(INTEGER, NUMBER);
            case "string" -> EnumSet.of(STRING);
            case "array" -> EnumSet.of(ARRAY);
            case "object" -> EnumSet.of(OBJECT);
            default -> EnumSet.noneOf(JsonType.class);
        };
    }

    /** The narrowest type of a value. */
    static JsonType of(Json value) {
        return switch (value) {
            case Json.Null _ -> NULL;
            case Json.Bool _ -> BOOLEAN;
            case Json.Num number -> number.value().stripTrailingZeros().scale() <= 0 ? INTEGER : NUMBER;
            case Json.Str _ -> STRING;
            case Json.Arr _ -> ARRAY;
            case Json.Obj _ -> OBJECT;
        };
    }
}

package org.kimi4j.grammar;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.kimi4j.error.SchemaException;
import org.kimi4j.json.Json;

/**
 * A schema inside a schema document.
 *
 * @param place a JSON pointer behind a {@code #}
 */
record SchemaPart(Json schema, String place, Json document) {

    static SchemaPart root(Json document) {
        return new SchemaPart(document, "#", document);
    }

    SchemaPart child(String key, Json value) {
        return new SchemaPart(value, place + "/" + key.replace("~", "~0").replace("/", "~1"), document);
    }

    SchemaPart child(int index, Json value) {
        return new SchemaPart(value, place + "/" + index, document);
    }

    SchemaException refused(String problem) {
        return new SchemaException("JSON schema at " + place + ": " + problem);
    }

    /** The schema that a reference of this one names. */
    SchemaPart target(String reference) {
        if (!reference.equals("#") && !reference.startsWith("#/")) {
            throw refused("$ref \"" + reference + "\" is not supported: expected # or #/ and a path inside the schema");
        }
        Json at = document;
        String pointer = URLDecoder.decode(reference.replace("+", "%2B"), StandardCharsets.UTF_8);
        for (String step : pointer.length() > 1 ? pointer.substring(2).split("/", -1) : new String[0]) {
            String key = step.replace("~1", "/").replace("~0", "~");
            Json next = switch (at) {
                case Json.Obj object -> object.get(key).orElse(null);
                case Json.Arr array -> item(array, key);
                case Json.Str _, Json.Num _, Json.Bool _, Json.Null _ -> null;
            };
            if (next == null) {
                throw refused("$ref \"" + reference + "\" names nothing in the schema");
            }
            at = next;
        }
        return new SchemaPart(at, pointer, document);
    }

    private static @Nullable Json item(Json.Arr array, String key) {
        boolean index = !key.isEmpty() && key.length() < 9 && key.chars().allMatch(c -> c >= '0' && c <= '9');
        return index && Integer.parseInt(key) < array.items().size()
                ? array.items().get(Integer.parseInt(key))
                : null;
    }

    /** Where references lead that stand alone. */
    SchemaPart followed() {
        SchemaPart at = this;
        Set<String> seen = new HashSet<>();
        while (at.schema instanceof Json.Obj object
                && object.members().size() == 1
                && object.get("$ref").orElse(null) instanceof Json.Str(String reference)) {
            if (!seen.add(at.place)) {
                throw refused("$ref \"" + reference + "\" refers to itself");
            }
            at = at.target(reference);
        }
        return at;
    }
}

package org.kimi4j.grammar;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.kimi4j.grammar.Numbers.Bound;
import org.kimi4j.json.Json;

/** Folds the keywords of a schema into {@link Constraints}; what it does not know it refuses by name and place. */
final class SchemaFolder {

    private static final Set<String> ANNOTATIONS = Set.of(
            "title",
            "description",
            "default",
            "examples",
            "example",
            "deprecated",
            "readOnly",
            "writeOnly",
            "contentEncoding",
            "contentMediaType",
            "$schema",
            "$id",
            "$comment",
            "$defs",
            "definitions",
            "discriminator",
            "externalDocs");

    private static final String SUPPORTED =
            "type, enum, const, anyOf, oneOf, allOf, $ref, properties, required, additionalProperties, minProperties,"
                    + " maxProperties, items, prefixItems, minItems, maxItems, minLength, maxLength, pattern, format, minimum,"
                    + " maximum, exclusiveMinimum, exclusiveMaximum, multipleOf, nullable";

    private SchemaFolder() {}

    /**
     * Adds what a schema asks.
     *
     * @param inside places of the schemas that led here; one of them again is a schema that consists of itself, which no
     *     value satisfies
     */
    static void fold(SchemaPart part, Constraints into, Set<String> inside) {
        if (inside.contains(part.place())) {
            into.never = true;
            return;
        }
        if (!into.folded.add(part.place())) {
            return;
        }
        switch (part.schema()) {
            case Json.Bool(boolean any) -> into.never |= !any;
            case Json.Obj object -> {
                Set<String> deeper = new HashSet<>(inside);
                deeper.add(part.place());
                object.members().forEach((key, value) -> keyword(part, object, key, value, into, deeper));
                properties(part, object, into);
                items(part, object, into);
            }
            case Json.Str _, Json.Num _, Json.Arr _, Json.Null _ ->
                throw part.refused("expected a schema: an object or a boolean");
        }
    }

    private static void keyword(
            SchemaPart part, Json.Obj object, String key, Json value, Constraints into, Set<String> inside) {
        switch (key) {
            case "type" -> into.restrictTypes(types(part, object, value));
            case "nullable" -> {
                if (value instanceof Json.Bool(boolean b)
                        && b
                        && object.get("type").isEmpty()) {
                    throw part.refused("nullable is not supported without a type beside it");
                }
            }
            case "enum" -> into.restrictValues(array(part, key, value));
            case "const" -> into.restrictValues(List.of(value));
            case "$ref" -> fold(part.target(text(part, key, value)), into, inside);
            case "allOf" -> schemas(part, key, value).forEach(s -> fold(s, into, inside));
            case "anyOf" -> into.groups.add(new Constraints.Group(schemas(part, key, value), false, inside, part));
            case "oneOf" -> into.groups.add(new Constraints.Group(schemas(part, key, value), true, inside, part));
            case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum" -> bound(part, key, value, into);
            case "multipleOf" -> {
                into.mentioned.addAll(JsonType.named("number"));
                into.divisors.add(number(part, key, value));
            }
            case "format" -> format(part, text(part, key, value), into);
            case "pattern" -> {
                into.mentioned.add(JsonType.STRING);
                into.patterns.add(pattern(part, text(part, key, value)));
            }
            case "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties" ->
                count(part, key, value, into);
            case "required" -> {
                into.mentioned.add(JsonType.OBJECT);
                array(part, key, value).forEach(name -> into.required.add(text(part, key, name)));
            }
            case "uniqueItems" -> {
                if (!(value instanceof Json.Bool(boolean unique)) || unique) {
                    throw part.refused("uniqueItems is not supported");
                }
            }
            case "properties", "additionalProperties", "items", "prefixItems" -> {} // read together
            default -> {
                if (!ANNOTATIONS.contains(key) && !key.startsWith("x-")) {
                    throw part.refused("the keyword " + key + " is not supported; those that are: " + SUPPORTED);
                }
            }
        }
    }

    private static Set<JsonType> types(SchemaPart part, Json.Obj object, Json value) {
        Set<JsonType> types = EnumSet.noneOf(JsonType.class);
        for (Json name : value instanceof Json.Arr(List<Json> names) ? names : List.of(value)) {
            Set<JsonType> named = JsonType.named(text(part, "type", name));
            if (named.isEmpty()) {
                throw part.refused("expected the name of a type, found " + name.write());
            }
            types.addAll(named);
        }
        if (object.get("nullable").orElse(null) instanceof Json.Bool(boolean nullable) && nullable) {
            types.add(JsonType.NULL);
        }
        return types;
    }

    private static void bound(SchemaPart part, String key, Json value, Constraints into) {
        Bound bound = new Bound(number(part, key, value), key.startsWith("exclusive"));
        into.mentioned.addAll(JsonType.named("number"));
        if (key.equals("minimum") || key.equals("exclusiveMinimum")) {
            into.atLeast(bound);
        } else {
            into.atMost(bound);
        }
    }

    private static void format(SchemaPart part, String format, Constraints into) {
        switch (format) {
            case "int32" -> within(into, Integer.MIN_VALUE, Integer.MAX_VALUE);
            case "int64" -> within(into, Long.MIN_VALUE, Long.MAX_VALUE);
            default -> {
                if (Formats.isPattern(format)) {
                    into.mentioned.add(JsonType.STRING);
                    into.patterns.add(Formats.pattern(format));
                } else if (!Formats.isAnnotation(format)) {
                    throw part.refused("the format " + format + " is not supported: remove it, or use pattern");
                }
            }
        }
    }

    private static void within(Constraints into, long low, long high) {
        into.mentioned.addAll(JsonType.named("number"));
        into.atLeast(new Bound(BigDecimal.valueOf(low), false));
        into.atMost(new Bound(BigDecimal.valueOf(high), false));
    }

    private static Regex pattern(SchemaPart part, String pattern) {
        try {
            return RegexReader.read(pattern);
        } catch (RefusedException e) {
            throw part.refused(e.getMessage());
        }
    }

    private static void count(SchemaPart part, String key, Json value, Constraints into) {
        BigDecimal number = number(part, key, value);
        if (number.signum() < 0 || number.stripTrailingZeros().scale() > 0) {
            throw part.refused("expected a count as " + key + ", found " + value.write());
        }
        int count = number.min(BigDecimal.valueOf(Integer.MAX_VALUE / 2)).intValueExact();
        switch (key) {
            case "minLength" -> into.minLength = Math.max(into.minLength, count);
            case "maxLength" -> into.maxLength = Constraints.tighter(into.maxLength, count);
            case "minItems" -> into.minItems = Math.max(into.minItems, count);
            case "maxItems" -> into.maxItems = Constraints.tighter(into.maxItems, count);
            case "minProperties" -> into.minProperties = Math.max(into.minProperties, count);
            default -> into.maxProperties = Constraints.tighter(into.maxProperties, count);
        }
        into.mentioned.add(
                key.endsWith("Length") ? JsonType.STRING : key.endsWith("Items") ? JsonType.ARRAY : JsonType.OBJECT);
    }

    private static void properties(SchemaPart part, Json.Obj object, Constraints into) {
        Json declared = object.get("properties").orElse(new Json.Obj(Map.of()));
        Json further = object.get("additionalProperties").orElse(null);
        if (object.get("properties").isEmpty() && further == null) {
            return;
        }
        if (!(declared instanceof Json.Obj properties)) {
            throw part.refused("expected an object as properties");
        }
        into.mentioned.add(JsonType.OBJECT);
        into.objects.add(new Constraints.ObjectPart(
                Constraints.named(part.child("properties", declared), properties),
                further == null ? null : part.child("additionalProperties", further)));
    }

    private static void items(SchemaPart part, Json.Obj object, Constraints into) {
        Json rest = object.get("items").orElse(null);
        List<SchemaPart> first = object.get("prefixItems")
                .map(value -> schemas(part, "prefixItems", value))
                .orElse(List.of());
        if (rest == null && first.isEmpty()) {
            return;
        }
        if (rest instanceof Json.Arr) {
            throw part.refused("items as a list is not supported: use prefixItems");
        }
        into.mentioned.add(JsonType.ARRAY);
        into.arrays.add(new Constraints.ArrayPart(first, rest == null ? null : part.child("items", rest)));
    }

    private static List<SchemaPart> schemas(SchemaPart part, String key, Json value) {
        List<Json> items = array(part, key, value);
        if (items.isEmpty()) {
            throw part.refused("expected at least one schema in " + key);
        }
        SchemaPart list = part.child(key, value);
        List<SchemaPart> schemas = new ArrayList<>();
        for (int i = 0; i < items.size(); i++) {
            schemas.add(list.child(i, items.get(i)));
        }
        return schemas;
    }

    private static List<Json> array(SchemaPart part, String key, Json value) {
        if (value instanceof Json.Arr(List<Json> items)) {
            return items;
        }
        throw part.refused("expected a list as " + key + ", found " + value.write());
    }

    private static String text(SchemaPart part, String key, Json value) {
        if (value instanceof Json.Str(String text)) {
            return text;
        }
        throw part.refused("expected a string as " + key + ", found " + value.write());
    }

    private static BigDecimal number(SchemaPart part, String key, Json value) {
        if (value instanceof Json.Num number && number.literal().length() <= 400) {
            BigDecimal read = number.value();
            if (Math.abs((long) read.scale()) <= 400) {
                return read;
            }
        }
        throw part.refused("expected a number as " + key + ", found " + value.write());
    }
}

package org.kimi4j.chat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import org.kimi4j.chat.SchemaType.Additional;
import org.kimi4j.chat.SchemaType.AnyOf;
import org.kimi4j.chat.SchemaType.ArrayOf;
import org.kimi4j.chat.SchemaType.Field;
import org.kimi4j.chat.SchemaType.InexpressibleException;
import org.kimi4j.chat.SchemaType.Named;
import org.kimi4j.chat.SchemaType.Notes;
import org.kimi4j.chat.SchemaType.ObjectOf;
import org.kimi4j.json.Json;

/**
 * Reads the JSON schema of one function. Definitions become known in the order in which objects that hold them are
 * read, as in the official encoder: a reference read earlier than its definition is an error.
 */
final class SchemaReader {

    private static final Notes NO_NOTES = new Notes(new Json.Null(), new TreeMap<>());
    private static final String DEFINITIONS = "#/$defs/";

    private final Map<String, Json> definitions = new LinkedHashMap<>();
    private boolean selfReferenced;

    /** The schemas under {@code $defs}, in the order they became known. */
    Map<String, Json> definitions() {
        return definitions;
    }

    /** Whether anything read so far refers to the whole schema. */
    boolean selfReferenced() {
        return selfReferenced;
    }

    SchemaType read(Json schema) throws InexpressibleException {
        if (schema instanceof Json.Bool(boolean anything)) {
            return new Named(anything ? "any" : "null", NO_NOTES);
        }
        if (!(schema instanceof Json.Obj object)) {
            throw inexpressible(schema);
        }
        Map<String, Json> members = object.members();
        if (members.containsKey("$ref")) {
            return new Named(reference(members.get("$ref")), notes(members));
        }
        if (members.containsKey("anyOf")) {
            List<SchemaType> types = new ArrayList<>();
            for (Json type : iterate(members.get("anyOf"))) {
                types.add(read(type));
            }
            return new AnyOf(types, notes(members));
        }
        if (members.containsKey("enum")) {
            return new Named(enumeration(members), notes(members));
        }
        if (members.containsKey("type")) {
            return typed(members);
        }
        if (members.isEmpty()) {
            return new Named("any", NO_NOTES);
        }
        throw inexpressible(schema);
    }

    /** Reads the parameters of a function, which are an object whatever their {@code type} says. */
    ObjectOf readObject(Map<String, Json> members) throws InexpressibleException {
        Notes notes = notes(members);
        if (members.get("$defs") instanceof Json.Obj(var found)) {
            definitions.putAll(found);
        } else if (members.containsKey("$defs") && truthy(members.get("$defs"))) {
            throw inexpressible(members.get("$defs"));
        }
        Additional additional = switch (members.getOrDefault("additionalProperties", new Json.Null())) {
            case Json.Null() -> new Additional.Unsaid();
            case Json.Bool(boolean allowed) -> new Additional.Fixed(allowed ? "any" : "never");
            case Json.Obj schema -> new Additional.Of(read(schema));
            case Json.Arr value -> new Additional.Unknown(value);
            case Json.Str value -> new Additional.Unknown(value);
            case Json.Num value -> new Additional.Unknown(value);
        };
        if (!members.containsKey("properties")) {
            return new ObjectOf(List.of(), additional, notes);
        }
        if (!(members.get("properties") instanceof Json.Obj(var properties))) {
            throw inexpressible(members.get("properties"));
        }
        List<Json> required = members.containsKey("required") ? iterate(members.get("required")) : List.of();
        List<Field> fields = new ArrayList<>();
        for (var property : properties.entrySet()) {
            String name = property.getKey();
            fields.add(new Field(
                    name,
                    read(property.getValue()),
                    !required.contains(new Json.Str(name)),
                    defaultValue(property.getValue())));
        }
        return new ObjectOf(fields, additional, notes);
    }

    private static String defaultValue(Json schema) {
        if (!(schema instanceof Json.Obj object)) {
            return "";
        }
        return switch (object.members().getOrDefault("default", new Json.Null())) {
            case Json.Null() -> "";
            case Json.Num number -> PythonText.number(number);
            case Json.Bool bool -> PythonText.repr(bool);
            case Json.Str value -> PythonText.json(value);
            case Json.Arr value -> PythonText.json(value);
            case Json.Obj value -> PythonText.json(value);
        };
    }

    private SchemaType typed(Map<String, Json> members) throws InexpressibleException {
        return switch (members.get("type")) {
            case Json.Arr(var names) -> {
                StringJoiner out = new StringJoiner(" | ");
                for (Json name : names) {
                    out.add(unionMember(name));
                }
                yield new Named(out.toString(), notes(members));
            }
            case Json.Str(String name) ->
                switch (name) {
                    case "object" -> readObject(members);
                    case "array" -> {
                        Json items = members.getOrDefault("items", new Json.Null());
                        SchemaType item = truthy(items) ? read(items) : new Named("any", NO_NOTES);
                        yield new ArrayOf(item, notes(members, "maxItems", "minItems"));
                    }
                    case "string" -> new Named(name, notes(members, "maxLength", "minLength", "pattern"));
                    case "number", "integer" -> new Named("number", notes(members, "maximum", "minimum"));
                    default -> new Named(name, notes(members));
                };
            case Json other -> throw inexpressible(other);
        };
    }

    private static String unionMember(Json name) throws InexpressibleException {
        return switch (name instanceof Json.Str(String text) ? text : "") {
            case "string" -> "string";
            case "number", "integer" -> "number";
            case "boolean" -> "boolean";
            case "null" -> "null";
            case "object" -> "{}";
            case "array" -> "Array<any>";
            default -> throw inexpressible(name);
        };
    }

    private static String enumeration(Map<String, Json> members) throws InexpressibleException {
        List<Json> values = iterate(members.get("enum"));
        if (members.containsKey("type")) {
            checkEnumeration(values, members.get("type"));
        }
        StringJoiner out = new StringJoiner(" | ");
        for (Json value : values) {
            out.add(value instanceof Json.Str(String text) ? '"' + text + '"' : PythonText.str(value));
        }
        return out.toString();
    }

    private static void checkEnumeration(List<Json> values, Json declared) throws InexpressibleException {
        Json type = declared;
        if (declared instanceof Json.Arr(var names)) {
            Json none = new Json.Str("null");
            if (names.size() == 1) {
                type = names.getFirst();
            } else if (names.size() == 2 && names.contains(none)) {
                type = names.getFirst().equals(none) ? names.getLast() : names.getFirst();
            } else {
                throw inexpressible(declared);
            }
        }
        String name = type instanceof Json.Str(String text) ? text : "";
        for (Json value : values) {
            boolean fits = switch (value) {
                case Json.Null() -> true;
                case Json.Str _ -> !List.of("number", "integer", "boolean").contains(name);
                // to Python a truth value is an int, and an int is a number
                case Json.Bool _ -> !name.equals("string");
                case Json.Num number ->
                    number.isInteger()
                            ? !List.of("string", "boolean").contains(name)
                            : !List.of("string", "boolean", "integer").contains(name);
                case Json.Arr _ ->
                    !List.of("string", "number", "integer", "boolean").contains(name);
                case Json.Obj _ ->
                    !List.of("string", "number", "integer", "boolean").contains(name);
            };
            if (!fits) {
                throw inexpressible(value);
            }
        }
    }

    private String reference(Json target) throws InexpressibleException {
        if (!(target instanceof Json.Str(String path))) {
            throw inexpressible(target);
        }
        if (path.equals("#")) {
            selfReferenced = true;
            return "parameters";
        }
        String name = path.substring(path.lastIndexOf('/') + 1);
        if (!path.startsWith(DEFINITIONS) || !(definitions.get(name) instanceof Json.Obj)) {
            throw inexpressible(target);
        }
        return name;
    }

    /** The description, and those of the named constraints that the schema has. */
    private static Notes notes(Map<String, Json> members, String... constraints) {
        TreeMap<String, String> found = new TreeMap<>();
        for (String key : constraints) {
            Json value = members.get(key);
            if (value != null) {
                found.put(key, PythonText.str(value));
            }
        }
        return new Notes(members.getOrDefault("description", new Json.Null()), found);
    }

    static boolean truthy(Json value) {
        return switch (value) {
            case Json.Null() -> false;
            case Json.Bool(boolean b) -> b;
            case Json.Str(String text) -> !text.isEmpty();
            case Json.Arr(var items) -> !items.isEmpty();
            case Json.Obj(var members) -> !members.isEmpty();
            case Json.Num number -> number.value().signum() != 0;
        };
    }

    /** What a Python loop over the value sees. */
    private static List<Json> iterate(Json value) throws InexpressibleException {
        return switch (value) {
            case Json.Arr(var items) -> items;
            case Json.Str(String text) ->
                text.codePoints()
                        .mapToObj(c -> (Json) new Json.Str(Character.toString(c)))
                        .toList();
            case Json.Obj(var members) ->
                members.keySet().stream().map(key -> (Json) new Json.Str(key)).toList();
            case Json.Null none -> throw inexpressible(none);
            case Json.Bool bool -> throw inexpressible(bool);
            case Json.Num number -> throw inexpressible(number);
        };
    }

    static InexpressibleException inexpressible(Json value) {
        return new InexpressibleException("a tool declaration cannot say " + value.write());
    }
}

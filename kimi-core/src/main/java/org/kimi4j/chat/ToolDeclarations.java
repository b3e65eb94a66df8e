package org.kimi4j.chat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.kimi4j.chat.SchemaType.Field;
import org.kimi4j.chat.SchemaType.InexpressibleException;
import org.kimi4j.chat.SchemaType.ObjectOf;
import org.kimi4j.json.Json;

/**
 * The declaration of tools that the model reads: TypeScript, or JSON if one of the schemas has no TypeScript form. Keys
 * are sorted, so that the same tools give the same tokens whatever the order they were written in.
 */
final class ToolDeclarations {

    /** The order of Python's sorted(): by code point, which differs from UTF-16 order above U+FFFF. */
    static final Comparator<String> BY_CODE_POINT = (a, b) -> {
        int[] left = a.codePoints().toArray();
        int[] right = b.codePoints().toArray();
        return Arrays.compare(left, right);
    };

    private ToolDeclarations() {}

    /** TypeScript where it can be said in it, else compact JSON. */
    static String typeScriptOrJson(List<ToolSpec> tools) {
        try {
            return typeScript(tools);
        } catch (InexpressibleException e) {
            return compactJson(tools);
        }
    }

    static String typeScript(List<ToolSpec> tools) throws InexpressibleException {
        StringJoiner functions = new StringJoiner("\n", "# Tools\n\n## functions\nnamespace functions {\n", "\n}\n");
        for (ToolSpec tool : tools) {
            Json.Obj sorted = (Json.Obj) sorted(tool.toJson());
            functions.add(function(((Json.Obj) sorted.members().get("function")).members()));
        }
        return functions.toString();
    }

    static String compactJson(List<ToolSpec> tools) {
        return PythonText.compactJson(sortedTools(tools));
    }

    /** JSON with a space after commas and colons. */
    static String spacedJson(List<ToolSpec> tools) {
        return PythonText.json(sortedTools(tools));
    }

    private static Json sortedTools(List<ToolSpec> tools) {
        return sorted(
                new Json.Arr(tools.stream().map(tool -> (Json) tool.toJson()).toList()));
    }

    /** The value with the members of every object sorted by key. */
    static Json sorted(Json value) {
        return switch (value) {
            case Json.Obj(var members) -> {
                Map<String, Json> out = new LinkedHashMap<>();
                members.keySet().stream().sorted(BY_CODE_POINT).forEach(key -> out.put(key, sorted(members.get(key))));
                yield new Json.Obj(out);
            }
            case Json.Arr(var items) ->
                new Json.Arr(items.stream().map(ToolDeclarations::sorted).toList());
            case Json.Str scalar -> scalar;
            case Json.Num scalar -> scalar;
            case Json.Bool scalar -> scalar;
            case Json.Null scalar -> scalar;
        };
    }

    /** Interfaces, then the description and the type, one below the other. */
    private static String function(Map<String, Json> function) throws InexpressibleException {
        Map<String, Json> parameters =
                function.getOrDefault("parameters", new Json.Null()) instanceof Json.Obj(var members)
                        ? members
                        : Map.of();
        SchemaReader reader = new SchemaReader();
        ObjectOf read = reader.readObject(parameters);
        boolean self = reader.selfReferenced();
        List<String> parts = new ArrayList<>();
        if (self) {
            parts.add("interface parameters " + allFields(read));
        }
        for (var definition : new LinkedHashMap<>(reader.definitions()).entrySet()) {
            String type = reader.read(definition.getValue()).type("");
            if (!(definition.getValue() instanceof Json.Obj(var members))) {
                throw SchemaReader.inexpressible(definition.getValue());
            }
            parts.add(described(members) + "interface " + definition.getKey() + " " + type);
        }
        String name = PythonText.str(function.get("name"));
        parts.add(
                described(function) + "type " + name + " = (_: " + (self ? "parameters" : read.type("")) + ") => any;");
        return String.join("\n", parts);
    }

    private static String described(Map<String, Json> members) throws InexpressibleException {
        return SchemaType.commented(members.getOrDefault("description", new Json.Null()), "");
    }

    /** Parameters that refer to themselves: fields in the order of the schema, nothing about further properties. */
    private static String allFields(ObjectOf parameters) throws InexpressibleException {
        List<String> fields = new ArrayList<>();
        for (Field field : parameters.fields()) {
            fields.add(field.declaration(SchemaType.INDENT));
        }
        return fields.isEmpty() ? "{}" : "{\n" + String.join(",\n", fields) + "\n}";
    }
}

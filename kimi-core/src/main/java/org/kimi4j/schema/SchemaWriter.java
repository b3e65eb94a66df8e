package org.kimi4j.schema;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.kimi4j.json.Json;

/** Writes shapes as JSON schemas: the root in place, other records and sealed interfaces as definitions. */
final class SchemaWriter {

    private final Map<JavaShape, String> names = new IdentityHashMap<>();
    private final Map<String, Json> definitions = new LinkedHashMap<>();
    private final JavaShape root;

    private SchemaWriter(JavaShape root) {
        this.root = root;
    }

    static Json.Obj write(JavaShape root) {
        SchemaWriter writer = new SchemaWriter(root);
        Map<String, Json> schema = new LinkedHashMap<>(writer.inPlace(root));
        if (!writer.definitions.isEmpty()) {
            schema.put("$defs", new Json.Obj(writer.definitions));
        }
        return new Json.Obj(schema);
    }

    private Map<String, Json> schema(JavaShape shape) {
        if (shape == root) {
            return Map.of("$ref", new Json.Str("#"));
        }
        return switch (shape) {
            case JavaShape.Composite composite -> reference(composite, composite.type);
            case JavaShape.Sealed sealed -> reference(sealed, sealed.type);
            case JavaShape.Scalar _,
                    JavaShape.Constant _,
                    JavaShape.Sequence _,
                    JavaShape.Mapping _,
                    JavaShape.Absent _ -> inPlace(shape);
        };
    }

    private Map<String, Json> reference(JavaShape shape, Class<?> type) {
        String name = names.get(shape);
        if (name == null) {
            name = type.getSimpleName();
            for (int i = 2; definitions.containsKey(name); i++) {
                name = type.getSimpleName() + i;
            }
            names.put(shape, name);
            definitions.put(name, new Json.Null()); // taken, also by what is inside of it
            definitions.put(name, new Json.Obj(inPlace(shape)));
        }
        return Map.of("$ref", new Json.Str("#/$defs/" + name));
    }

    private Map<String, Json> inPlace(JavaShape shape) {
        return switch (shape) {
            case JavaShape.Scalar scalar -> scalar.schema();
            case JavaShape.Constant(Class<?> _, List<String> all) -> {
                List<Json> values = new ArrayList<>();
                all.forEach(n -> values.add(new Json.Str(n)));
                yield typed("string", Map.of("enum", new Json.Arr(values)));
            }
            case JavaShape.Sequence sequence -> typed("array", Map.of("items", new Json.Obj(schema(sequence.item()))));
            case JavaShape.Mapping(JavaShape value) ->
                typed("object", Map.of("additionalProperties", new Json.Obj(schema(value))));
            case JavaShape.Absent absent ->
                anyOf(List.of(new Json.Obj(schema(absent.value())), new Json.Obj(typed("null", Map.of()))));
            case JavaShape.Sealed sealed -> {
                List<Json> alternatives = new ArrayList<>();
                sealed.permitted.forEach(p -> alternatives.add(new Json.Obj(schema(p))));
                yield anyOf(alternatives);
            }
            case JavaShape.Composite composite -> object(composite);
        };
    }

    private static Map<String, Json> typed(String type, Map<String, Json> more) {
        Map<String, Json> schema = new LinkedHashMap<>();
        schema.put("type", new Json.Str(type));
        schema.putAll(more);
        return schema;
    }

    private static Map<String, Json> anyOf(List<Json> alternatives) {
        return Map.of("anyOf", new Json.Arr(alternatives));
    }

    private Map<String, Json> object(JavaShape.Composite composite) {
        Map<String, Json> properties = new LinkedHashMap<>();
        List<Json> required = new ArrayList<>();
        if (composite.named) {
            properties.put(JavaShape.KIND, new Json.Obj(Map.of("const", new Json.Str(composite.type.getSimpleName()))));
            required.add(new Json.Str(JavaShape.KIND));
        }
        for (JavaShape.Component c : composite.components) {
            properties.put(c.name(), new Json.Obj(described(c.description(), schema(c.shape()))));
            if (!(c.shape() instanceof JavaShape.Absent)) {
                required.add(new Json.Str(c.name()));
            }
        }
        Map<String, Json> schema = new LinkedHashMap<>();
        schema.put("type", new Json.Str("object"));
        schema.put("properties", new Json.Obj(properties));
        schema.put("required", new Json.Arr(required));
        schema.put("additionalProperties", new Json.Bool(false));
        return described(composite.description, schema);
    }

    private static Map<String, Json> described(String description, Map<String, Json> schema) {
        if (description.isEmpty()) {
            return schema;
        }
        Map<String, Json> described = new LinkedHashMap<>();
        described.put("description", new Json.Str(description));
        described.putAll(schema);
        return described;
    }
}

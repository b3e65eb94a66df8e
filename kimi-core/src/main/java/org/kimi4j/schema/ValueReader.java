package org.kimi4j.schema;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.kimi4j.error.SchemaException;
import org.kimi4j.json.Json;

/** Makes Java values of JSON. */
final class ValueReader {

    private ValueReader() {}

    /** @param place in the document, for messages */
    static @Nullable Object read(JavaShape shape, Json json, String place) {
        return switch (shape) {
            case JavaShape.Scalar scalar -> scalar(scalar, json, place);
            case JavaShape.Constant(Class<?> type, List<String> names) -> {
                int index = json instanceof Json.Str(String name) ? names.indexOf(name) : -1;
                if (index < 0) {
                    throw expected("one of " + names, json, place);
                }
                yield type.getEnumConstants()[index];
            }
            case JavaShape.Sequence sequence -> {
                if (!(json instanceof Json.Arr(List<Json> items))) {
                    throw expected("an array", json, place);
                }
                List<Object> values = new ArrayList<>();
                for (int i = 0; i < items.size(); i++) {
                    values.add(present(sequence.item(), items.get(i), place + "[" + i + "]"));
                }
                yield sequence.collect().apply(values);
            }
            case JavaShape.Mapping(JavaShape value) -> {
                Map<String, Object> values = new LinkedHashMap<>();
                object(json, place)
                        .members()
                        .forEach((key, member) -> values.put(key, present(value, member, place + "." + key)));
                yield Collections.unmodifiableMap(values);
            }
            case JavaShape.Absent absent -> {
                Object value = json instanceof Json.Null ? null : read(absent.value(), json, place);
                yield absent.wrapped() ? Optional.ofNullable(value) : value;
            }
            case JavaShape.Sealed sealed -> {
                Json kind = object(json, place).get(JavaShape.KIND).orElse(new Json.Null());
                for (JavaShape.Composite permitted : sealed.permitted) {
                    if (kind.equals(new Json.Str(permitted.type.getSimpleName()))) {
                        yield make(permitted, object(json, place), place);
                    }
                }
                throw expected(
                        "one of "
                                + sealed.permitted.stream()
                                        .map(p -> p.type.getSimpleName())
                                        .toList(),
                        kind,
                        place + "." + JavaShape.KIND);
            }
            case JavaShape.Composite composite -> make(composite, object(json, place), place);
        };
    }

    private static Object present(JavaShape shape, Json json, String place) {
        Object value = read(shape, json, place);
        if (value == null) {
            throw expected("a value", json, place);
        }
        return value;
    }

    private static Object scalar(JavaShape.Scalar scalar, Json json, String place) {
        try {
            return scalar.read().apply(json);
        } catch (RuntimeException e) { // of many kinds: not that JSON type, not that text, out of range
            throw new SchemaException(place + ": expected " + scalar.expected() + ", found " + shortened(json), e);
        }
    }

    private static Object make(JavaShape.Composite composite, Json.Obj object, String place) {
        Set<String> known = new HashSet<>();
        if (composite.named) {
            known.add(JavaShape.KIND);
        }
        Object[] values = new Object[composite.components.size()];
        for (int i = 0; i < values.length; i++) {
            JavaShape.Component c = composite.components.get(i);
            known.add(c.name());
            Optional<Json> member = object.get(c.name());
            if (member.isEmpty() && !(c.shape() instanceof JavaShape.Absent)) {
                throw new SchemaException(place + ": expected a property " + c.name() + ", found "
                        + object.members().keySet());
            }
            values[i] = read(c.shape(), member.orElse(new Json.Null()), place + "." + c.name());
        }
        for (String name : object.members().keySet()) {
            if (!known.contains(name)) {
                throw new SchemaException(place + ": record " + composite.type.getSimpleName() + " has no component "
                        + name + ", which the JSON has");
            }
        }
        try {
            return composite.constructor.invokeWithArguments(values);
        } catch (Error e) {
            throw e;
        } catch (Throwable e) {
            throw new SchemaException(
                    place + ": record " + composite.type.getSimpleName() + " refuses " + shortened(object) + ": " + e,
                    e);
        }
    }

    private static Json.Obj object(Json json, String place) {
        if (json instanceof Json.Obj object) {
            return object;
        }
        throw expected("an object", json, place);
    }

    private static SchemaException expected(String what, Json found, String place) {
        return new SchemaException(place + ": expected " + what + ", found " + shortened(found));
    }

    private static String shortened(Json json) {
        String text = json.write();
        return text.length() <= 80 ? text : text.substring(0, 77) + "...";
    }
}

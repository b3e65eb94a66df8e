package org.kimi4j.schema;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.kimi4j.error.SchemaException;

/** Looks at Java types. */
final class ShapeReader {

    private final MethodHandles.Lookup lookup;
    private final Map<Class<?>, JavaShape> known = new HashMap<>();
    private final Map<Class<?>, JavaShape.Composite> permitted = new HashMap<>();

    ShapeReader(MethodHandles.Lookup lookup) {
        this.lookup = lookup;
    }

    /** The shape of a record or of a sealed interface of records. */
    JavaShape root(Class<?> type) {
        if (type.isRecord() || type.isInterface() && type.isSealed()) {
            return ofClass(type, type.getSimpleName());
        }
        throw new SchemaException("type " + type.getName() + ": expected a record or a sealed interface of records");
    }

    /** @param place what a message names */
    private JavaShape of(Type type, String place) {
        return switch (type) {
            case ParameterizedType generic -> ofGeneric(generic, place);
            case GenericArrayType array ->
                throw unsupported(array, place, "use a list in place of an array of generic types");
            case Class<?> plain -> ofClass(plain, place);
            default -> throw unsupported(type, place, "name the type that it is to have");
        };
    }

    private JavaShape ofGeneric(ParameterizedType type, String place) {
        Type[] arguments = type.getActualTypeArguments();
        if (type.getRawType() == List.class) {
            return new JavaShape.Sequence(of(arguments[0], place), List::copyOf);
        }
        if (type.getRawType() == Set.class) {
            return new JavaShape.Sequence(
                    of(arguments[0], place), items -> Collections.unmodifiableSet(new LinkedHashSet<>(items)));
        }
        if (type.getRawType() == Optional.class) {
            return new JavaShape.Absent(of(arguments[0], place), true);
        }
        if (type.getRawType() == Map.class && arguments[0] == String.class) {
            return new JavaShape.Mapping(of(arguments[1], place));
        }
        throw unsupported(type, place, "those of List, Set, Optional and Map by String are");
    }

    private JavaShape ofClass(Class<?> type, String place) {
        Optional<JavaShape.Scalar> scalar = Scalars.of(type);
        if (scalar.isPresent()) {
            return scalar.get();
        }
        JavaShape shape = known.get(type);
        if (shape != null) {
            return shape;
        }
        if (type.isEnum()) {
            List<String> names = Arrays.stream(type.getEnumConstants())
                    .map(c -> ((Enum<?>) c).name())
                    .toList();
            return new JavaShape.Constant(type, names);
        }
        if (type.isArray()) {
            Class<?> item = type.getComponentType();
            return new JavaShape.Sequence(of(item, place), items -> array(item, items));
        }
        if (type.isRecord()) {
            JavaShape.Composite composite = composite(type, false);
            known.put(type, composite);
            composite.components = components(type);
            return composite;
        }
        if (type.isInterface() && type.isSealed()) {
            return sealed(type);
        }
        throw unsupported(
                type,
                place,
                "strings, numbers, truth values, dates, enumerations, records, sealed interfaces of records, and lists, sets,"
                        + " arrays, maps and optionals of them are");
    }

    private static Object array(Class<?> item, List<Object> items) {
        Object array = Array.newInstance(item, items.size());
        for (int i = 0; i < items.size(); i++) {
            Array.set(array, i, items.get(i));
        }
        return array;
    }

    private JavaShape sealed(Class<?> type) {
        JavaShape.Sealed sealed = new JavaShape.Sealed(type);
        known.put(type, sealed);
        List<JavaShape.Composite> records = new ArrayList<>();
        collect(type, records);
        sealed.permitted = List.copyOf(records);
        return sealed;
    }

    private void collect(Class<?> type, List<JavaShape.Composite> into) {
        for (Class<?> sub : type.getPermittedSubclasses()) {
            if (sub.isRecord()) {
                into.add(permitted(sub));
            } else if (sub.isInterface() && sub.isSealed()) {
                collect(sub, into);
            } else {
                throw unsupported(
                        sub, type.getSimpleName(), "make all types that the sealed interface permits records");
            }
        }
    }

    private JavaShape.Composite permitted(Class<?> type) {
        JavaShape.Composite composite = permitted.get(type);
        if (composite == null) {
            composite = composite(type, true);
            permitted.put(type, composite);
            composite.components = components(type);
            if (composite.components.stream().anyMatch(c -> c.name().equals(JavaShape.KIND))) {
                throw new SchemaException(
                        "record " + type.getName() + ": its component " + JavaShape.KIND
                                + " has the name of the property that tells the records of a sealed interface apart: rename it");
            }
        }
        return composite;
    }

    private JavaShape.Composite composite(Class<?> type, boolean named) {
        return new JavaShape.Composite(type, description(type), named, constructor(type));
    }

    private MethodHandle constructor(Class<?> type) {
        Class<?>[] types = Arrays.stream(type.getRecordComponents())
                .map(RecordComponent::getType)
                .toArray(Class<?>[]::new);
        try {
            Constructor<?> canonical = type.getDeclaredConstructor(types);
            return lookup.unreflectConstructor(canonical);
        } catch (NoSuchMethodException e) {
            throw new IllegalStateException("record " + type.getName() + " without its canonical constructor", e);
        } catch (IllegalAccessException e) {
            throw new SchemaException(
                    "record " + type.getName()
                            + " cannot be made from here: make it public, in a package that its module"
                            + " exports, or hand over MethodHandles.lookup() of a class that may make it",
                    e);
        }
    }

    private List<JavaShape.Component> components(Class<?> type) {
        List<JavaShape.Component> components = new ArrayList<>();
        for (RecordComponent c : type.getRecordComponents()) {
            JavaShape shape = of(c.getGenericType(), type.getSimpleName() + "." + c.getName());
            if (isNullable(c.getAnnotatedType()) && !(shape instanceof JavaShape.Absent)) {
                shape = new JavaShape.Absent(shape, false);
            }
            components.add(new JavaShape.Component(c.getName(), description(c), shape));
        }
        return List.copyOf(components);
    }

    /** By its simple name, for there are many of them. */
    private static boolean isNullable(AnnotatedType type) {
        return Arrays.stream(type.getAnnotations())
                .anyMatch(a -> a.annotationType().getSimpleName().equals("Nullable"));
    }

    private static String description(AnnotatedElement element) {
        Description description = element.getAnnotation(Description.class);
        return description == null ? "" : description.value();
    }

    private static SchemaException unsupported(Type type, String place, String remedy) {
        return new SchemaException(
                place + ": the type " + type.getTypeName() + " is not supported as part of an answer; " + remedy);
    }
}

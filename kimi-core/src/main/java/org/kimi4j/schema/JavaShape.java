package org.kimi4j.schema;

import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.kimi4j.json.Json;

/** A Java type as far as JSON is concerned. */
sealed interface JavaShape {

    /**
     * A value that is one string, number or truth value.
     *
     * @param expected what a message calls it
     * @param schema its JSON schema
     * @param read makes it of JSON; throws a runtime exception if it is none
     */
    record Scalar(String expected, Map<String, Json> schema, Function<Json, Object> read) implements JavaShape {}

    /** A constant of an enumeration, by its name. */
    record Constant(Class<?> type, List<String> names) implements JavaShape {}

    /** A list, a set or an array. */
    record Sequence(JavaShape item, Function<List<Object>, Object> collect) implements JavaShape {}

    /** A map by strings. */
    record Mapping(JavaShape value) implements JavaShape {}

    /**
     * A value that may be absent or null.
     *
     * @param wrapped whether Java has an Optional of it rather than a reference that may be null
     */
    record Absent(JavaShape value, boolean wrapped) implements JavaShape {}

    /** One of several records, told apart by the property {@link #KIND}. */
    final class Sealed implements JavaShape {
        final Class<?> type;
        List<Composite> permitted = List.of();

        Sealed(Class<?> type) {
            this.type = type;
        }
    }

    /** A record. Its components are filled in once it is known, so that a record may contain itself. */
    final class Composite implements JavaShape {
        final Class<?> type;
        final String description;
        /** Whether the property {@link #KIND} names it. */
        final boolean named;

        final MethodHandle constructor;
        List<Component> components = List.of();

        Composite(Class<?> type, String description, boolean named, MethodHandle constructor) {
            this.type = type;
            this.description = description;
            this.named = named;
            this.constructor = constructor;
        }
    }

    /** A component of a record. */
    record Component(String name, String description, JavaShape shape) {}

    /** The property that names the record among those of a sealed interface. */
    String KIND = "type";
}

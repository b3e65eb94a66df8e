package org.kimi4j.schema;

import java.lang.invoke.MethodHandles;
import org.kimi4j.error.SchemaException;
import org.kimi4j.json.Json;

/**
 * A Java record, or a sealed interface of records, as a JSON schema, and JSON as such records. Immutable.
 *
 * <p>Components are properties of the same names and in the same order, all required but those of type {@link
 * java.util.Optional} and those marked {@code @Nullable}, which may be absent or null. Supported are strings, numbers,
 * booleans, {@code LocalDate}, {@code LocalTime}, {@code LocalDateTime}, {@code OffsetDateTime}, {@code Instant},
 * {@code UUID}, {@code URI}, enumerations (by name), records, sealed interfaces of records (with a property
 * {@code type}, the record's simple name), and lists, sets, arrays, and maps by strings of all of these; a record may contain itself.
 * {@link Description} becomes the description.
 */
public final class RecordSchema<T> {

    private final Class<T> type;
    private final JavaShape shape;
    private final String text;

    private RecordSchema(Class<T> type, MethodHandles.Lookup lookup) {
        this.type = type;
        this.shape = new ShapeReader(lookup).root(type);
        this.text = SchemaWriter.write(shape).write();
    }

    /**
     * Of a public type in an exported package.
     *
     * @throws SchemaException if a type in it is not supported, or a record cannot be made
     */
    public static <T> RecordSchema<T> of(Class<T> type) {
        return of(type, MethodHandles.publicLookup());
    }

    /** Of a type that the owner of a lookup can make. */
    public static <T> RecordSchema<T> of(Class<T> type, MethodHandles.Lookup lookup) {
        return new RecordSchema<>(type, lookup);
    }

    /** The JSON schema. */
    public String text() {
        return text;
    }

    /**
     * Makes a record of JSON text.
     *
     * @throws SchemaException naming the place, what was expected and what was found
     */
    public T read(String json) {
        try {
            return type.cast(ValueReader.read(shape, Json.parse(json), "$"));
        } catch (Json.SyntaxException e) {
            throw new SchemaException(
                    "expected " + type.getSimpleName() + " as JSON, found no JSON: " + e.getMessage(), e);
        }
    }
}

package org.kimi4j.schema;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.kimi4j.json.Json;

/** Java types that are one value of JSON. */
final class Scalars {

    private static final String TIME = "([01]\\d|2[0-3]):[0-5]\\d(:[0-5]\\d)?";
    private static final String DATE = "[12]\\d{3}-(0[1-9]|1[0-2])-(0[1-9]|1\\d|2[0-8])";

    private static final Map<Class<?>, JavaShape.Scalar> ALL = new LinkedHashMap<>();

    static {
        text(String.class, "a string", Map.of(), s -> s);
        text(LocalDate.class, "a date", format("date"), LocalDate::parse);
        text(LocalTime.class, "a time", pattern(TIME), LocalTime::parse);
        text(LocalDateTime.class, "a date and time", pattern(DATE + "T" + TIME), LocalDateTime::parse);
        text(OffsetDateTime.class, "a date and time with offset", format("date-time"), OffsetDateTime::parse);
        text(Instant.class, "a date and time with offset", format("date-time"), Instant::parse);
        text(UUID.class, "a UUID", format("uuid"), UUID::fromString);
        text(URI.class, "a URI", format("uri"), URI::create);
        integer(byte.class, Byte.class, Byte.MIN_VALUE, Byte.MAX_VALUE, n -> n.byteValueExact());
        integer(short.class, Short.class, Short.MIN_VALUE, Short.MAX_VALUE, n -> n.shortValueExact());
        integer(int.class, Integer.class, Integer.MIN_VALUE, Integer.MAX_VALUE, n -> n.intValueExact());
        integer(long.class, Long.class, Long.MIN_VALUE, Long.MAX_VALUE, n -> n.longValueExact());
        number("integer", "an integer", BigDecimal::toBigIntegerExact, BigInteger.class);
        number("number", "a number", BigDecimal::floatValue, float.class, Float.class);
        number("number", "a number", BigDecimal::doubleValue, double.class, Double.class);
        number("number", "a number", n -> n, BigDecimal.class);
        JavaShape.Scalar truth = new JavaShape.Scalar(
                "true or false", Map.of("type", new Json.Str("boolean")), json -> ((Json.Bool) json).value());
        ALL.put(boolean.class, truth);
        ALL.put(Boolean.class, truth);
    }

    private Scalars() {}

    static Optional<JavaShape.Scalar> of(Class<?> type) {
        return Optional.ofNullable(ALL.get(type));
    }

    private static Map<String, Json> format(String name) {
        return Map.of("format", new Json.Str(name));
    }

    private static Map<String, Json> pattern(String regex) {
        return Map.of("pattern", new Json.Str("^" + regex + "$"));
    }

    private static Map<String, Json> schema(String type, Map<String, Json> more) {
        Map<String, Json> schema = new LinkedHashMap<>();
        schema.put("type", new Json.Str(type));
        schema.putAll(more);
        return schema;
    }

    private static void text(
            Class<?> type, String expected, Map<String, Json> constraints, Function<String, Object> read) {
        ALL.put(
                type,
                new JavaShape.Scalar(
                        expected, schema("string", constraints), json -> read.apply(((Json.Str) json).value())));
    }

    private static void integer(Class<?> type, Class<?> boxed, long min, long max, Function<BigDecimal, Object> read) {
        Map<String, Json> bounds = new LinkedHashMap<>();
        bounds.put("minimum", Json.Num.of(min));
        bounds.put("maximum", Json.Num.of(max));
        JavaShape.Scalar scalar = new JavaShape.Scalar(
                "an integer from " + min + " to " + max,
                schema("integer", bounds),
                json -> read.apply(((Json.Num) json).value()));
        ALL.put(type, scalar);
        ALL.put(boxed, scalar);
    }

    private static void number(
            String schemaType, String expected, Function<BigDecimal, Object> read, Class<?>... types) {
        JavaShape.Scalar scalar = new JavaShape.Scalar(
                expected, schema(schemaType, Map.of()), json -> read.apply(((Json.Num) json).value()));
        for (Class<?> type : types) {
            ALL.put(type, scalar);
        }
    }
}

package org.kimi4j.json;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;

/**
 * A JSON value. Objects keep the order of their members, numbers keep their literal text, so that what was read can be
 * written again unchanged. A repeated key is a syntax error, never a silent choice of one of the two values.
 */
public sealed interface Json {

    /** An object; its members in the order of the text. */
    record Obj(Map<String, Json> members) implements Json {
        public Obj {
            members = Collections.unmodifiableMap(new LinkedHashMap<>(members));
        }

        public Optional<Json> get(String key) {
            return Optional.ofNullable(members.get(key));
        }
    }

    /** An array. */
    record Arr(List<Json> items) implements Json {
        public Arr {
            items = List.copyOf(items);
        }
    }

    /** A string. */
    record Str(String value) implements Json {}

    /** A number, as it was written. */
    record Num(String literal) implements Json {

        public static Num of(long value) {
            return new Num(Long.toString(value));
        }

        public static Num of(double value) {
            if (!Double.isFinite(value)) {
                throw new IllegalArgumentException("JSON has no number " + value);
            }
            return new Num(Double.toString(value));
        }

        public BigDecimal value() {
            return new BigDecimal(literal);
        }

        /** Whether the literal has neither fraction nor exponent. */
        public boolean isInteger() {
            return literal.chars().allMatch(c -> c == '-' || (c >= '0' && c <= '9'));
        }
    }

    /** True or false. */
    record Bool(boolean value) implements Json {}

    /** The value null. */
    record Null() implements Json {}

    /** Text that is not JSON, with the place of the first fault. */
    final class SyntaxException extends Exception {
        /** For a reader that refuses what it is handed. */
        public SyntaxException(String message) {
            super(message);
        }

        SyntaxException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** The most levels of nesting that are read. */
    int MAX_DEPTH = 200;

    /** Reads one value that fills the whole text. */
    static Json parse(String text) throws SyntaxException {
        try (JsonParser parser = Codec.FACTORY.createParser(ObjectReadContext.empty(), text)) {
            return Codec.document(parser);
        } catch (JacksonException e) {
            throw Codec.fault(e);
        }
    }

    /** Reads one value that fills the whole stream (UTF-8); the stream is not closed. */
    static Json parse(InputStream in) throws SyntaxException, IOException {
        try (JsonParser parser = Codec.FACTORY.createParser(ObjectReadContext.empty(), in)) {
            return Codec.document(parser);
        } catch (tools.jackson.core.exc.JacksonIOException e) {
            throw e.getCause();
        } catch (JacksonException e) {
            throw Codec.fault(e);
        }
    }

    /** Takes the members of an object one by one. */
    @FunctionalInterface
    interface MemberVisitor {
        void member(String key, Json value) throws SyntaxException;
    }

    /**
     * Reads an object that fills the whole text and hands over its members in order, each before the next is read. For
     * objects with many members from files that cannot be trusted: memory is bounded by one member.
     *
     * @param maxValues the most values that one member may hold, nested ones counted
     */
    static void members(String text, int maxValues, MemberVisitor visitor) throws SyntaxException {
        members(text, maxValues, visitor, "", visitor);
    }

    /**
     * As {@link #members(String, int, MemberVisitor)}, but the members of the object at one key are handed over one by
     * one too. The key itself goes to {@code outer} first, with an empty object; another kind of value goes there as it is.
     *
     * @param inside the key whose members go to {@code inner}
     */
    static void members(String text, int maxValues, MemberVisitor outer, String inside, MemberVisitor inner)
            throws SyntaxException {
        try (JsonParser parser = Codec.FACTORY.createParser(ObjectReadContext.empty(), text)) {
            Codec.members(parser, maxValues, outer, inside, inner);
        } catch (JacksonException e) {
            throw Codec.fault(e);
        }
    }

    /** Compact JSON text; non-ASCII characters are written as they are. */
    default String write() {
        StringWriter out = new StringWriter();
        try (JsonGenerator generator = Codec.FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
            Codec.write(generator, this);
        }
        return out.toString();
    }

    /** The factory and the recursion; not part of the interface. */
    final class Codec {
        private static final JsonFactory FACTORY = JsonFactory.builder()
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(MAX_DEPTH)
                        .maxStringLength(256 << 20)
                        .maxNameLength(1 << 20)
                        .build())
                // Keys of a checkpoint are mostly unique: a table of those seen costs more than it saves.
                .disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
                .disable(StreamReadFeature.AUTO_CLOSE_SOURCE)
                .build();

        private Codec() {}

        private static SyntaxException fault(JacksonException e) {
            var at = e.getLocation();
            String where = at == null ? "" : " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")";
            // Limits are named by the method of the parser that sets them, which tells a reader nothing.
            String message = e.getOriginalMessage().replaceAll(", from `[^`]*`", "");
            return new SyntaxException(message + where, e);
        }

        private static Json document(JsonParser parser) throws SyntaxException {
            JsonToken first = parser.nextToken();
            if (first == null) {
                throw new SyntaxException("no JSON value found");
            }
            Json value = value(parser, first, new Budget(Integer.MAX_VALUE));
            end(parser);
            return value;
        }

        private static void end(JsonParser parser) throws SyntaxException {
            if (parser.nextToken() != null) {
                throw new SyntaxException("text after the end of the JSON value");
            }
        }

        private static void members(
                JsonParser parser, int maxValues, MemberVisitor outer, String inside, MemberVisitor inner)
                throws SyntaxException {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new SyntaxException("expected an object");
            }
            Set<String> keys = new HashSet<>();
            for (JsonToken t = parser.nextToken(); t != JsonToken.END_OBJECT; t = parser.nextToken()) {
                String key = parser.currentName();
                unique(parser, keys.add(key), key);
                JsonToken value = parser.nextToken();
                if (value == JsonToken.START_OBJECT && outer != inner && key.equals(inside)) {
                    outer.member(key, new Obj(Map.of()));
                    inner(parser, maxValues, inner);
                } else {
                    outer.member(key, value(parser, value, new Budget(maxValues)));
                }
            }
            end(parser);
        }

        private static void inner(JsonParser parser, int maxValues, MemberVisitor inner) throws SyntaxException {
            Set<String> keys = new HashSet<>();
            for (JsonToken t = parser.nextToken(); t != JsonToken.END_OBJECT; t = parser.nextToken()) {
                String key = parser.currentName();
                unique(parser, keys.add(key), key);
                inner.member(key, value(parser, parser.nextToken(), new Budget(maxValues)));
            }
        }

        /** Checked here instead of by the parser, which would keep a set of the keys beside ours. */
        private static void unique(JsonParser parser, boolean isNew, String key) throws SyntaxException {
            if (!isNew) {
                var at = parser.currentTokenLocation();
                throw new SyntaxException("key \"" + key + "\" is there twice (line " + at.getLineNr() + ", column "
                        + at.getColumnNr() + ")");
            }
        }

        /** How many values may still be read. */
        private static final class Budget {
            private int left;

            Budget(int left) {
                this.left = left;
            }

            void take() throws SyntaxException {
                if (--left < 0) {
                    throw new SyntaxException("too many values in one member");
                }
            }
        }

        private static Json value(JsonParser parser, JsonToken token, Budget budget) throws SyntaxException {
            budget.take();
            return switch (token) {
                case START_OBJECT -> {
                    Map<String, Json> members = new LinkedHashMap<>();
                    for (JsonToken t = parser.nextToken(); t != JsonToken.END_OBJECT; t = parser.nextToken()) {
                        String key = parser.currentName();
                        unique(parser, !members.containsKey(key), key);
                        members.put(key, value(parser, parser.nextToken(), budget));
                    }
                    yield new Obj(members);
                }
                case START_ARRAY -> {
                    List<Json> items = new ArrayList<>();
                    for (JsonToken t = parser.nextToken(); t != JsonToken.END_ARRAY; t = parser.nextToken()) {
                        items.add(value(parser, t, budget));
                    }
                    yield new Arr(items);
                }
                case VALUE_STRING -> new Str(parser.getString());
                case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new Num(parser.getString());
                case VALUE_TRUE -> new Bool(true);
                case VALUE_FALSE -> new Bool(false);
                case VALUE_NULL -> new Null();
                case END_ARRAY, END_OBJECT, PROPERTY_NAME, NOT_AVAILABLE, VALUE_EMBEDDED_OBJECT ->
                    throw new IllegalStateException("unexpected token " + token);
            };
        }

        private static void write(JsonGenerator out, Json value) {
            switch (value) {
                case Obj(Map<String, Json> members) -> {
                    out.writeStartObject();
                    members.forEach((key, member) -> {
                        out.writeName(key);
                        write(out, member);
                    });
                    out.writeEndObject();
                }
                case Arr(List<Json> items) -> {
                    out.writeStartArray();
                    items.forEach(item -> write(out, item));
                    out.writeEndArray();
                }
                case Str(String text) -> out.writeString(text);
                case Num(String literal) -> out.writeNumber(literal);
                case Bool(boolean b) -> out.writeBoolean(b);
                case Null() -> out.writeNull();
            }
        }
    }
}

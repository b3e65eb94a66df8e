package org.kimi4j;

import java.util.List;
import org.kimi4j.schema.RecordSchema;

/**
 * What an answer must look like. It is enforced while the answer is written: at each token only those can be chosen after
 * which it can still be completed within the tokens left. The thinking is not touched. The model is not told of it: say in
 * the prompt what the answer is to contain.
 */
public sealed interface ResponseFormat {

    /** Anything; the default. */
    ResponseFormat TEXT = new Text();

    /** Any JSON object. */
    ResponseFormat JSON_OBJECT = new JsonObject();

    /** See {@link #TEXT}. */
    record Text() implements ResponseFormat {}

    /** See {@link #JSON_OBJECT}. */
    record JsonObject() implements ResponseFormat {}

    /**
     * A JSON value that a schema allows.
     *
     * @param schema a JSON schema as text; its properties are written in its order
     */
    record JsonSchema(String schema) implements ResponseFormat {}

    /**
     * A text that a regular expression matches as a whole.
     *
     * @param pattern as JavaScript has it, without look-around and back references
     */
    record Regex(String pattern) implements ResponseFormat {}

    /**
     * One of some texts.
     *
     * @param texts at least one, none of them empty
     */
    record Choice(List<String> texts) implements ResponseFormat {
        public Choice {
            texts = List.copyOf(texts);
        }
    }

    /** A JSON value that a schema allows. */
    static ResponseFormat jsonSchema(String schema) {
        return new JsonSchema(schema);
    }

    /** The JSON of a record, or of a sealed interface of records; see {@link RecordSchema}. */
    static ResponseFormat jsonSchema(Class<?> type) {
        return new JsonSchema(RecordSchema.of(type).text());
    }

    /** A text that a regular expression matches as a whole. */
    static ResponseFormat regex(String pattern) {
        return new Regex(pattern);
    }

    /** One of some texts. */
    static ResponseFormat choice(String... texts) {
        return new Choice(List.of(texts));
    }
}

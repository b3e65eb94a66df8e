package org.kimi4j.grammar;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.kimi4j.error.SchemaException;
import org.kimi4j.json.Json;

/** Makes grammars of what callers ask for. */
public final class Grammars {

    private Grammars() {}

    /**
     * JSON values that a schema allows.
     *
     * @param schema a JSON schema as text
     * @throws SchemaException naming the place and the keyword that is not supported, or what makes the schema impossible
     */
    public static Grammar jsonSchema(String schema, Lexicon lexicon) {
        Json document;
        try {
            document = Json.parse(schema);
        } catch (Json.SyntaxException e) {
            throw new SchemaException("the JSON schema is not JSON: " + e.getMessage(), e);
        }
        SchemaPart root = SchemaPart.root(document);
        try {
            return Grammar.json(new SchemaShapes(lexicon).all(List.of(root)), lexicon);
        } catch (RefusedException e) {
            throw root.refused(e.getMessage());
        }
    }

    /** Any JSON object. */
    public static Grammar jsonObject(Lexicon lexicon) {
        return jsonSchema(new Json.Obj(Map.of("type", new Json.Str("object"))).write(), lexicon);
    }

    /**
     * Texts that a regular expression matches as a whole.
     *
     * @throws SchemaException if it is not understood, or its automaton is too large
     */
    public static Grammar regex(String pattern, Lexicon lexicon) {
        try {
            return Grammar.text(Texts.matching(RegexReader.read(pattern)), lexicon);
        } catch (RefusedException e) {
            throw new SchemaException("regular expression: " + e.getMessage());
        }
    }

    /**
     * One of some texts.
     *
     * @throws SchemaException if there are none, or one is empty
     */
    public static Grammar choice(List<String> texts, Lexicon lexicon) {
        List<byte[]> bytes = new ArrayList<>();
        for (String text : texts) {
            if (text.isEmpty()) {
                throw new SchemaException("choice: expected texts of at least one character, found an empty one");
            }
            bytes.add(Notation.PLAIN.bytes(text));
        }
        try {
            if (texts.isEmpty()) {
                throw new SchemaException("choice: expected at least one text");
            }
            return Grammar.text(Texts.oneOf(bytes), lexicon);
        } catch (RefusedException e) {
            throw new SchemaException("choice: " + e.getMessage());
        }
    }
}

package org.kimi4j.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kimi4j.error.SchemaException;
import org.kimi4j.nano.KimiNano;
import org.kimi4j.tokenizer.Tokenizers;

/** What cannot be enforced is refused: by name, and soon. */
class GrammarRefusalTest {

    private static final long SOON_NANOS = 5_000_000_000L;

    private static Lexicon lexicon;

    @BeforeAll
    static void open() {
        lexicon = Lexicon.of(Tokenizers.open(KimiNano.path()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "not",
                "if",
                "then",
                "else",
                "dependentSchemas",
                "dependentRequired",
                "dependencies",
                "patternProperties",
                "propertyNames",
                "contains",
                "minContains",
                "maxContains",
                "unevaluatedProperties",
                "unevaluatedItems",
                "$dynamicRef",
                "$recursiveRef",
                "additionalItems",
                "noSuchKeyword"
            })
    void keywordThatIsNotSupportedIsNamedWithItsPlace(String keyword) {
        String schema = "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"object\",\"" + keyword + "\":{}}}}";
        assertThatThrownBy(() -> Grammars.jsonSchema(schema, lexicon))
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("the keyword " + keyword + " is not supported")
                .hasMessageContaining("/properties/a")
                .hasMessageContaining("additionalProperties"); // among those that are
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    {"type":"array","uniqueItems":true}                           | uniqueItems is not supported
                    {"type":"string","format":"iri"}                              | the format iri is not supported
                    {"type":"array","items":[{"type":"null"}]}                    | use prefixItems
                    {"oneOf":[{"type":"integer"},{"type":"number"}]}              | exclude each other
                    {"$ref":"other.json"}                                         | other.json
                    {"$ref":"#/$defs/missing"}                                    | #/$defs/missing
                    {"type":"strin"}                                              | expected the name of a type
                    {"type":"string","pattern":"(?=a)b"}                          | a look-around
                    {"type":"string","pattern":"(a)\\\\1"}                        | \\1
                    {"type":"string","pattern":"("}                               | has
                    {"type":"integer","minimum":5,"maximum":4}                    | no value satisfies it
                    {"type":"string","minLength":5,"maxLength":4}                 | no value satisfies it
                    {"enum":[]}                                                   | no value satisfies it
                    false                                                         | no value satisfies it
                    {"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]} | no value satisfies it
                    {"type":"string","minLength":300000}                          | at most 262144
                    {"type":                                                      | is not JSON
                    7                                                             | expected a schema
                    """)
    void schemaThatCannotBeEnforcedIsRefused(String schema, String message) {
        assertThatThrownBy(() -> Grammars.jsonSchema(schema, lexicon))
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "^(a|b)*a(a|b){30}$",
                "^(.{0,5000}a){5}$",
                "^((a{0,100}){0,100}){0,100}$",
                "^[^a]*(a[^a]*b|b.{25}c)*x.{25}y$",
                "^a{20000}$"
            })
    void patternWhoseAutomatonIsTooLargeIsRefusedSoon(String pattern) {
        // The thread's own time, which does not depend on what else the machine does.
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long began = threads.getCurrentThreadCpuTime();
        assertThatThrownBy(() -> Grammars.regex(pattern, lexicon))
                .isInstanceOf(SchemaException.class)
                .hasMessageStartingWith("regular expression: ");
        assertThat(threads.getCurrentThreadCpuTime() - began).isLessThan(SOON_NANOS);
        String schema = "{\"type\":\"string\",\"pattern\":\"" + pattern + "\"}";
        assertThatThrownBy(() -> Grammars.jsonSchema(schema, lexicon)).isInstanceOf(SchemaException.class);
    }

    @Test
    void choicesOfNothingAreRefused() {
        assertThatThrownBy(() -> Grammars.choice(List.of(), lexicon)).isInstanceOf(SchemaException.class);
        assertThatThrownBy(() -> Grammars.choice(List.of("a", ""), lexicon)).isInstanceOf(SchemaException.class);
    }

    @Test
    void tokenThatDoesNotFitIsNotTaken() {
        Matcher matcher = Grammars.choice(List.of("yes", "no"), lexicon).matcher();
        int before = matcher.tokensToEnd();
        int other = 'z';
        assertThatThrownBy(() -> matcher.accept(other)).isInstanceOf(IllegalArgumentException.class);
        assertThat(matcher.tokensToEnd()).isEqualTo(before);
    }
}

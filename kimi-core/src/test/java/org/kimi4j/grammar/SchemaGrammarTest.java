package org.kimi4j.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kimi4j.nano.KimiNano;
import org.kimi4j.tokenizer.Tokenizers;

/** Whatever allowed tokens are chosen, the answer satisfies its schema. */
class SchemaGrammarTest {

    private static final int SEEDS = 20;
    private static Lexicon lexicon;

    @BeforeAll
    static void open() {
        lexicon = Lexicon.of(Tokenizers.open(KimiNano.path()));
    }

    static List<NamedSchemas.Named> all() {
        return Stream.concat(NamedSchemas.ofKeywords().stream(), NamedSchemas.ofApplications().stream())
                .toList();
    }

    @ParameterizedTest
    @MethodSource("all")
    void everyAnswerOfAllowedTokensSatisfiesTheSchema(NamedSchemas.Named named) {
        Grammar grammar = Grammars.jsonSchema(named.schema(), lexicon);
        assertThat(named.problems(grammar.shortestText()))
                .as(grammar.shortestText())
                .isEmpty();
        for (int seed = 0; seed < SEEDS; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            int more = seed % 4 == 0 ? 0 : random.nextInt(1 << random.nextInt(1, 8));
            int most = grammar.shortestTokens() + more;
            String answer = RandomAnswers.write(grammar, lexicon, random, most);
            assertThat(named.problems(answer))
                    .as("seed %s, %s tokens: %s", seed, most, answer)
                    .isEmpty();
        }
    }
}

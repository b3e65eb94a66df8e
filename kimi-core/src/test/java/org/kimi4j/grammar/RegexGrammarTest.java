package org.kimi4j.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kimi4j.nano.KimiNano;
import org.kimi4j.tokenizer.Tokenizers;

/** What is written for a regular expression, Java's own engine matches. */
class RegexGrammarTest {

    private static Lexicon lexicon;

    @BeforeAll
    static void open() {
        lexicon = Lexicon.of(Tokenizers.open(KimiNano.path()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "yes|no|maybe",
                "a*b+c?d",
                "(ab|cd){2,4}e{3}f{1,}",
                "[a-fA-F0-9]{8}",
                "[^a-z]{1,10}",
                "\\d+(\\.\\d+)?",
                "\\w+@\\w+\\.(com|org)",
                "\\S+\\s\\S+",
                "\\D\\W",
                ".{5,30}",
                "(?:a|(b|c)d)*",
                "(?<year>\\d{4})-(?<month>0[1-9]|1[0-2])",
                "\\p{L}{2,8}",
                "\\p{Lu}\\p{Ll}*( \\p{Lu}\\p{Ll}*)*",
                "[\\u4e00-\\u9fff]{1,6}",
                "[äöüß€]+",
                "\\x41\\u0042\\t?",
                "a{0,3}?b*?c+?",
                "\\[\\{\\(\\*\\+\\?\\|\\^\\$\\.\\\\",
                "[-a\\]\\\\^]+",
                "(|a)(b|)",
                "[+-]?(0|[1-9]\\d{0,5})([eE][+-]?\\d{1,2})?",
                "^anchored$",
                "(^a|b)c|d(e$|f)"
            })
    void answersMatchTheirExpression(String pattern) {
        Pattern java = Pattern.compile(pattern);
        Grammar grammar = Grammars.regex(pattern, lexicon);
        assertThat(java.matcher(grammar.shortestText()).matches())
                .as(grammar.shortestText())
                .isTrue();
        for (int seed = 0; seed < 40; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            int most = grammar.shortestTokens() + random.nextInt(1 << random.nextInt(1, 6));
            String answer = RandomAnswers.write(grammar, lexicon, random, most);
            assertThat(java.matcher(answer).matches())
                    .as("seed %s: %s", seed, answer)
                    .isTrue();
        }
    }
}

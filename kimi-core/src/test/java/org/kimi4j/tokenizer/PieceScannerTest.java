package org.kimi4j.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import org.junit.jupiter.api.Test;

class PieceScannerTest {

    private static List<String> scan(String text) {
        PieceScanner scanner = new PieceScanner(text, text.length());
        List<String> pieces = new ArrayList<>();
        for (int start = 0; start < text.length(); ) {
            int end = scanner.end(start);
            pieces.add(text.substring(start, end));
            start = end;
        }
        return pieces;
    }

    private static List<String> match(String text) {
        List<String> pieces = new ArrayList<>();
        Matcher matcher = TestVocabularies.PATTERN.matcher(text);
        while (matcher.find()) {
            pieces.add(matcher.group());
        }
        return pieces;
    }

    @Test
    void splitsAsTheSpecificationSays() {
        assertThat(scan(" \u4e2d\u6587")).containsExactly(" ", "\u4e2d\u6587");
        assertThat(scan("helloWorld")).containsExactly("hello", "World");
        assertThat(scan("HTTPServer")).containsExactly("HTTPServer");
        assertThat(scan("\uff0chello")).containsExactly("\uff0chello");
        assertThat(scan("\u5b57\u3005\u3007")).containsExactly("\u5b57\u3005\u3007");
        assertThat(scan("1234567890")).containsExactly("123", "456", "789", "0");
        assertThat(scan("cafe\u0301 it'\u017Fx")).containsExactly("cafe\u0301", " it'\u017F", "x");
        assertThat(scan("a \r\n  b")).containsExactly("a", " \r\n", " ", " b");
    }

    @Test
    void equalsTheRegularExpressionOnRandomTexts() {
        long seed = 20260101;
        Random random = new Random(seed);
        for (int i = 0; i < 60_000; i++) {
            String text = RandomTexts.next(random, 14);
            assertThat(scan(text)).as("seed %d, text %d", seed, i).isEqualTo(match(text));
        }
    }

    /** Few characters of each class, so that every order of up to five of them is seen. */
    @Test
    void equalsTheRegularExpressionOnEveryShortOrderOfClasses() {
        String[] alphabet = {
            "A", "a", "\u02b0", "\u0301", "1", "\u4e2d", "\u3007", "\u2e80", " ", "\n", "'", "s", "\u017F"
        };
        for (int length = 1; length <= 5; length++) {
            int count = (int) Math.pow(alphabet.length, length);
            for (int n = 0; n < count; n++) {
                StringBuilder text = new StringBuilder();
                for (int rest = n, i = 0; i < length; i++) {
                    text.append(alphabet[rest % alphabet.length]);
                    rest /= alphabet.length;
                }
                assertThat(scan(text.toString())).isEqualTo(match(text.toString()));
            }
        }
    }

    @Test
    void everyCodePointAloneAndBetweenLettersEqualsTheRegularExpression() {
        for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
            String text = "a" + Character.toString(c) + "B" + Character.toString(c) + Character.toString(c) + " ";
            if (!scan(text).equals(match(text))) {
                assertThat(scan(text)).as("U+%04X", c).isEqualTo(match(text));
            }
        }
    }
}

package org.kimi4j.tokenizer;

import java.util.random.RandomGenerator;

/** Texts that are hard for a tokenizer: many scripts, marks, spaces and case changes close together. */
final class RandomTexts {

    private static final String[] WORDS = {
        "the",
        "Hello",
        "helloWorld",
        "HTTPServer",
        "camelCaseWord",
        "XMLHttpRequest",
        "don't",
        "we'RE",
        "it'\u017F",
        "I'LL",
        "they've",
        "'s",
        "''s",
        "can\u2019t",
        "caf\u00e9",
        "cafe\u0301",
        "A\u030A\u0301b",
        "na\u00efve",
        "\u4e2d\u6587",
        "\u5b57\u3005",
        "\u3007",
        "\u4e00\u4e8c\u4e09",
        "\ud840\udc00",
        "\u2e80\u2f00",
        "\u3001",
        "\uff0chello",
        "\u3053\u3093\u306b\u3061\u306f",
        "\u30ab\u30bf\u30ab\u30ca\u30fc",
        "\uff76\uff9e",
        "\ud55c\uad6d\uc5b4",
        "\u1112\u1161\u11ab",
        "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35",
        "\u0645\u0631\u062d\u0628\u0627",
        "\u05e9\u05b8\u05dc\u05d5\u05b9\u05dd",
        "\u0928\u092e\u0938\u094d\u0924\u0947",
        "\u041f\u0440\u0438\u0432\u0435\u0442",
        "\u01c5\u01c8",
        "\u02b0\u02b1",
        "1234567890",
        "12",
        "\u0661\u0662\u0663\u0664",
        "\u2167\u2168",
        "\u00bd\u00b2",
        "3.14159",
        "00:00:00.",
        "\ud83d\ude00",
        "\ud83d\udc69\u200d\ud83d\udcbb",
        "\ud83c\uddeb\ud83c\uddf7",
        "\u2764\ufe0f",
        "\u20e3",
        "!!!",
        "...",
        "->",
        "==",
        "{\"a\":",
        "//",
        "\\n",
        "<|im_end|>",
        "[BOS]",
        "<think>",
        "/>",
        "\u00a9",
        "\u20ac",
        "\ufffd",
        "\u0000",
        "\u200b",
        "\u001c",
        "\ufeff"
    };
    private static final String[] SPACES = {
        " ", "  ", "   ", "\n", "\r\n", "\r", "\n\n", " \n ", "\t", "\t\t", "\u00a0", "\u3000", "\u2028", "\u0085",
        "\u200a", "\u000b", "\u1680", ""
    };

    private RandomTexts() {}

    /** A text of up to {@code maxParts} words, spaces, single characters and lone surrogates. */
    static String next(RandomGenerator random, int maxParts) {
        StringBuilder text = new StringBuilder();
        int parts = 1 + random.nextInt(maxParts);
        for (int i = 0; i < parts; i++) {
            switch (random.nextInt(8)) {
                case 0, 1, 2 -> text.append(WORDS[random.nextInt(WORDS.length)]);
                case 3, 4 -> text.append(SPACES[random.nextInt(SPACES.length)]);
                case 5 -> text.append((char) (' ' + random.nextInt(95)));
                case 6 -> text.appendCodePoint(random.nextInt(0x3000));
                default -> unusual(random, text);
            }
        }
        return text.toString();
    }

    private static void unusual(RandomGenerator random, StringBuilder text) {
        switch (random.nextInt(4)) {
            case 0 -> text.append((char) (Character.MIN_SURROGATE + random.nextInt(0x800)));
            case 1 -> text.appendCodePoint(random.nextInt(Character.MAX_CODE_POINT + 1));
            case 2 -> text.repeat(" Aa1\u0301'\u4e2d\n".charAt(random.nextInt(8)), 1 + random.nextInt(12));
            default -> text.append((char) (0x4e00 + random.nextInt(0x5200)));
        }
    }

    /** The text with each lone surrogate replaced by U+FFFD, as every encoder reads it. */
    static String withoutLoneSurrogates(String text) {
        StringBuilder out = new StringBuilder();
        text.codePoints().forEach(c -> out.appendCodePoint(c >= 0xD800 && c <= 0xDFFF ? 0xFFFD : c));
        return out.toString();
    }
}

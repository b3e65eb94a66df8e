package org.kimi4j.tokenizer;

import static org.kimi4j.tokenizer.CharClasses.HAN;
import static org.kimi4j.tokenizer.CharClasses.LETTER;
import static org.kimi4j.tokenizer.CharClasses.LOWER;
import static org.kimi4j.tokenizer.CharClasses.NEWLINE;
import static org.kimi4j.tokenizer.CharClasses.NUMBER;
import static org.kimi4j.tokenizer.CharClasses.SPACE;
import static org.kimi4j.tokenizer.CharClasses.UPPER;

/**
 * Cuts a text into the pieces that are encoded one by one, as Kimi's pattern does:
 *
 * <pre>
 * 1  [\p{Han}]+
 * 2  [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&amp;&amp;[^\p{Han}]]*[\p{Ll}\p{Lm}\p{Lo}\p{M}&amp;&amp;[^\p{Han}]]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?
 * 3  the same with + after the first class and * after the second
 * 4  \p{N}{1,3}
 * 5   ?[^\s\p{L}\p{N}]+[\r\n]*
 * 6  \s*[\r\n]+
 * 7  \s+(?!\S)
 * 8  \s+
 * </pre>
 *
 * The first alternative that matches wins, with the backtracking that a regular expression engine would do; a test holds
 * the two equal. Every character belongs to exactly one piece. Linear in the length of the text.
 */
final class PieceScanner {

    private static final int MAX_DIGITS = 3;
    private static final int LONG_S = 0x17F;

    private final String text;
    private final int limit;

    /** Scans {@code text} as if it ended at {@code limit}. */
    PieceScanner(String text, int limit) {
        this.text = text;
        this.limit = limit;
    }

    /** The end of the piece that starts at {@code start}, which is before the limit. */
    int end(int start) {
        int first = text.codePointAt(start);
        int classes = CharClasses.of(first);
        int next = start + Character.charCount(first);
        if ((classes & HAN) != 0) {
            return run(next, HAN);
        }
        int word = word(start, next, classes);
        if (word >= 0) {
            return word;
        }
        if ((classes & NUMBER) != 0) {
            return digits(next);
        }
        if (first == ' ' && isOther(next)) {
            return symbols(next);
        }
        return (classes & SPACE) == 0 ? symbols(next) : spaces(start);
    }

    /** Alternatives 2 and 3; -1 if neither matches. */
    private int word(int start, int next, int classes) {
        boolean prefix = (classes & (LETTER | NUMBER | NEWLINE)) == 0;
        // The optional first character is tried as taken, then as not taken, for 2 before 3.
        int end = prefix ? endingLower(next) : -1;
        if (end < 0) {
            end = endingLower(start);
        }
        if (end < 0 && prefix) {
            end = startingUpper(next);
        }
        if (end < 0) {
            end = startingUpper(start);
        }
        return end < 0 ? -1 : contraction(end);
    }

    /** {@code upper* lower+}: where it ends, or -1. */
    private int endingLower(int from) {
        int at = from;
        int afterLastLower = -1;
        while (at < limit) {
            int c = text.codePointAt(at);
            int classes = CharClasses.of(c);
            if ((classes & UPPER) == 0) {
                if ((classes & LOWER) != 0) {
                    return run(at, LOWER);
                }
                break;
            }
            at += Character.charCount(c);
            if ((classes & LOWER) != 0) {
                afterLastLower = at;
            }
        }
        // No small letter follows: the run gives back characters until one that counts as lower too is free, which then
        // is all of lower+, because what was given back after it is upper only.
        return afterLastLower;
    }

    /** {@code upper+ lower*}: where it ends, or -1. */
    private int startingUpper(int from) {
        int end = run(from, UPPER);
        return end == from ? -1 : run(end, LOWER);
    }

    /** The end of {@code (?i:'s|'t|'re|'ve|'m|'ll|'d)?} at {@code at}. */
    private int contraction(int at) {
        if (at + 1 >= limit || text.charAt(at) != '\'') {
            return at;
        }
        char a = text.charAt(at + 1);
        if (a == LONG_S) {
            return at + 2;
        }
        char b = at + 2 < limit ? text.charAt(at + 2) : 0;
        return switch (a | 0x20) {
            case 's', 't', 'm', 'd' -> at + 2;
            case 'r', 'v' -> (b | 0x20) == 'e' ? at + 3 : at;
            case 'l' -> (b | 0x20) == 'l' ? at + 3 : at;
            default -> at;
        };
    }

    private int digits(int next) {
        int at = next;
        for (int n = 1; n < MAX_DIGITS && at < limit; n++) {
            int c = text.codePointAt(at);
            if ((CharClasses.of(c) & NUMBER) == 0) {
                break;
            }
            at += Character.charCount(c);
        }
        return at;
    }

    private boolean isOther(int at) {
        return at < limit && (CharClasses.of(text.codePointAt(at)) & (SPACE | LETTER | NUMBER)) == 0;
    }

    /** The rest of alternative 5, of which something up to {@code at} is matched. */
    private int symbols(int at) {
        int end = at;
        while (isOther(end)) {
            end += Character.charCount(text.codePointAt(end));
        }
        return run(end, NEWLINE);
    }

    /** Alternatives 6 to 8. */
    private int spaces(int start) {
        int at = start;
        int last = start;
        int afterNewline = -1;
        while (at < limit) {
            int c = text.codePointAt(at);
            int classes = CharClasses.of(c);
            if ((classes & SPACE) == 0) {
                break;
            }
            last = at;
            at += Character.charCount(c);
            if ((classes & NEWLINE) != 0) {
                afterNewline = at;
            }
        }
        if (afterNewline >= 0) {
            return afterNewline;
        }
        // The last space before a word belongs to the word, unless it is the only one.
        return at == limit || last == start ? at : last;
    }

    private int run(int from, int mask) {
        int at = from;
        while (at < limit) {
            int c = text.codePointAt(at);
            if ((CharClasses.of(c) & mask) == 0) {
                break;
            }
            at += Character.charCount(c);
        }
        return at;
    }
}

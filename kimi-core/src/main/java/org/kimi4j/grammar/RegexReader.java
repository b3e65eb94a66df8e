package org.kimi4j.grammar;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Reads regular expressions as JSON Schema means them (ECMA-262). Where dialects disagree about a class, the characters
 * on which ECMA-262 and Java's own expressions agree are taken, so that an answer passes the checks of both. What is no
 * regular language, or means different things to different readers, is refused.
 */
final class RegexReader {

    private static final CodePoints DIGITS = CodePoints.range('0', '9');
    private static final CodePoints WORD =
            DIGITS.or(CodePoints.range('A', 'Z')).or(CodePoints.range('a', 'z')).or(CodePoints.of('_'));
    private static final CodePoints ASCII_SPACE = CodePoints.range('\t', '\r').or(CodePoints.of(' '));
    private static final CodePoints UNICODE_SPACE = ASCII_SPACE
            .or(CodePoints.of(0x85))
            .or(CodePoints.of(0xA0))
            .or(CodePoints.of(0x1680))
            .or(CodePoints.range(0x2000, 0x200A))
            .or(CodePoints.range(0x2028, 0x2029))
            .or(CodePoints.of(0x202F))
            .or(CodePoints.of(0x205F))
            .or(CodePoints.of(0x3000))
            .or(CodePoints.of(0xFEFF));
    private static final CodePoints LINE_ENDS =
            CodePoints.of('\n').or(CodePoints.of('\r')).or(CodePoints.of(0x85)).or(CodePoints.range(0x2028, 0x2029));

    private static final Map<String, Byte> CATEGORIES = Map.ofEntries(
            Map.entry("Lu", Character.UPPERCASE_LETTER),
            Map.entry("Ll", Character.LOWERCASE_LETTER),
            Map.entry("Lt", Character.TITLECASE_LETTER),
            Map.entry("Lm", Character.MODIFIER_LETTER),
            Map.entry("Lo", Character.OTHER_LETTER),
            Map.entry("Mn", Character.NON_SPACING_MARK),
            Map.entry("Me", Character.ENCLOSING_MARK),
            Map.entry("Mc", Character.COMBINING_SPACING_MARK),
            Map.entry("Nd", Character.DECIMAL_DIGIT_NUMBER),
            Map.entry("Nl", Character.LETTER_NUMBER),
            Map.entry("No", Character.OTHER_NUMBER),
            Map.entry("Pc", Character.CONNECTOR_PUNCTUATION),
            Map.entry("Pd", Character.DASH_PUNCTUATION),
            Map.entry("Ps", Character.START_PUNCTUATION),
            Map.entry("Pe", Character.END_PUNCTUATION),
            Map.entry("Pi", Character.INITIAL_QUOTE_PUNCTUATION),
            Map.entry("Pf", Character.FINAL_QUOTE_PUNCTUATION),
            Map.entry("Po", Character.OTHER_PUNCTUATION),
            Map.entry("Sm", Character.MATH_SYMBOL),
            Map.entry("Sc", Character.CURRENCY_SYMBOL),
            Map.entry("Sk", Character.MODIFIER_SYMBOL),
            Map.entry("So", Character.OTHER_SYMBOL),
            Map.entry("Zs", Character.SPACE_SEPARATOR),
            Map.entry("Zl", Character.LINE_SEPARATOR),
            Map.entry("Zp", Character.PARAGRAPH_SEPARATOR));

    private static final int MAX_DEPTH = 200;

    private final String text;
    private int at;
    private int depth;

    private RegexReader(String text) {
        this.text = text;
    }

    static Regex read(String text) throws RefusedException {
        RegexReader reader = new RegexReader(text);
        Regex regex = reader.choice();
        if (reader.at < text.length()) {
            throw reader.refused("a ) without its (");
        }
        return regex;
    }

    private RefusedException refused(String what) {
        return new RefusedException("the pattern " + text + " has " + what + " at character " + at);
    }

    private RefusedException unsupported(String what) {
        return new RefusedException(
                "the pattern " + text + " has " + what + " at character " + at + ", which is not supported");
    }

    private boolean more() {
        return at < text.length();
    }

    private boolean take(String expected) {
        if (text.startsWith(expected, at)) {
            at += expected.length();
            return true;
        }
        return false;
    }

    private int character() throws RefusedException {
        if (!more()) {
            throw refused("its end too early");
        }
        int c = text.codePointAt(at);
        at += Character.charCount(c);
        return c;
    }

    private Regex choice() throws RefusedException {
        if (++depth > MAX_DEPTH) {
            throw refused("more than " + MAX_DEPTH + " nested groups");
        }
        List<Regex> alternatives = new ArrayList<>();
        do {
            alternatives.add(sequence());
        } while (take("|"));
        depth--;
        return alternatives.size() == 1 ? alternatives.getFirst() : new Regex.Choice(alternatives);
    }

    private Regex sequence() throws RefusedException {
        List<Regex> parts = new ArrayList<>();
        while (more() && text.charAt(at) != '|' && text.charAt(at) != ')') {
            parts.add(repeated());
        }
        return new Regex.Sequence(parts);
    }

    private Regex repeated() throws RefusedException {
        Regex part = atom();
        int before = at;
        int min;
        int max;
        if (take("*")) {
            min = 0;
            max = -1;
        } else if (take("+")) {
            min = 1;
            max = -1;
        } else if (take("?")) {
            min = 0;
            max = 1;
        } else if (take("{")) {
            min = number();
            max = take(",") ? (more() && text.charAt(at) == '}' ? -1 : number()) : min;
            if (!take("}")) {
                throw refused("no } where one is needed");
            }
            if (max >= 0 && max < min) {
                throw refused("a repeat whose end is below its beginning");
            }
        } else {
            return part;
        }
        if (part instanceof Regex.Begin || part instanceof Regex.End) {
            at = before;
            throw unsupported("a repeated anchor");
        }
        if (!take("?") && more() && "*+?{".indexOf(text.charAt(at)) >= 0) {
            throw unsupported("a repeat of a repeat");
        }
        return new Regex.Repeat(part, min, max);
    }

    private int number() throws RefusedException {
        int from = at;
        while (more() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            at++;
        }
        if (at == from || at - from > 5 || Integer.parseInt(text.substring(from, at)) > Regex.MAX_REPEAT) {
            at = from;
            throw refused("no repeat count of 0 to " + Regex.MAX_REPEAT + " behind a {");
        }
        return Integer.parseInt(text.substring(from, at));
    }

    private Regex atom() throws RefusedException {
        int c = character();
        return switch (c) {
            case '^' -> new Regex.Begin();
            case '$' -> new Regex.End();
            case '.' -> new Regex.Characters(LINE_ENDS.not());
            case '(' -> group();
            case '[' -> new Regex.Characters(set());
            case '\\' -> new Regex.Characters(escape(false));
            case '*', '+', '?', '{' -> {
                at--;
                throw refused("a repeat of nothing");
            }
            default -> new Regex.Characters(CodePoints.of(c));
        };
    }

    private Regex group() throws RefusedException {
        if (take("?") && !take(":")) {
            if (!take("<") || !more() || !Character.isLetter(text.charAt(at))) {
                at--;
                throw unsupported("a look-around or flags");
            }
            at = text.indexOf('>', at) + 1;
            if (at == 0) {
                throw refused("a group's name without its >");
            }
        }
        Regex inside = choice();
        if (!take(")")) {
            throw refused("a ( without its )");
        }
        return inside;
    }

    private CodePoints set() throws RefusedException {
        boolean negated = take("^");
        CodePoints set = CodePoints.NONE;
        while (!take("]")) {
            if (take("[") || take("&&") || take("--")) {
                at--;
                throw unsupported("a set in a set, written without a backslash");
            }
            int single = text.startsWith("\\", at) ? -1 : character();
            CodePoints item = single >= 0 ? CodePoints.of(single) : escapeInSet(negated);
            if (text.startsWith("-", at) && !text.startsWith("-]", at)) {
                at++;
                int first = onlyMember(item);
                CodePoints end = text.startsWith("\\", at) ? escapeInSet(negated) : CodePoints.of(character());
                int last = onlyMember(end);
                if (first > last) {
                    throw refused("a range whose end is below its beginning");
                }
                item = CodePoints.range(first, last);
            }
            set = set.or(item);
        }
        return negated ? set.not() : set;
    }

    private CodePoints escapeInSet(boolean negated) throws RefusedException {
        at++;
        return take("b") ? CodePoints.of('\b') : take("-") ? CodePoints.of('-') : escape(negated);
    }

    private int onlyMember(CodePoints item) throws RefusedException {
        if (item.ranges() != 1 || item.first(0) != item.last(0)) {
            throw refused("a range of something else than characters");
        }
        return item.first(0);
    }

    /**
     * What follows a backslash.
     *
     * @param negated whether the set will be complemented: dialects must then agree on what is left out
     */
    private CodePoints escape(boolean negated) throws RefusedException {
        int c = character();
        return switch (c) {
            case 'd' -> DIGITS;
            case 'D' -> DIGITS.not();
            case 'w' -> WORD;
            case 'W' -> WORD.not();
            case 's' -> negated ? UNICODE_SPACE : ASCII_SPACE;
            case 'S' -> (negated ? ASCII_SPACE : UNICODE_SPACE).not();
            case 't' -> CodePoints.of('\t');
            case 'n' -> CodePoints.of('\n');
            case 'r' -> CodePoints.of('\r');
            case 'f' -> CodePoints.of('\f');
            case 'x' -> CodePoints.of(hex(2));
            case 'u' -> CodePoints.of(unicode());
            case 'p' -> property();
            case 'P' -> property().not();
            default -> {
                if (Character.isLetterOrDigit(c)) {
                    at--;
                    throw unsupported("\\" + Character.toString(c));
                }
                yield CodePoints.of(c);
            }
        };
    }

    private int hex(int digits) throws RefusedException {
        int value = 0;
        for (int i = 0; i < digits; i++) {
            int digit = Character.digit(character(), 16);
            if (digit < 0) {
                throw refused("no hexadecimal digit where one is needed");
            }
            value = value << 4 | digit;
        }
        return value;
    }

    private int unicode() throws RefusedException {
        int value;
        if (take("{")) {
            int end = text.indexOf('}', at);
            if (end < 0 || end - at > 6) {
                throw refused("a \\u{ without its }");
            }
            value = hex(end - at);
            at++;
        } else {
            value = hex(4);
            if (Character.isHighSurrogate((char) value) && take("\\u")) {
                value = Character.toCodePoint((char) value, (char) hex(4));
            }
        }
        if (value > Character.MAX_CODE_POINT || value >= Character.MIN_SURROGATE && value <= Character.MAX_SURROGATE) {
            throw refused("half a surrogate pair, or no character at all,");
        }
        return value;
    }

    /** A Unicode property: a category or a script. */
    private CodePoints property() throws RefusedException {
        int from = at;
        int end = take("{") ? text.indexOf('}', at) : -1;
        if (end < 0) {
            throw refused("a property without braces");
        }
        String name = text.substring(at, end);
        at = end + 1;
        int categories = CATEGORIES.entrySet().stream()
                .filter(e -> e.getKey().startsWith(name))
                .mapToInt(e -> 1 << e.getValue())
                .reduce(0, (a, b) -> a | b);
        if (categories != 0 && !name.isEmpty()) {
            return CodePoints.where(c -> (categories >> Character.getType(c) & 1) != 0);
        }
        try {
            if (name.startsWith("Script=") || name.startsWith("sc=") || name.startsWith("Is")) {
                String script = name.substring(name.startsWith("Is") ? 2 : name.indexOf('=') + 1);
                Character.UnicodeScript named = Character.UnicodeScript.forName(script);
                return CodePoints.where(c -> Character.UnicodeScript.of(c) == named);
            }
        } catch (IllegalArgumentException e) {
            at = from;
            throw refused("an unknown script {" + name + "}");
        }
        at = from;
        throw unsupported("the property {" + name + "} (categories such as L or Nd, and Script=..., are)");
    }
}

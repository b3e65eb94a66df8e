package org.kimi4j.chat;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import org.kimi4j.json.Json;

/**
 * JSON values as Python prints them. The official templates run in Python, so its number formats and its words for
 * true, false and null are part of the prompt.
 */
final class PythonText {

    private PythonText() {}

    /** {@code json.dumps(value, ensure_ascii=False)}: a space after commas and colons. */
    static String json(Json value) {
        StringBuilder out = new StringBuilder();
        json(out, value, ", ", ": ");
        return out.toString();
    }

    /** {@code json.dumps(value, ensure_ascii=False, separators=(",", ":"))}. */
    static String compactJson(Json value) {
        StringBuilder out = new StringBuilder();
        json(out, value, ",", ":");
        return out.toString();
    }

    private static void json(StringBuilder out, Json value, String comma, String colon) {
        switch (value) {
            case Json.Obj(var members) -> {
                out.append('{');
                String separator = "";
                for (var member : members.entrySet()) {
                    out.append(separator);
                    quoted(out, member.getKey());
                    out.append(colon);
                    json(out, member.getValue(), comma, colon);
                    separator = comma;
                }
                out.append('}');
            }
            case Json.Arr(var items) -> {
                out.append('[');
                String separator = "";
                for (Json item : items) {
                    out.append(separator);
                    json(out, item, comma, colon);
                    separator = comma;
                }
                out.append(']');
            }
            case Json.Str(String text) -> quoted(out, text);
            case Json.Num number -> {
                String shown = number(number);
                out.append(shown.endsWith("inf") ? shown.replace("inf", "Infinity") : shown);
            }
            case Json.Bool(boolean b) -> out.append(b);
            case Json.Null() -> out.append("null");
        }
    }

    private static void quoted(StringBuilder out, String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                default -> {
                    if (c < ' ') {
                        out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }

    /** {@code str(value)}. */
    static String str(Json value) {
        return value instanceof Json.Str(String text) ? text : repr(value);
    }

    /** {@code repr(value)}. */
    static String repr(Json value) {
        return switch (value) {
            case Json.Obj(var members) -> {
                StringJoiner out = new StringJoiner(", ", "{", "}");
                members.forEach((key, member) -> out.add(repr(key) + ": " + repr(member)));
                yield out.toString();
            }
            case Json.Arr(var items) -> {
                StringJoiner out = new StringJoiner(", ", "[", "]");
                items.forEach(item -> out.add(repr(item)));
                yield out.toString();
            }
            case Json.Str(String text) -> repr(text);
            case Json.Num number -> number(number);
            case Json.Bool(boolean b) -> b ? "True" : "False";
            case Json.Null() -> "None";
        };
    }

    private static String repr(String text) {
        char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
        StringBuilder out = new StringBuilder().append(quote);
        text.codePoints().forEach(c -> {
            switch (c) {
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    if (c == quote) {
                        out.append('\\').append(quote);
                    } else if (printable(c)) {
                        out.appendCodePoint(c);
                    } else {
                        out.append(String.format(
                                Locale.ROOT, c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x", c));
                    }
                }
            }
        });
        return out.append(quote).toString();
    }

    private static boolean printable(int c) {
        if (c == ' ') {
            return true;
        }
        int type = Character.getType(c);
        return type != Character.CONTROL
                && type != Character.FORMAT
                && type != Character.SURROGATE
                && type != Character.PRIVATE_USE
                && type != Character.UNASSIGNED
                && type != Character.LINE_SEPARATOR
                && type != Character.PARAGRAPH_SEPARATOR
                && type != Character.SPACE_SEPARATOR;
    }

    /** {@code repr} of what Python's json module reads: an int of any size, or a float. */
    static String number(Json.Num number) {
        if (number.isInteger()) {
            return number.literal().equals("-0") ? "0" : number.literal();
        }
        return number(Double.parseDouble(number.literal()));
    }

    /** The shortest digits that read back as this value, with an exponent below 1e-04 and from 1e+16 on. */
    static String number(double value) {
        if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        String sign = value < 0 || 1 / value < 0 ? "-" : "";
        if (value == 0) {
            return sign + "0.0";
        }
        BigDecimal shortest = shortest(Math.abs(value));
        String digits = shortest.unscaledValue().toString();
        int point = digits.length() - shortest.scale(); // value = 0.digits * 10^point
        if (point > 16 || point < -3) {
            int exponent = point - 1;
            String fraction = digits.length() == 1 ? "" : "." + digits.substring(1);
            return sign
                    + digits.charAt(0)
                    + fraction
                    + String.format(Locale.ROOT, "e%s%02d", exponent < 0 ? "-" : "+", Math.abs(exponent));
        }
        if (point <= 0) {
            return sign + "0." + "0".repeat(-point) + digits;
        }
        if (point >= digits.length()) {
            return sign + digits + "0".repeat(point - digits.length()) + ".0";
        }
        return sign + digits.substring(0, point) + "." + digits.substring(point);
    }

    /** Java always gives two digits where one would do (4.9E-324 for Python's 5e-324); the one-digit value is tried. */
    private static BigDecimal shortest(double value) {
        BigDecimal java = new BigDecimal(Double.toString(value)).stripTrailingZeros();
        if (java.precision() != 2) {
            return java;
        }
        BigDecimal exact = new BigDecimal(value);
        BigDecimal ulp = BigDecimal.ONE.scaleByPowerOfTen(1 - java.scale());
        BigDecimal below = java.divideToIntegralValue(ulp).multiply(ulp);
        List<BigDecimal> candidates = new ArrayList<>(List.of(below, below.add(ulp)));
        candidates.removeIf(c -> c.doubleValue() != value);
        return candidates.stream()
                .min((a, b) ->
                        exact.subtract(a).abs().compareTo(exact.subtract(b).abs()))
                .orElse(java)
                .stripTrailingZeros();
    }
}

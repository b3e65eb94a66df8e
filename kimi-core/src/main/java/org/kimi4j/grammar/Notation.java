package org.kimi4j.grammar;

import java.nio.charset.StandardCharsets;

/** How characters become bytes. */
enum Notation {

    /** UTF-8. */
    PLAIN,

    /**
     * Inside a JSON string: UTF-8 with escapes for what JSON cannot hold otherwise. Each character has one form only (the
     * short escape where there is one, else lower-case hexadecimal digits), so that equal texts have equal bytes.
     */
    JSON;

    private static final String HEX = "0123456789abcdef";

    /** The escape of a character, or empty if it stands for itself. */
    String escape(int codePoint) {
        if (this == PLAIN) {
            return "";
        }
        return switch (codePoint) {
            case '"' -> "\\\"";
            case '\\' -> "\\\\";
            case '\b' -> "\\b";
            case '\t' -> "\\t";
            case '\n' -> "\\n";
            case '\f' -> "\\f";
            case '\r' -> "\\r";
            default -> codePoint < ' ' ? "\\u00" + HEX.charAt(codePoint >> 4) + HEX.charAt(codePoint & 15) : "";
        };
    }

    /** A text in this notation. */
    byte[] bytes(String text) {
        if (this == PLAIN) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
        StringBuilder out = new StringBuilder(text.length() + 8);
        text.codePoints().forEach(c -> {
            String escape = escape(c);
            if (escape.isEmpty()) {
                out.appendCodePoint(c);
            } else {
                out.append(escape);
            }
        });
        return out.toString().getBytes(StandardCharsets.UTF_8);
    }
}

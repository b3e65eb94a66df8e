package org.kimi4j.tokenizer;

/**
 * Bytes to text as they come, with U+FFFD for each maximal part of a sequence that cannot become a character (the
 * practice of the Unicode Standard, section 3.9, and of Python's {@code errors="replace"}; the JDK's decoder differs for
 * encoded surrogates). For one stream and one thread.
 */
final class Utf8Decoder {

    private static final char REPLACEMENT = '\uFFFD';

    private int codePoint;
    private int missing;
    private int low = 0x80;
    private int high = 0xBF;

    /** Appends the characters that these bytes complete. */
    void append(byte[] bytes, int from, int to, StringBuilder out) {
        for (int i = from; i < to; i++) {
            int b = bytes[i] & 0xFF;
            if (missing == 0) {
                start(b, out);
            } else if (b < low || b > high) {
                finish(out);
                start(b, out);
            } else {
                codePoint = codePoint << 6 | (b & 0x3F);
                low = 0x80;
                high = 0xBF;
                if (--missing == 0) {
                    out.appendCodePoint(codePoint);
                }
            }
        }
    }

    /** Appends U+FFFD for an unfinished character; the decoder can then be used for another stream. */
    void finish(StringBuilder out) {
        if (missing > 0) {
            out.append(REPLACEMENT);
        }
        missing = 0;
        low = 0x80;
        high = 0xBF;
    }

    private void start(int b, StringBuilder out) {
        if (b < 0x80) {
            out.append((char) b);
        } else if (b >= 0xC2 && b <= 0xDF) {
            codePoint = b & 0x1F;
            missing = 1;
        } else if (b >= 0xE0 && b <= 0xEF) {
            codePoint = b & 0x0F;
            missing = 2;
            // Overlong forms and surrogates are ruled out by the second byte.
            low = b == 0xE0 ? 0xA0 : 0x80;
            high = b == 0xED ? 0x9F : 0xBF;
        } else if (b >= 0xF0 && b <= 0xF4) {
            codePoint = b & 0x07;
            missing = 3;
            low = b == 0xF0 ? 0x90 : 0x80;
            high = b == 0xF4 ? 0x8F : 0xBF;
        } else {
            out.append(REPLACEMENT);
        }
    }
}

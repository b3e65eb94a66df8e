package org.kimi4j.tokenizer;

/** Our own byte-pair encoding over a vocabulary whose ids are its ranks. */
final class BytePairEncoder implements RunEncoder {

    private final Vocabulary vocabulary;

    BytePairEncoder(Vocabulary vocabulary) {
        this.vocabulary = vocabulary;
    }

    @Override
    public void encode(String text, int from, int to, IntList out) {
        PieceScanner scanner = new PieceScanner(text, to);
        BytePairMerger merger = new BytePairMerger(vocabulary);
        byte[] bytes = new byte[256];
        for (int start = from; start < to; ) {
            int end = scanner.end(start);
            if (bytes.length < 3 * (end - start)) {
                bytes = new byte[4 * (end - start)];
            }
            merger.encode(bytes, 0, utf8(text, start, end, bytes), out);
            start = end;
        }
    }

    /** Writes the UTF-8 of {@code text[from, to)}, a lone surrogate as U+FFFD; the number of bytes. */
    static int utf8(String text, int from, int to, byte[] out) {
        int n = 0;
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            if (c < 0x80) {
                out[n++] = (byte) c;
            } else if (c < 0x800) {
                out[n++] = (byte) (0xC0 | c >> 6);
                out[n++] = (byte) (0x80 | c & 0x3F);
            } else if (Character.isHighSurrogate(c) && i + 1 < to && Character.isLowSurrogate(text.charAt(i + 1))) {
                int codePoint = Character.toCodePoint(c, text.charAt(++i));
                out[n++] = (byte) (0xF0 | codePoint >> 18);
                out[n++] = (byte) (0x80 | codePoint >> 12 & 0x3F);
                out[n++] = (byte) (0x80 | codePoint >> 6 & 0x3F);
                out[n++] = (byte) (0x80 | codePoint & 0x3F);
            } else {
                int unit = Character.isSurrogate(c) ? 0xFFFD : c;
                out[n++] = (byte) (0xE0 | unit >> 12);
                out[n++] = (byte) (0x80 | unit >> 6 & 0x3F);
                out[n++] = (byte) (0x80 | unit & 0x3F);
            }
        }
        return n;
    }
}

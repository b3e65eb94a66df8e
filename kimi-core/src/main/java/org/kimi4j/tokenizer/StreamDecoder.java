package org.kimi4j.tokenizer;

/**
 * Ids to text, one id at a time, never splitting a character: bytes that may still become one are held back. The pieces
 * joined equal {@link Tokenizer#decode} of all ids. For one stream and one thread.
 */
public final class StreamDecoder {

    private final Tokenizer tokenizer;
    private final Utf8Decoder utf8 = new Utf8Decoder();
    private final StringBuilder out = new StringBuilder();

    StreamDecoder(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /** The text that this id completes; empty while a character is unfinished. */
    public String append(int id) {
        byte[] bytes = tokenizer.bytes(id);
        utf8.append(bytes, 0, bytes.length, out);
        return take();
    }

    /** What was held back, as U+FFFD; the decoder can then be used for another stream. */
    public String finish() {
        utf8.finish(out);
        return take();
    }

    private String take() {
        String text = out.toString();
        out.setLength(0);
        return text;
    }
}

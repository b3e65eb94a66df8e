package org.kimi4j.tokenizer;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Ids to text, one id at a time, never splitting a character: bytes that may still become one are held back. The pieces
 * joined equal {@link Tokenizer#decode} of all ids. For one stream and one thread.
 */
public final class StreamDecoder {

    /** A UTF-8 character has at most four bytes, so at most three are held back. */
    private static final int HELD = 3;

    private final Tokenizer tokenizer;
    private final CharsetDecoder utf8 = StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .onUnmappableCharacter(CodingErrorAction.REPLACE);
    private ByteBuffer pending = ByteBuffer.allocate(64);

    StreamDecoder(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /** The text that this id completes; empty while a character is unfinished. */
    public String append(int id) {
        byte[] bytes = tokenizer.bytes(id);
        if (pending.remaining() < bytes.length) {
            pending = ByteBuffer.allocate(bytes.length + pending.position() + HELD)
                    .put(pending.flip());
        }
        return decode(pending.put(bytes).flip(), false);
    }

    /** What was held back, as U+FFFD; the decoder can then be used for another stream. */
    public String finish() {
        String rest = decode(pending.flip(), true);
        utf8.reset();
        return rest;
    }

    private String decode(ByteBuffer in, boolean last) {
        CharBuffer out = CharBuffer.allocate(in.remaining() + HELD);
        utf8.decode(in, out, last);
        if (last) {
            utf8.flush(out);
        }
        in.compact();
        return out.flip().toString();
    }
}

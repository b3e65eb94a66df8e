package org.kimi4j.tokenizer;

/**
 * Text to token ids and back, for one vocabulary. Immutable and safe for all threads.
 *
 * <p>Ids below {@link SpecialTokens#firstId()} are ordinary byte sequences; the others are control tokens, which ordinary
 * text can never become: only {@link #encodeRaw} recognises their names.
 */
public interface Tokenizer {

    /** Ids there are, control tokens included: ids run from 0 to {@code size() - 1}. */
    int size();

    /** Ids of a text; names of control tokens inside it are plain text. A lone surrogate is encoded as U+FFFD. */
    int[] encode(String text);

    /** Ids of a text in which the name of a control token means that token. */
    int[] encodeRaw(String text);

    /** The text of these ids: all bytes joined, then read as UTF-8 with U+FFFD for what is malformed. */
    String decode(int... ids);

    /** The bytes one id stands for; of a control token, the UTF-8 of its name. The array is the caller's. */
    byte[] bytes(int id);

    /** The control tokens. */
    SpecialTokens specialTokens();

    /** A decoder for ids that arrive one by one. */
    default StreamDecoder streamDecoder() {
        return new StreamDecoder(this);
    }
}

package org.kimi4j.tokenizer;

import java.util.List;

/**
 * Text to token ids and back, for one vocabulary. Immutable and safe for all threads.
 *
 * <p>Ids below {@link SpecialTokens#firstId()} are ordinary byte sequences; the others are control tokens, which ordinary
 * text can never become: only {@link #encodeRaw} recognises their names.
 */
public interface Tokenizer extends AutoCloseable {

    /** Ids there are, control tokens included: ids run from 0 to {@code size() - 1}. */
    int size();

    /** Ids of a text; names of control tokens inside it are plain text. A lone surrogate is encoded as U+FFFD. */
    int[] encode(String text);

    /** Ids of a text in which the name of a control token means that token. */
    int[] encodeRaw(String text);

    /**
     * Ids of a prompt given as text and control tokens. Neighbouring texts are one text; the parts' texts and names joined
     * and given to {@link #encodeRaw} have the same ids, unless a text contains the name of a control token, which
     * here stays text.
     *
     * @throws org.kimi4j.error.UnsupportedModelException if the vocabulary has no control token of a name
     */
    default int[] encodeParts(List<EncodingPart> parts) {
        IntList ids = new IntList(parts.size() * 8);
        StringBuilder run = new StringBuilder();
        for (EncodingPart part : parts) {
            switch (part) {
                case EncodingPart.Text(String text) -> run.append(text);
                case EncodingPart.Control(String name) -> {
                    ids.addAll(encode(run.toString()));
                    run.setLength(0);
                    ids.add(specialTokens().id(name));
                }
            }
        }
        ids.addAll(encode(run.toString()));
        return ids.toArray();
    }

    /** The text of these ids: all bytes joined, then read as UTF-8 with U+FFFD for what is malformed. */
    String decode(int... ids);

    /** The bytes one id stands for; of a control token, the UTF-8 of its name. The array is the caller's. */
    byte[] bytes(int id);

    /** The control tokens. */
    SpecialTokens specialTokens();

    /** Frees native memory where an implementation has some; the tokenizer is not used afterwards. */
    @Override
    default void close() {}

    /** A decoder for ids that arrive one by one. */
    default StreamDecoder streamDecoder() {
        return new StreamDecoder(this);
    }
}

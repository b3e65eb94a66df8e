package org.kimi4j.tokenizer;

/** Encodes runs of ordinary text. Safe for all threads. */
interface RunEncoder {

    /**
     * Appends the ids of {@code text[from, to)}, read as a text of its own in which no name of a control token has a
     * meaning.
     */
    void encode(String text, int from, int to, IntList out);

    /** Frees what is not on the heap; the encoder is not used again. */
    default void close() {}
}

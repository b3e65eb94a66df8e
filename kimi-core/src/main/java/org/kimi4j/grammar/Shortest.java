package org.kimi4j.grammar;

/** The shortest text of a shape, found when the whole grammar is known. */
final class Shortest {

    static final int NONE = Integer.MAX_VALUE;

    /** Bytes; {@link #NONE} if there is no finite text. */
    int length = NONE;

    /** Objects and arrays in each other that the text has. */
    int depth;

    byte[] text = {};

    /** Tokens that spell the text. */
    int tokens;

    boolean exists() {
        return length != NONE;
    }
}

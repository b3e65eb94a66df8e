package org.kimi4j.grammar;

/**
 * White space between the parts of JSON: none, one space, or a line end with up to so many spaces. Bounded, so that a model
 * cannot fill an answer with it, and enough for the compact, the spaced and the indented form.
 */
final class Gap {

    static final int NONE = 0;
    static final int NO = -1;

    private static final int SPACE = 1;
    private static final int LINE_END = 2;
    private static final int MOST_INDENT = 32;

    private Gap() {}

    /** White space after a byte, or {@link #NO} if the byte is none that may follow. */
    static int next(int gap, int b) {
        if (gap == NONE) {
            return b == ' ' ? SPACE : b == '\n' ? LINE_END : NO;
        }
        return gap >= LINE_END && gap < LINE_END + MOST_INDENT && b == ' ' ? gap + 1 : NO;
    }
}

package org.kimi4j.tokenizer;

import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * The character classes of the pre-tokenisation pattern as bits per code point. Pages of 256 are computed when first
 * asked for: a text touches a few, and all 4,352 would cost a noticeable part of the opening time.
 */
final class CharClasses {

    /** Script Han. */
    static final int HAN = 1;
    /** Lu, Lt, Lm, Lo, M; not Han. */
    static final int UPPER = 1 << 1;
    /** Ll, Lm, Lo, M; not Han. */
    static final int LOWER = 1 << 2;
    /** General category L. */
    static final int LETTER = 1 << 3;
    /** General category N. */
    static final int NUMBER = 1 << 4;
    /** White_Space. */
    static final int SPACE = 1 << 5;
    /** CR and LF. */
    static final int NEWLINE = 1 << 6;

    private static final int PAGE_BITS = 8;
    private static final int PAGE_MASK = (1 << PAGE_BITS) - 1;

    private static final AtomicReferenceArray<byte[]> PAGES =
            new AtomicReferenceArray<>((Character.MAX_CODE_POINT >> PAGE_BITS) + 1);
    private static final byte[] LATIN = page(0);

    private CharClasses() {}

    /** The classes of a code point. */
    static int of(int codePoint) {
        if (codePoint <= PAGE_MASK) {
            return LATIN[codePoint];
        }
        byte[] page = PAGES.getAcquire(codePoint >> PAGE_BITS);
        return (page == null ? page(codePoint >> PAGE_BITS) : page)[codePoint & PAGE_MASK];
    }

    /** Python's {@code str.isspace}, which the official slicing asks: White_Space and the four separators 1C to 1F. */
    static boolean isPythonSpace(int codePoint) {
        return (of(codePoint) & SPACE) != 0 || (codePoint >= 0x1C && codePoint <= 0x1F);
    }

    private static byte[] page(int index) {
        byte[] page = new byte[1 << PAGE_BITS];
        for (int i = 0; i < page.length; i++) {
            page[i] = (byte) classify((index << PAGE_BITS) + i);
        }
        // Two threads may both compute a page; they compute the same.
        PAGES.setRelease(index, page);
        return page;
    }

    private static int classify(int c) {
        int classes = switch (Character.getType(c)) {
            case Character.UPPERCASE_LETTER, Character.TITLECASE_LETTER -> LETTER | UPPER;
            case Character.LOWERCASE_LETTER -> LETTER | LOWER;
            case Character.MODIFIER_LETTER, Character.OTHER_LETTER -> LETTER | UPPER | LOWER;
            case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.COMBINING_SPACING_MARK ->
                UPPER | LOWER;
            case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> NUMBER;
            case Character.SPACE_SEPARATOR, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> SPACE;
            default -> 0;
        };
        if ((c >= '\t' && c <= '\r') || c == 0x85) {
            classes |= SPACE;
        }
        if (c == '\r' || c == '\n') {
            classes |= NEWLINE;
        }
        if (Character.UnicodeScript.of(c) == Character.UnicodeScript.HAN) {
            classes = (classes & ~(UPPER | LOWER)) | HAN;
        }
        return classes;
    }
}

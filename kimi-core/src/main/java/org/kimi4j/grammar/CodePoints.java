package org.kimi4j.grammar;

import java.util.Arrays;
import java.util.function.IntPredicate;

/** A set of Unicode scalar values as sorted ranges. Immutable; surrogates are never members. */
final class CodePoints {

    private static final int FIRST_SURROGATE = 0xD800;
    private static final int LAST_SURROGATE = 0xDFFF;

    static final CodePoints NONE = new CodePoints(new int[0]);
    static final CodePoints ALL =
            new CodePoints(new int[] {0, FIRST_SURROGATE - 1, LAST_SURROGATE + 1, Character.MAX_CODE_POINT});

    private final int[] bounds; // first and last of each range, ascending, no two ranges touch

    private CodePoints(int[] bounds) {
        this.bounds = bounds;
    }

    static CodePoints range(int first, int last) {
        return new CodePoints(new int[] {first, last}).and(ALL);
    }

    static CodePoints of(int codePoint) {
        return range(codePoint, codePoint);
    }

    /** The members that a predicate holds for. */
    static CodePoints where(IntPredicate member) {
        int[] found = new int[64];
        int used = 0;
        int first = -1;
        for (int c = 0; c <= Character.MAX_CODE_POINT + 1; c++) {
            boolean in = c <= Character.MAX_CODE_POINT && (c < FIRST_SURROGATE || c > LAST_SURROGATE) && member.test(c);
            if (in && first < 0) {
                first = c;
            } else if (!in && first >= 0) {
                if (used == found.length) {
                    found = Arrays.copyOf(found, 2 * used);
                }
                found[used++] = first;
                found[used++] = c - 1;
                first = -1;
            }
        }
        return new CodePoints(Arrays.copyOf(found, used));
    }

    int ranges() {
        return bounds.length / 2;
    }

    int first(int range) {
        return bounds[2 * range];
    }

    int last(int range) {
        return bounds[2 * range + 1];
    }

    boolean isEmpty() {
        return bounds.length == 0;
    }

    boolean contains(int codePoint) {
        int at = Arrays.binarySearch(bounds, codePoint);
        return at >= 0 || (-at - 1) % 2 == 1;
    }

    CodePoints not() {
        return ALL.minus(this);
    }

    CodePoints or(CodePoints other) {
        int[] out = new int[bounds.length + other.bounds.length];
        int used = 0;
        int a = 0;
        int b = 0;
        while (a < ranges() || b < other.ranges()) {
            boolean mine = b == other.ranges() || a < ranges() && first(a) <= other.first(b);
            int first = mine ? first(a) : other.first(b);
            int last = mine ? last(a++) : other.last(b++);
            if (used > 0 && first <= out[used - 1] + 1) {
                out[used - 1] = Math.max(out[used - 1], last);
            } else {
                out[used++] = first;
                out[used++] = last;
            }
        }
        return new CodePoints(Arrays.copyOf(out, used));
    }

    CodePoints and(CodePoints other) {
        int[] out = new int[2 * (bounds.length + other.bounds.length)];
        int used = 0;
        int a = 0;
        int b = 0;
        while (a < ranges() && b < other.ranges()) {
            int first = Math.max(first(a), other.first(b));
            int last = Math.min(last(a), other.last(b));
            if (first <= last) {
                out[used++] = first;
                out[used++] = last;
            }
            if (last(a) < other.last(b)) {
                a++;
            } else {
                b++;
            }
        }
        return new CodePoints(Arrays.copyOf(out, used));
    }

    CodePoints minus(CodePoints other) {
        int[] gaps = new int[other.bounds.length + 2];
        int next = 0;
        int used = 0;
        for (int r = 0; r < other.ranges(); r++) {
            if (other.first(r) > next) {
                gaps[used++] = next;
                gaps[used++] = other.first(r) - 1;
            }
            next = other.last(r) + 1;
        }
        if (next <= Character.MAX_CODE_POINT) {
            gaps[used++] = next;
            gaps[used++] = Character.MAX_CODE_POINT;
        }
        return and(new CodePoints(Arrays.copyOf(gaps, used)));
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof CodePoints other && Arrays.equals(bounds, other.bounds);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bounds);
    }
}

package org.kimi4j.grammar;

/** Adds paths for ranges of code points to an automaton, as UTF-8: each path has one range of bytes per byte. */
final class Utf8Ranges {

    private static final int[] LAST_OF_LENGTH = {0x7F, 0x7FF, 0xFFFF, Character.MAX_CODE_POINT};

    private final Nfa nfa;
    private final int start;
    private final int end;

    Utf8Ranges(Nfa nfa, int start, int end) {
        this.nfa = nfa;
        this.start = start;
        this.end = end;
    }

    /** Paths for the code points {@code first} to {@code last}, no surrogates among them. */
    void add(int first, int last) throws RefusedException {
        int from = first;
        for (int length = 1; length <= LAST_OF_LENGTH.length && from <= last; length++) {
            int to = Math.min(last, LAST_OF_LENGTH[length - 1]);
            if (from <= to) {
                split(from, to, length);
                from = to + 1;
            }
        }
    }

    /** Cuts a range of equally long characters until, in each part, the bytes vary independently of each other. */
    private void split(int first, int last, int length) throws RefusedException {
        for (int i = 1; i < length; i++) {
            int low = (1 << (6 * i)) - 1;
            if ((first & ~low) == (last & ~low)) {
                continue;
            }
            if ((first & low) != 0) {
                split(first, first | low, length);
                split((first | low) + 1, last, length);
                return;
            }
            if ((last & low) != low) {
                split(first, (last & ~low) - 1, length);
                split(last & ~low, last, length);
                return;
            }
        }
        path(first, last, length);
    }

    private void path(int first, int last, int length) throws RefusedException {
        int at = start;
        for (int i = 0; i < length; i++) {
            int next = i + 1 == length ? end : nfa.state();
            nfa.edge(at, utf8Byte(first, i, length), utf8Byte(last, i, length), next);
            at = next;
        }
    }

    private static int utf8Byte(int codePoint, int index, int length) {
        if (length == 1) {
            return codePoint;
        }
        int bits = codePoint >> (6 * (length - 1 - index));
        return index > 0 ? 0x80 | bits & 0x3F : 0xFF00 >> length & 0xFF | bits;
    }
}

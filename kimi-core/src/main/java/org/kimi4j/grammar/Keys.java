package org.kimi4j.grammar;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The keys an object has besides its declared properties, and how far the next one has been spelled: JSON allows a key
 * twice, readers do not. Such keys are made of characters without escapes, so that equal keys have equal bytes.
 * Immutable.
 */
final class Keys {

    /** Further keys in one object at most. */
    static final int MOST = 1_000;

    static final Dfa REST = Texts.PLAIN_STRING_REST;

    static final Keys NONE = new Keys(new byte[0][], 0, 0, 0, REST.start(), null);

    final byte[][] used; // sorted
    /** The used keys that begin with what is spelled: from here ... */
    final int from;
    /** ... to before here. */
    final int to;
    /** Bytes of the key being spelled. */
    final int length;
    /** Where {@link #REST} stands in it. */
    final int text;

    private final @Nullable Spelled spelled;

    /** The bytes of a key, last first. */
    private record Spelled(@Nullable Spelled before, byte last) {}

    private Keys(byte[][] used, int from, int to, int length, int text, @Nullable Spelled spelled) {
        this.used = used;
        this.from = from;
        this.to = to;
        this.length = length;
        this.text = text;
        this.spelled = spelled;
    }

    /** Before the first byte of a key. */
    Keys opened() {
        return new Keys(used, 0, used.length, 0, REST.start(), null);
    }

    /** After one more byte of the key, or null if no key goes on so. */
    @Nullable
    Keys with(int b) {
        int next = REST.next(text, b);
        if (next == Dfa.DEAD || REST.accepts(next)) {
            return null;
        }
        int first = from;
        while (first < to && (used[first].length <= length || (used[first][length] & 0xFF) < b)) {
            first++;
        }
        int end = first;
        while (end < to && (used[end][length] & 0xFF) == b) {
            end++;
        }
        return new Keys(used, first, end, length + 1, next, new Spelled(spelled, (byte) b));
    }

    /** Whether what is spelled is a key, not part of a character, and not one that the object has. */
    boolean isNew() {
        return text == REST.start() && length > 0 && !(from < to && used[from].length == length);
    }

    /** Whether a used key begins with what is spelled. */
    boolean meetsUsed() {
        return from < to;
    }

    /** The same key, of an object that has no other. */
    Keys alone() {
        return new Keys(NONE.used, 0, 0, length, text, spelled);
    }

    /** With the spelled key among those used. */
    Keys closed() {
        byte[] key = new byte[length];
        Spelled at = spelled;
        for (int i = length - 1; i >= 0 && at != null; i--) {
            key[i] = at.last;
            at = at.before;
        }
        int index = -Arrays.binarySearch(used, key, Arrays::compareUnsigned) - 1;
        byte[][] more = new byte[used.length + 1][];
        System.arraycopy(used, 0, more, 0, index);
        more[index] = key;
        System.arraycopy(used, index, more, index + 1, used.length - index);
        return new Keys(more, 0, more.length, 0, REST.start(), null);
    }

    /** Whether both have the same keys and spell the same. */
    boolean same(Keys other) {
        return from == other.from && to == other.to && length == other.length && Arrays.deepEquals(used, other.used);
    }
}

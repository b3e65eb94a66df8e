package org.kimi4j.sampling;

/**
 * Tokens with their logits, taken out in the order of (logit descending, id ascending). Building is linear and taking the
 * first few costs little more, so that a vocabulary is never sorted as a whole. Reused from token to token.
 */
final class Candidates {

    private final long[] keys; // [capacity], ascending keys are descending logits
    private int size;
    private int taken;

    Candidates(int capacity) {
        keys = new long[capacity];
    }

    /** A number whose ascending order is (logit descending, id ascending); -0 counts as 0. */
    static long key(float logit, int id) {
        int bits = Float.floatToRawIntBits(logit + 0f);
        return (long) ~(bits ^ ((bits >> 31) & Integer.MAX_VALUE)) << 32 | id;
    }

    static int id(long key) {
        return (int) key;
    }

    static float logit(long key) {
        int ordered = ~(int) (key >> 32);
        return Float.intBitsToFloat(ordered ^ ((ordered >> 31) & Integer.MAX_VALUE));
    }

    void clear() {
        size = 0;
        taken = 0;
    }

    /** Adds a token; only before {@link #order}. */
    void add(float logit, int id) {
        keys[size++] = key(logit, id);
    }

    int size() {
        return size;
    }

    /** The candidates in the order of adding; only before {@link #order}. */
    long added(int index) {
        return keys[index];
    }

    /** Makes the candidates ready for {@link #best}. */
    void order() {
        for (int i = size / 2 - 1; i >= 0; i--) {
            sink(i, size);
        }
    }

    /** The candidate of this rank, the best having rank 0. Ranks not asked for are not put in order. */
    long best(int rank) {
        while (taken <= rank) {
            // What is taken lies behind the heap of what is left, the best of all at the very end.
            int last = size - ++taken;
            long best = keys[0];
            keys[0] = keys[last];
            sink(0, last);
            keys[last] = best;
        }
        return keys[size - 1 - rank];
    }

    private void sink(int from, int end) {
        long moved = keys[from];
        int at = from;
        for (int child = 2 * at + 1; child < end; child = 2 * at + 1) {
            if (child + 1 < end && keys[child + 1] < keys[child]) {
                child++;
            }
            if (keys[child] >= moved) {
                break;
            }
            keys[at] = keys[child];
            at = child;
        }
        keys[at] = moved;
    }
}

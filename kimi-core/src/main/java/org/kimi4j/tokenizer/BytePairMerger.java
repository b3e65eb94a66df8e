package org.kimi4j.tokenizer;

import java.util.Arrays;

/**
 * Byte-pair encoding of one piece at a time: the adjacent pair whose bytes together have the lowest rank is merged, the
 * leftmost of equals first, until no pair is in the vocabulary. Holds the working arrays of one call; for one thread.
 */
final class BytePairMerger {

    /** Up to here looking for the lowest rank by a scan beats the heap, whose cost does not grow with the square. */
    static final int MAX_SCAN_BYTES = 96;

    private static final int NONE = Integer.MAX_VALUE;

    private final Vocabulary vocabulary;
    private int[] starts = new int[MAX_SCAN_BYTES + 1];
    private int[] ranks = new int[MAX_SCAN_BYTES + 1];
    private int[] previous = {};
    private long[] heap = {};
    private int heapSize;

    BytePairMerger(Vocabulary vocabulary) {
        this.vocabulary = vocabulary;
    }

    /** Appends the ids of the bytes in {@code [from, to)}, at least one. */
    void encode(byte[] bytes, int from, int to, IntList out) {
        int whole = vocabulary.find(bytes, from, to);
        if (whole >= 0) {
            out.add(whole);
        } else if (to - from <= MAX_SCAN_BYTES) {
            scan(bytes, from, to, out);
        } else {
            mergeByHeap(bytes, from, to, out);
        }
    }

    private int rank(byte[] bytes, int from, int to) {
        int id = vocabulary.find(bytes, from, to);
        return id < 0 ? NONE : id;
    }

    /** Merges with a scan for the lowest rank before each merge; for short pieces. */
    void scan(byte[] bytes, int from, int to, IntList out) {
        int parts = to - from;
        if (starts.length <= parts) {
            starts = new int[parts + 1];
            ranks = new int[parts + 1];
        }
        for (int i = 0; i <= parts; i++) {
            starts[i] = from + i;
            ranks[i] = i + 2 <= parts ? rank(bytes, from + i, from + i + 2) : NONE;
        }
        while (true) {
            int best = 0;
            for (int i = 1; i < parts - 1; i++) {
                if (ranks[i] < ranks[best]) {
                    best = i;
                }
            }
            if (parts < 2 || ranks[best] == NONE) {
                break;
            }
            // The part after the best one disappears.
            System.arraycopy(starts, best + 2, starts, best + 1, parts - best - 1);
            System.arraycopy(ranks, best + 2, ranks, best + 1, parts - best - 1);
            parts--;
            ranks[best] = best + 2 <= parts ? rank(bytes, starts[best], starts[best + 2]) : NONE;
            if (best > 0) {
                ranks[best - 1] = rank(bytes, starts[best - 1], starts[best + 1]);
            }
        }
        for (int i = 0; i < parts; i++) {
            out.add(vocabulary.find(bytes, starts[i], starts[i + 1]));
        }
    }

    /**
     * Merges with a heap of (rank, position), so that n bytes cost n log n. An entry is stale when the pair at its
     * position has another rank by now: the bytes of a pair determine its rank and only ever grow, so a rank never comes
     * back.
     */
    void mergeByHeap(byte[] bytes, int from, int to, IntList out) {
        int length = to - from;
        int[] next = starts = new int[length + 1];
        int[] pairRanks = ranks = new int[length + 1];
        previous = new int[length + 1];
        heap = new long[2 * length];
        heapSize = 0;
        Arrays.fill(pairRanks, NONE);
        for (int i = 0; i <= length; i++) {
            next[i] = i + 1;
            previous[i] = i - 1;
        }
        for (int i = 0; i + 2 <= length; i++) {
            rerank(bytes, from, i, length);
        }
        while (heapSize > 0) {
            long entry = pop();
            int at = (int) entry;
            if (pairRanks[at] != (int) (entry >>> 32)) {
                continue;
            }
            int gone = next[at];
            next[at] = next[gone];
            previous[next[gone]] = at;
            pairRanks[gone] = NONE;
            rerank(bytes, from, at, length);
            if (at > 0) {
                rerank(bytes, from, previous[at], length);
            }
        }
        for (int i = 0; i < length; i = next[i]) {
            out.add(vocabulary.find(bytes, from + i, from + next[i]));
        }
    }

    private void rerank(byte[] bytes, int from, int at, int length) {
        int second = starts[at];
        int rank = second < length ? rank(bytes, from + at, from + starts[second]) : NONE;
        ranks[at] = rank;
        if (rank != NONE) {
            push((long) rank << 32 | at);
        }
    }

    private void push(long entry) {
        if (heapSize == heap.length) {
            heap = Arrays.copyOf(heap, heapSize * 2);
        }
        int at = heapSize++;
        while (at > 0) {
            int parent = (at - 1) >> 1;
            if (heap[parent] <= entry) {
                break;
            }
            heap[at] = heap[parent];
            at = parent;
        }
        heap[at] = entry;
    }

    private long pop() {
        long top = heap[0];
        long moved = heap[--heapSize];
        int at = 0;
        for (int child = 1; child < heapSize; child = 2 * at + 1) {
            if (child + 1 < heapSize && heap[child + 1] < heap[child]) {
                child++;
            }
            if (heap[child] >= moved) {
                break;
            }
            heap[at] = heap[child];
            at = child;
        }
        heap[at] = moved;
        return top;
    }
}

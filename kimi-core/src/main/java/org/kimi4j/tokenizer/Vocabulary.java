package org.kimi4j.tokenizer;

import java.util.Arrays;

/**
 * Byte sequences by id and ids by byte sequence. Immutable once built. Holds all bytes in one array and the table of ids
 * in another: about 4 MB for the 163,584 tokens of K2.5.
 */
final class Vocabulary {

    private final byte[] pool;
    private final int[] starts; // [size + 1], in bytes of the pool
    private final int[] slots; // id + 1, or 0 for free
    private final int maxTokenBytes;

    private Vocabulary(byte[] pool, int[] starts, int[] slots, int maxTokenBytes) {
        this.pool = pool;
        this.starts = starts;
        this.slots = slots;
        this.maxTokenBytes = maxTokenBytes;
    }

    int size() {
        return starts.length - 1;
    }

    /** A copy of the bytes of a token. */
    byte[] bytes(int id) {
        return Arrays.copyOfRange(pool, starts[id], starts[id + 1]);
    }

    /** Gives the bytes of a token to a decoder without a copy. */
    void decode(int id, Utf8Decoder decoder, StringBuilder out) {
        decoder.append(pool, starts[id], starts[id + 1], out);
    }

    /** The id of these bytes, or -1. */
    int find(byte[] text, int from, int to) {
        if (to - from > maxTokenBytes) {
            return -1;
        }
        int mask = slots.length - 1;
        for (int slot = hash(text, from, to) & mask; slots[slot] != 0; slot = (slot + 1) & mask) {
            int id = slots[slot] - 1;
            if (Arrays.equals(pool, starts[id], starts[id + 1], text, from, to)) {
                return id;
            }
        }
        return -1;
    }

    private static int hash(byte[] text, int from, int to) {
        int h = to - from;
        for (int i = from; i < to; i++) {
            h = (h ^ text[i]) * 0x01000193;
        }
        h ^= h >>> 15;
        h *= 0x85EBCA6B;
        return h ^ (h >>> 13);
    }

    /** Collects tokens in the order of their ids. */
    static final class Builder {
        private byte[] pool = new byte[1 << 12];
        private final IntList starts = new IntList(1 << 10);
        private int used;
        private int size;
        private int longest;

        Builder() {
            starts.add(0);
        }

        int size() {
            return size;
        }

        void add(byte[] token) {
            if (pool.length - used < token.length) {
                pool = Arrays.copyOf(pool, Math.addExact(used, Math.max(token.length, used >> 1)));
            }
            System.arraycopy(token, 0, pool, used, token.length);
            used += token.length;
            starts.add(used);
            size++;
            longest = Math.max(longest, token.length);
        }

        /** @throws RepeatedTokenException if two ids stand for the same bytes */
        Vocabulary build() throws RepeatedTokenException {
            int[] slots = new int[Integer.highestOneBit(Math.max(size, 4)) << 2];
            int[] ends = starts.toArray();
            Vocabulary vocabulary = new Vocabulary(Arrays.copyOf(pool, used), ends, slots, longest);
            for (int id = 0; id < size; id++) {
                vocabulary.insert(id);
            }
            return vocabulary;
        }
    }

    private void insert(int id) throws RepeatedTokenException {
        int mask = slots.length - 1;
        int slot = hash(pool, starts[id], starts[id + 1]) & mask;
        for (; slots[slot] != 0; slot = (slot + 1) & mask) {
            int other = slots[slot] - 1;
            if (Arrays.equals(pool, starts[id], starts[id + 1], pool, starts[other], starts[other + 1])) {
                throw new RepeatedTokenException(other, id);
            }
        }
        slots[slot] = id + 1;
    }

    /** The same bytes under two ids. */
    static final class RepeatedTokenException extends Exception {
        final int first;
        final int second;

        RepeatedTokenException(int first, int second) {
            super("ids " + first + " and " + second + " stand for the same bytes");
            this.first = first;
            this.second = second;
        }
    }
}

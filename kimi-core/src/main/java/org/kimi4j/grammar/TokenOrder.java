package org.kimi4j.grammar;

import java.util.Arrays;

/** Puts tokens in the order of their bytes. */
final class TokenOrder {

    private static final int PREFIX_BYTES = 5;
    private static final int ID_BITS = 23;

    private TokenOrder() {}

    /**
     * Ids by their bytes, unsigned, without those of no bytes, and of ids with the same bytes only the lowest. Most tokens
     * differ in their first bytes, which are sorted as numbers together with the id.
     */
    static int[] sorted(byte[][] bytes) {
        long[] keys = new long[bytes.length];
        int count = 0;
        for (int id = 0; id < bytes.length; id++) {
            if (bytes[id].length > 0) {
                keys[count++] = prefix(bytes[id]) << ID_BITS | id;
            }
        }
        Arrays.sort(keys, 0, count);
        int[] sorted = new int[count];
        int used = 0;
        for (int from = 0; from < count; ) {
            int to = from + 1;
            while (to < count && keys[to] >>> ID_BITS == keys[from] >>> ID_BITS) {
                to++;
            }
            Integer[] alike = new Integer[to - from];
            for (int i = from; i < to; i++) {
                alike[i - from] = (int) keys[i] & (1 << ID_BITS) - 1;
            }
            if (alike.length > 1) {
                Arrays.sort(alike, (a, b) -> Arrays.compareUnsigned(bytes[a], bytes[b]));
            }
            for (int id : alike) {
                if (used == 0 || !Arrays.equals(bytes[id], bytes[sorted[used - 1]])) {
                    sorted[used++] = id;
                }
            }
            from = to;
        }
        return Arrays.copyOf(sorted, used);
    }

    private static long prefix(byte[] token) {
        long prefix = 0;
        for (int i = 0; i < PREFIX_BYTES; i++) {
            prefix = prefix << 8 | (i < token.length ? token[i] & 0xFF : 0);
        }
        return prefix;
    }
}

package org.kimi4j.vision;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.kimi4j.spi.MediaEncoder;

/**
 * Vectors of pictures and chunks by the hash of their pixels, the least recently used given up first. For the engine's
 * thread.
 */
final class EmbeddingCache {

    /**
     * Rows of a picture or chunk.
     *
     * @param values [tokens, hidden], never changed
     */
    record Rows(int tokens, int hidden, float[] values) implements MediaEncoder.Encoded {

        @Override
        public void copyRow(int row, float[] to) {
            System.arraycopy(values, row * hidden, to, 0, hidden);
        }

        long bytes() {
            return (long) Float.BYTES * values.length;
        }
    }

    private final long budget;
    private final Map<String, Rows> byHash = new LinkedHashMap<>(16, 0.75f, true);
    private long bytes;

    /** @param budget bytes of rows that are kept at most */
    EmbeddingCache(long budget) {
        this.budget = budget;
    }

    /** The rows of these pixels, if they are still here. */
    Optional<Rows> find(String hash) {
        return Optional.ofNullable(byHash.get(hash));
    }

    /** Keeps rows, unless they alone are more than the budget. */
    void put(String hash, Rows rows) {
        if (rows.bytes() > budget || byHash.containsKey(hash)) {
            return;
        }
        byHash.put(hash, rows);
        bytes += rows.bytes();
        Iterator<Rows> oldest = byHash.values().iterator();
        while (bytes > budget) {
            bytes -= oldest.next().bytes();
            oldest.remove();
        }
    }

    /** Bytes of all rows kept. */
    long bytes() {
        return bytes;
    }

    void clear() {
        byHash.clear();
        bytes = 0;
    }
}

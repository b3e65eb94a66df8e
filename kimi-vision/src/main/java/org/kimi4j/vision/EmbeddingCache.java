package org.kimi4j.vision;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.kimi4j.error.CancelledException;
import org.kimi4j.spi.MediaEncoder;

/**
 * Vectors of pictures and chunks by the hash of their pixels, the least recently used given up first. All encoders of the
 * process that compute the same from the same weights have a share in one cache, so that the same pixels are encoded once
 * for all of them; its budget is the largest of theirs, and it is gone with the last share. Thread-safe.
 */
final class EmbeddingCache {

    /** How often a share that waits for another one looks whether it is still wanted. */
    private static final long WAIT_MILLIS = 20;

    /** The caches with a share, by what makes their vectors; guards all its users' comings and goings. */
    private static final Map<Object, EmbeddingCache> SHARED = new HashMap<>();

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

    /** An encoding that has begun. */
    private static final class Work {
        private boolean ended;
        private @Nullable Rows rows; // none if it failed
    }

    private final List<Share> shares = new ArrayList<>();
    private final Map<String, Rows> byHash = new LinkedHashMap<>(16, 0.75f, true);
    private final Map<String, Work> inWork = new HashMap<>();
    private long budget;
    private long bytes;

    private EmbeddingCache() {}

    /**
     * A share in the cache of some weights.
     *
     * @param maker what vectors depend on besides the pixels; equal for encoders whose vectors have the same bits
     * @param budget bytes of rows that may be kept; with 0 the share neither keeps nor finds any
     */
    static Share open(Object maker, long budget) {
        synchronized (SHARED) {
            EmbeddingCache cache =
                    budget == 0 ? new EmbeddingCache() : SHARED.computeIfAbsent(maker, _ -> new EmbeddingCache());
            return cache.share(maker, budget);
        }
    }

    private synchronized Share share(Object maker, long most) {
        Share share = new Share(this, maker, most);
        shares.add(share);
        budget = Math.max(budget, most);
        return share;
    }

    /** An encoder's share; an owner, closed with it. */
    static final class Share implements AutoCloseable {
        private final EmbeddingCache cache;
        private final Object maker;
        private final long budget;

        private Share(EmbeddingCache cache, Object maker, long budget) {
            this.cache = cache;
            this.maker = maker;
            this.budget = budget;
        }

        /**
         * The rows of these pixels: kept ones, else those of another share that is about to encode them, else encoded
         * now.
         *
         * @param cancelled asked while another share encodes them
         * @throws CancelledException if it says yes
         */
        Rows rows(String hash, BooleanSupplier cancelled, Supplier<Rows> encode) {
            return cache.rows(hash, cancelled, encode);
        }

        /** Bytes of all rows that are kept for all shares. */
        long bytes() {
            synchronized (cache) {
                return cache.bytes;
            }
        }

        @Override
        public void close() {
            synchronized (SHARED) {
                if (cache.leave(this)) {
                    SHARED.remove(maker, cache);
                }
            }
        }
    }

    /** Whether it was the last share. */
    private synchronized boolean leave(Share share) {
        shares.remove(share);
        budget = shares.stream().mapToLong(s -> s.budget).max().orElse(0);
        evict();
        return shares.isEmpty();
    }

    private Rows rows(String hash, BooleanSupplier cancelled, Supplier<Rows> encode) {
        Work mine = new Work();
        Optional<Rows> known = find(hash, mine, cancelled);
        if (known.isPresent()) {
            return known.get();
        }
        try {
            Rows rows = encode.get();
            end(hash, mine, rows);
            return rows;
        } finally {
            end(hash, mine, mine.rows);
        }
    }

    /** The rows if anybody has them or is making them; otherwise the work is begun. */
    private synchronized Optional<Rows> find(String hash, Work mine, BooleanSupplier cancelled) {
        while (true) {
            Rows rows = byHash.get(hash);
            if (rows != null) {
                return Optional.of(rows);
            }
            Work theirs = inWork.putIfAbsent(hash, mine);
            if (theirs == null) {
                return Optional.empty();
            }
            while (!theirs.ended) {
                await(cancelled);
            }
            if (theirs.rows != null) {
                return Optional.of(theirs.rows);
            }
        }
    }

    private void await(BooleanSupplier cancelled) {
        if (cancelled.getAsBoolean()) {
            throw new CancelledException("cancelled while another model encoded the same picture");
        }
        try {
            wait(WAIT_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancelledException("interrupted while another model encoded the same picture");
        }
    }

    private synchronized void end(String hash, Work work, @Nullable Rows rows) {
        if (work.ended) {
            return;
        }
        work.ended = true;
        work.rows = rows;
        inWork.remove(hash);
        if (rows != null && rows.bytes() <= budget) {
            byHash.put(hash, rows);
            bytes += rows.bytes();
            evict();
        }
        notifyAll();
    }

    private void evict() {
        Iterator<Rows> oldest = byHash.values().iterator();
        while (bytes > budget) {
            bytes -= oldest.next().bytes();
            oldest.remove();
        }
    }
}

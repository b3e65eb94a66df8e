package org.kimi4j;

import java.util.Arrays;
import org.kimi4j.cache.LatentCache;

/**
 * The tokens of one sequence and their cache. Each token has a key that says what was read at its position: its id, or,
 * for a pad, a hash of the media row that stands there. Equal keys from the start on mean equal caches. For the engine's
 * thread.
 */
final class Timeline implements AutoCloseable {

    private final LatentCache cache;
    private long[] keys = new long[64];
    private long lastUse;

    Timeline(LatentCache cache) {
        this.cache = cache;
    }

    LatentCache cache() {
        return cache;
    }

    /** Positions read; the cache's length. */
    int length() {
        return cache.length();
    }

    /** Counts positions as read, before a pass writes their rows. */
    void grow(long[] all, int newLength) {
        int before = length();
        cache.grow(newLength);
        if (keys.length < newLength) {
            keys = Arrays.copyOf(keys, Math.max(newLength, 2 * keys.length));
        }
        System.arraycopy(all, before, keys, before, newLength - before);
    }

    void truncate(int newLength) {
        cache.truncate(newLength);
    }

    /** How many positions from the start on have the keys of {@code other}, of which there are {@code count}. */
    int commonPrefix(long[] other, int count) {
        int mismatch = Arrays.mismatch(keys, 0, length(), other, 0, count);
        return mismatch < 0 ? length() : mismatch;
    }

    /** A second timeline with the first {@code count} positions, pages shared. */
    Timeline fork(int count) {
        Timeline fork = new Timeline(cache.fork());
        fork.keys = Arrays.copyOf(keys, Math.max(count, 64));
        fork.truncate(count);
        return fork;
    }

    /** A number that grows with each use of any timeline. */
    long lastUse() {
        return lastUse;
    }

    void used(long now) {
        lastUse = now;
    }

    @Override
    public void close() {
        cache.close();
    }

    /** The key of a media row: never that of a token, which is not negative. */
    static long mediaKey(long contentKey, int row) {
        long mixed = (contentKey + row) * 0x9e3779b97f4a7c15L;
        mixed ^= mixed >>> 32;
        mixed = mixed * 0xd6e8feb86659fd93L + contentKey;
        return mixed | Long.MIN_VALUE;
    }
}

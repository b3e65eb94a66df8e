package org.kimi4j;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.kimi4j.cache.PagePool;

/**
 * Timelines of finished requests, kept so that a caller who sends the whole history again has its beginning in the cache.
 * The least recently used give way to new work. For the engine's thread; the counters may be read by all.
 */
final class TimelineStore {

    /** More than this many conversations are rarely told apart by what is left of the budget. */
    private static final int MOST = 256;

    private final PagePool pool;
    private final List<Timeline> idle = new ArrayList<>();
    private long clock;
    private volatile int count;

    TimelineStore(PagePool pool) {
        this.pool = pool;
    }

    /** Timelines kept. */
    int count() {
        return count;
    }

    /**
     * A timeline that begins with as much of a prompt as is cached, and ends there.
     *
     * @param keys of the prompt, of which the last is always read anew, because its logits are wanted
     * @param running timelines in use, whose beginnings may be shared too
     */
    Timeline take(long[] keys, int count, List<Timeline> running) {
        Timeline best = null;
        int longest = 0;
        for (Timeline t : idle) {
            int common = Math.min(t.commonPrefix(keys, count), count - 1);
            if (common > longest) {
                best = t;
                longest = common;
            }
        }
        boolean isIdle = best != null;
        for (Timeline t : running) {
            int common = Math.min(t.commonPrefix(keys, count), count - 1);
            if (common > longest) {
                best = t;
                longest = common;
                isIdle = false;
            }
        }
        if (best == null) {
            return new Timeline(pool.newCache());
        }
        // A part that is taken lives on in the fork, whatever becomes of the rest; so this is no use of the whole.
        if (isIdle && longest == best.length()) {
            idle.remove(best);
            this.count = idle.size();
            return best;
        }
        return best.fork(longest);
    }

    /** Keeps a timeline whose request is over. */
    void keep(Timeline timeline) {
        if (timeline.length() == 0) {
            timeline.close();
            return;
        }
        timeline.used(++clock);
        idle.add(timeline);
        if (idle.size() > MOST) {
            dropOldest();
        }
        count = idle.size();
    }

    /** Gives the pages of the least recently used timeline back; false if there is none. */
    boolean dropOldest() {
        if (idle.isEmpty()) {
            return false;
        }
        Timeline oldest =
                idle.stream().min(Comparator.comparingLong(Timeline::lastUse)).get();
        idle.remove(oldest);
        oldest.close();
        count = idle.size();
        return true;
    }

    void clear() {
        while (dropOldest()) {
            // until none is left
        }
    }
}

package org.kimi4j.kernel;

/**
 * How many threads it is worth to compute with. A worker whose processor is taken by another process in the middle of a
 * task comes back milliseconds later, and everybody waits for it; where that happens again and again, one thread fewer
 * does more. It is left out for a while, at first a short one, then tried again. For one thread at a time.
 */
final class Crowding {

    /** Time in regions after which what was waited for workers is looked at. */
    static final long WINDOW_NANOS = 4_000_000;
    /** A wait that is not longer may be for a task longer than the others; a processor is taken for milliseconds. */
    static final long ORDINARY_NANOS = 400_000;

    static final long SHORTEST_PAUSE_NANOS = 20_000_000;
    static final long LONGEST_PAUSE_NANOS = 320_000_000;

    private final int all;
    private final long ordinary;
    private int threads;
    private long until;
    private long pause = SHORTEST_PAUSE_NANOS;
    private long spent;
    private long held;

    /** @param all threads there are */
    Crowding(int all) {
        this(all, ORDINARY_NANOS);
    }

    /** @param ordinary nanoseconds that waiting is not held against anybody */
    Crowding(int all, long ordinary) {
        this.all = all;
        this.ordinary = ordinary;
        this.threads = all;
    }

    /** Threads for the next region, the caller's included. */
    int threads(long now) {
        if (threads < all && now - until >= 0) {
            threads = all;
            spent = 0;
            held = 0;
        }
        return threads;
    }

    /**
     * A region of several threads has ended.
     *
     * @param took nanoseconds
     * @param waited how much of that the caller waited for others
     * @param longest what the longest of the caller's own tasks took; 0 if there was none for it
     */
    void region(long now, long took, long waited, long longest) {
        spent += took;
        if (longest > 0 && waited > Math.max(ordinary, 2 * longest)) {
            held += waited;
        }
        if (spent < WINDOW_NANOS) {
            return;
        }
        // One thread fewer costs about one part of as many as there are.
        if (held * (threads + 1) > spent) {
            threads--;
            until = now + pause;
            pause = Math.min(LONGEST_PAUSE_NANOS, 2 * pause);
        } else if (threads == all) {
            pause = Math.max(SHORTEST_PAUSE_NANOS, pause / 2);
        }
        spent = 0;
        held = 0;
    }
}

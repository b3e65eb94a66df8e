package org.kimi4j.cache;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import org.kimi4j.error.OverloadedException;

/**
 * The cache memory of one model; an owner, closed with the model. Hands out pages of {@value #POSITIONS} positions up to
 * a budget and takes them back for reuse. Safe for all threads.
 */
public final class PagePool implements AutoCloseable {

    /** Positions in a page; attention's tiles have the same size and alignment. */
    public static final int POSITIONS = 64;

    /** A page [layers, POSITIONS, row bytes] and the number of caches that refer to it. */
    static final class Page {
        final MemorySegment memory;
        int references;

        Page(MemorySegment memory) {
            this.memory = memory;
        }
    }

    private final CacheShape shape;
    private final long budgetBytes;
    private final Arena arena = Arena.ofShared();
    private final Deque<Page> free = new ArrayDeque<>();
    private long allocated;
    private long used;

    /** @param budgetBytes the most bytes of pages that exist at a time */
    public PagePool(CacheShape shape, long budgetBytes) {
        this.shape = shape;
        this.budgetBytes = budgetBytes;
    }

    public CacheShape shape() {
        return shape;
    }

    public long budgetBytes() {
        return budgetBytes;
    }

    /** Bytes of the pages that caches refer to, shared pages counted once. */
    public synchronized long usedBytes() {
        return used * shape.pageBytes();
    }

    /** Bytes taken from the system, pages waiting for reuse included. */
    public synchronized long allocatedBytes() {
        return allocated * shape.pageBytes();
    }

    /** Whether so many pages can be taken within the budget. */
    public synchronized boolean hasRoom(int pages) {
        return (used + pages) * shape.pageBytes() <= budgetBytes;
    }

    /** An empty cache that takes its pages from here. */
    public LatentCache newCache() {
        return new LatentCache(this);
    }

    synchronized Page acquire() {
        Page page = free.poll();
        if (page == null) {
            if ((allocated + 1) * shape.pageBytes() > budgetBytes) {
                throw new OverloadedException("latent cache: " + used + " pages of " + shape.pageBytes()
                        + " bytes are in use and the budget is " + budgetBytes
                        + " bytes; close idle sessions or raise kvBudget");
            }
            page = new Page(arena.allocate(shape.pageBytes(), 64));
            allocated++;
        }
        used++;
        page.references = 1;
        return page;
    }

    synchronized void share(Page page) {
        page.references++;
    }

    synchronized void release(Page page) {
        if (--page.references == 0) {
            used--;
            free.push(page);
        }
    }

    synchronized boolean isShared(Page page) {
        return page.references > 1;
    }

    @Override
    public void close() {
        arena.close();
    }
}

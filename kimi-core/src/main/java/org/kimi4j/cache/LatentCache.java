package org.kimi4j.cache;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The cached positions of one sequence: a list of references to pages of a {@link PagePool}. Growth copies nothing,
 * truncation gives whole pages back, a fork shares all full pages. For one thread at a time; closing gives all pages back.
 */
public final class LatentCache implements AutoCloseable {

    private final PagePool pool;
    private final List<PagePool.Page> pages = new ArrayList<>();
    private int length;

    LatentCache(PagePool pool) {
        this.pool = pool;
    }

    public CacheShape shape() {
        return pool.shape();
    }

    /** Positions stored. */
    public int length() {
        return length;
    }

    /** Bytes of the pages referred to. */
    public long byteSize() {
        return pages.size() * shape().pageBytes();
    }

    /**
     * Makes room for positions up to {@code newLength} and counts them as stored; their rows are written by the kernels
     * of the pass that follows. Takes all pages needed or none.
     *
     * @throws org.kimi4j.error.OverloadedException if the pool's budget does not allow it
     */
    public void grow(int newLength) {
        if (newLength < length) {
            throw new IllegalArgumentException("cache of " + length + " positions cannot grow to " + newLength);
        }
        int before = pages.size();
        try {
            if (copiesLastPage(newLength)) {
                PagePool.Page copy = pool.acquire();
                copy.memory.copyFrom(pages.getLast().memory);
                pool.release(pages.getLast());
                pages.set(pages.size() - 1, copy);
            }
            while ((long) pages.size() * PagePool.POSITIONS < newLength) {
                pages.add(pool.acquire());
            }
        } catch (RuntimeException e) {
            while (pages.size() > before) {
                pool.release(pages.removeLast());
            }
            throw e;
        }
        length = newLength;
    }

    /** Pages that {@link #grow} would take from the pool. */
    public int pagesToGrow(int newLength) {
        int needed = (newLength + PagePool.POSITIONS - 1) / PagePool.POSITIONS;
        return Math.max(0, needed - pages.size()) + (copiesLastPage(newLength) ? 1 : 0);
    }

    private boolean copiesLastPage(int newLength) {
        return newLength > length && length % PagePool.POSITIONS != 0 && pool.isShared(pages.getLast());
    }

    /** Forgets all positions from {@code newLength} on. */
    public void truncate(int newLength) {
        if (newLength < 0 || newLength > length) {
            throw new IllegalArgumentException("cache of " + length + " positions cannot be cut to " + newLength);
        }
        length = newLength;
        while (pages.size() > 0 && (pages.size() - 1) * PagePool.POSITIONS >= newLength) {
            pool.release(pages.removeLast());
        }
    }

    /** A second cache with the same content; full pages are shared, the last one is copied when either grows. */
    public LatentCache fork() {
        LatentCache fork = new LatentCache(pool);
        for (PagePool.Page page : pages) {
            pool.share(page);
            fork.pages.add(page);
        }
        fork.length = length;
        return fork;
    }

    /** The memory of the page that holds positions {@code 64 * index} and following. For kernels. */
    public MemorySegment page(int index) {
        return pages.get(index).memory;
    }

    /** Byte offset in a page of the row of a layer and of a position within the page. */
    public long rowOffset(int layer, int positionInPage) {
        return ((long) layer * PagePool.POSITIONS + positionInPage) * shape().rowBytes();
    }

    @Override
    public void close() {
        truncate(0);
    }
}

package org.kimi4j.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.kimi4j.config.KvType;
import org.kimi4j.error.OverloadedException;

class LatentCacheTest {

    private static final long SEED = 20261108;
    private static final CacheShape SHAPE = new CacheShape(2, 3, 1, KvType.F32);
    private static final int PAGES = 8;

    private final PagePool pool = new PagePool(SHAPE, PAGES * SHAPE.pageBytes());

    @AfterEach
    void close() {
        pool.close();
    }

    /** Writes the rows of the positions from {@code from} on as a pass does, with numbers that tell them apart. */
    private static void write(LatentCache cache, int from, float mark) {
        for (int p = from; p < cache.length(); p++) {
            for (int layer = 0; layer < SHAPE.layers(); layer++) {
                MemorySegment page = cache.page(p / PagePool.POSITIONS);
                page.set(ValueLayout.JAVA_FLOAT, cache.rowOffset(layer, p % PagePool.POSITIONS), mark + p + layer / 2f);
            }
        }
    }

    private static float read(LatentCache cache, int position, int layer) {
        return cache.page(position / PagePool.POSITIONS)
                .get(ValueLayout.JAVA_FLOAT, cache.rowOffset(layer, position % PagePool.POSITIONS));
    }

    @ParameterizedTest
    @EnumSource(KvType.class)
    void rowsOfAllLayersAndPositionsLieApart(KvType type) {
        CacheShape shape = new CacheShape(3, 5, 2, type);
        try (PagePool own = new PagePool(shape, 1 << 20)) {
            LatentCache cache = own.newCache();
            cache.grow(PagePool.POSITIONS);
            List<Long> offsets = new ArrayList<>();
            for (int layer = 0; layer < 3; layer++) {
                for (int p = 0; p < PagePool.POSITIONS; p++) {
                    offsets.add(cache.rowOffset(layer, p));
                }
            }
            for (int i = 0; i < offsets.size(); i++) {
                assertThat(offsets.get(i)).isEqualTo((long) i * shape.rowBytes());
            }
            assertThat(shape.pageBytes()).isEqualTo((long) offsets.size() * shape.rowBytes());
            assertThat(cache.page(0).byteSize()).isEqualTo(shape.pageBytes());
        }
    }

    @Test
    void growthCopiesNothing() {
        LatentCache cache = pool.newCache();
        cache.grow(70);
        write(cache, 0, 100);
        MemorySegment first = cache.page(0);
        MemorySegment second = cache.page(1);
        cache.grow(200);
        assertThat(cache.page(0).address()).isEqualTo(first.address());
        assertThat(cache.page(1).address()).isEqualTo(second.address());
        assertThat(pool.usedBytes()).isEqualTo(4 * SHAPE.pageBytes());
    }

    @Test
    void truncationGivesWholePagesBack() {
        LatentCache cache = pool.newCache();
        cache.grow(200);
        cache.truncate(129);
        assertThat(pool.usedBytes()).isEqualTo(3 * SHAPE.pageBytes());
        cache.truncate(128);
        assertThat(pool.usedBytes()).isEqualTo(2 * SHAPE.pageBytes());
        cache.truncate(0);
        assertThat(pool.usedBytes()).isZero();
        assertThat(pool.allocatedBytes()).as("kept for reuse").isEqualTo(4 * SHAPE.pageBytes());
    }

    @Test
    void forkSharesFullPagesAndCopiesTheLastWhenItGrows() {
        LatentCache cache = pool.newCache();
        cache.grow(100);
        write(cache, 0, 1000);
        LatentCache fork = cache.fork();
        assertThat(pool.usedBytes()).isEqualTo(2 * SHAPE.pageBytes());
        assertThat(fork.pagesToGrow(101)).isEqualTo(1);
        fork.grow(101);
        write(fork, 100, 2000);
        cache.grow(101);
        write(cache, 100, 3000);
        assertThat(fork.page(0).address()).isEqualTo(cache.page(0).address());
        assertThat(pool.usedBytes()).isEqualTo(3 * SHAPE.pageBytes());
        assertThat(read(cache, 100, 1)).isEqualTo(3100.5f);
        assertThat(read(fork, 100, 1)).isEqualTo(2100.5f);
        for (int p = 0; p < 100; p++) {
            assertThat(read(fork, p, 1)).isEqualTo(1000.5f + p);
        }
        cache.close();
        assertThat(read(fork, 5, 0)).isEqualTo(1005);
        assertThat(pool.usedBytes()).isEqualTo(2 * SHAPE.pageBytes());
    }

    @Test
    void growthBeyondTheBudgetIsRefusedAndChangesNothing() {
        LatentCache cache = pool.newCache();
        cache.grow(7 * 64);
        LatentCache other = pool.newCache();
        assertThatThrownBy(() -> other.grow(65))
                .isInstanceOf(OverloadedException.class)
                .hasMessageContaining("8 pages")
                .hasMessageContaining(Long.toString(PAGES * SHAPE.pageBytes()));
        assertThat(other.length()).isZero();
        assertThat(pool.usedBytes()).isEqualTo(7 * SHAPE.pageBytes());
        other.grow(64);
        assertThatThrownBy(() -> other.fork().grow(65)).isInstanceOf(OverloadedException.class);
    }

    /** Many caches that grow, shrink, fork and close: each reads what was written to it, and the pool counts right. */
    @Test
    void cachesNeverSeeEachOthersRows() {
        SplittableRandom random = new SplittableRandom(SEED);
        List<LatentCache> caches = new ArrayList<>();
        List<float[]> expected = new ArrayList<>();
        float mark = 0;
        for (int step = 0; step < 3000; step++) {
            int i = caches.isEmpty() ? -1 : random.nextInt(caches.size());
            int choice = random.nextInt(10);
            if (i < 0 || choice == 0 && caches.size() < 12) {
                caches.add(pool.newCache());
                expected.add(new float[0]);
            } else if (choice == 1) {
                caches.remove(i).close();
                expected.remove(i);
            } else if (choice == 2 && caches.size() < 12) {
                caches.add(caches.get(i).fork());
                expected.add(expected.get(i).clone());
            } else if (choice == 3) {
                int length = random.nextInt(caches.get(i).length() + 1);
                caches.get(i).truncate(length);
                expected.set(i, java.util.Arrays.copyOf(expected.get(i), length));
            } else {
                int length = caches.get(i).length() + random.nextInt(40);
                boolean fits = pool.hasRoom(caches.get(i).pagesToGrow(length));
                int before = caches.get(i).length();
                if (fits) {
                    caches.get(i).grow(length);
                    mark += 1000;
                    write(caches.get(i), before, mark);
                    float[] values = java.util.Arrays.copyOf(expected.get(i), length);
                    for (int p = before; p < length; p++) {
                        values[p] = mark + p;
                    }
                    expected.set(i, values);
                } else {
                    LatentCache full = caches.get(i);
                    assertThatThrownBy(() -> full.grow(length)).isInstanceOf(OverloadedException.class);
                    assertThat(full.length()).isEqualTo(before);
                }
            }
            check(caches, expected, step);
        }
        caches.forEach(LatentCache::close);
        assertThat(pool.usedBytes()).isZero();
    }

    private void check(List<LatentCache> caches, List<float[]> expected, int step) {
        for (int i = 0; i < caches.size(); i++) {
            assertThat(caches.get(i).length()).isEqualTo(expected.get(i).length);
            for (int p = 0; p < expected.get(i).length; p++) {
                if (read(caches.get(i), p, 0) != expected.get(i)[p]) {
                    assertThat(read(caches.get(i), p, 0))
                            .as("cache %d, position %d, step %d, seed %d", i, p, step, SEED)
                            .isEqualTo(expected.get(i)[p]);
                }
            }
        }
        long distinct = caches.stream()
                .flatMap(c -> java.util.stream.IntStream.range(0, (c.length() + 63) / 64)
                        .mapToObj(p -> c.page(p).address()))
                .distinct()
                .count();
        assertThat(pool.usedBytes()).as("step %d, seed %d", step, SEED).isEqualTo(distinct * SHAPE.pageBytes());
    }
}

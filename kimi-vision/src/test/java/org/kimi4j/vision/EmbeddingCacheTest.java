package org.kimi4j.vision;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class EmbeddingCacheTest {

    private static EmbeddingCache.Rows rows(int tokens) {
        return new EmbeddingCache.Rows(tokens, 4, new float[4 * tokens]);
    }

    @Test
    void leastRecentlyUsedIsGivenUpFirst() {
        EmbeddingCache cache = new EmbeddingCache(3 * 16);
        cache.put("a", rows(1));
        cache.put("b", rows(1));
        cache.put("c", rows(1));
        assertThat(cache.find("a")).isPresent();
        cache.put("d", rows(1));
        assertThat(cache.find("b")).isEmpty();
        assertThat(cache.find("a")).isPresent();
        assertThat(cache.bytes()).isEqualTo(3 * 16);
    }

    @Test
    void whatIsLargerThanTheBudgetIsNotKept() {
        EmbeddingCache cache = new EmbeddingCache(3 * 16);
        cache.put("a", rows(1));
        cache.put("large", rows(4));
        assertThat(cache.find("large")).isEmpty();
        assertThat(cache.find("a")).isPresent();
        cache.put("whole", rows(3));
        assertThat(cache.find("a")).isEmpty();
        assertThat(cache.bytes()).isEqualTo(3 * 16);
        cache.clear();
        assertThat(cache.bytes()).isZero();
    }
}

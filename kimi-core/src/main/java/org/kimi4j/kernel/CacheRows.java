package org.kimi4j.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.kimi4j.cache.CacheShape;

/** Moving rows between floats and the cache's own type; the one place that knows a row's encoding. */
final class CacheRows {

    private CacheRows() {}

    /** Writes one row [latent | rope] at a byte offset of a page. */
    static void store(MemorySegment page, long offset, CacheShape shape, float[] row) {
        switch (shape.type()) {
            case F32 -> MemorySegment.copy(row, 0, page, ValueLayout.JAVA_FLOAT, offset, shape.width());
            case BF16 -> {
                for (int i = 0; i < shape.width(); i++) {
                    page.set(ValueLayout.JAVA_SHORT, offset + 2L * i, Weights.toBf16(row[i]));
                }
            }
        }
    }

    /** Reads {@code count} consecutive rows from a byte offset of a page as floats [count, width]. */
    static void load(MemorySegment page, long offset, CacheShape shape, int count, float[] to) {
        int values = count * shape.width();
        switch (shape.type()) {
            case F32 -> MemorySegment.copy(page, ValueLayout.JAVA_FLOAT, offset, to, 0, values);
            case BF16 -> {
                for (int i = 0; i < values; i++) {
                    to[i] = Float.intBitsToFloat(page.get(ValueLayout.JAVA_SHORT, offset + 2L * i) << 16);
                }
            }
        }
    }
}

package org.kimi4j.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.kimi4j.cache.CacheShape;
import org.kimi4j.config.KvType;

/**
 * Moving rows between floats and the cache's own type: the meaning of a row's encoding. {@link VectorCacheRows} reads the
 * same. An I8 row is the codes of the latent, then the scales of its blocks, then the rotated key.
 */
final class CacheRows {

    private static final int MAX_CODE = 127;

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
            case I8 -> storeI8(page, offset, shape, row);
        }
    }

    private static void storeI8(MemorySegment page, long offset, CacheShape shape, float[] row) {
        int latent = shape.latentDim();
        long scales = offset + latent;
        long rope = scales + 2L * KvType.blocks(latent);
        for (int from = 0; from < latent; from += KvType.BLOCK) {
            int end = Math.min(latent, from + KvType.BLOCK);
            float largest = 0;
            for (int i = from; i < end; i++) {
                largest = Math.max(largest, Math.abs(row[i]));
            }
            // Rounded before anything is divided by it. What is no number makes the whole block none.
            short bits = Weights.toBf16(Math.max(largest / MAX_CODE, Float.MIN_NORMAL));
            float scale = Float.intBitsToFloat(bits << 16);
            for (int i = from; i < end; i++) {
                int code = Math.clamp((int) Math.rint(row[i] / scale), -MAX_CODE, MAX_CODE);
                page.set(ValueLayout.JAVA_BYTE, offset + i, (byte) code);
            }
            page.set(Weights.SHORT, scales + 2L * (from / KvType.BLOCK), bits);
        }
        for (int i = 0; i < shape.ropeDim(); i++) {
            page.set(Weights.SHORT, rope + 2L * i, Weights.toBf16(row[latent + i]));
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
            case I8 -> {
                for (int p = 0; p < count; p++) {
                    loadI8(page, offset + (long) p * shape.rowBytes(), shape, to, p * shape.width(), 0);
                }
            }
        }
    }

    /** Reads one row from element {@code first} of its latent on. */
    static void loadI8(MemorySegment page, long offset, CacheShape shape, float[] to, int at, int first) {
        int latent = shape.latentDim();
        long scales = offset + latent;
        long rope = scales + 2L * KvType.blocks(latent);
        for (int i = first; i < latent; i++) {
            float scale = scale(page, scales, i / KvType.BLOCK);
            to[at + i] = page.get(ValueLayout.JAVA_BYTE, offset + i) * scale;
        }
        for (int i = 0; i < shape.ropeDim(); i++) {
            to[at + latent + i] = Float.intBitsToFloat(page.get(Weights.SHORT, rope + 2L * i) << 16);
        }
    }

    static float scale(MemorySegment page, long scales, int block) {
        return Float.intBitsToFloat(page.get(Weights.SHORT, scales + 2L * block) << 16);
    }
}

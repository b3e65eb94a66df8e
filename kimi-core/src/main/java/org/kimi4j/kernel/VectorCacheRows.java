package org.kimi4j.kernel;

import static org.kimi4j.kernel.Lanes.LE;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.kimi4j.cache.CacheShape;
import org.kimi4j.config.KvType;

/**
 * Reads cached rows as {@link CacheRows} does, to the bit: an 8-bit code times a bfloat16 is exact in a 32-bit float. Only
 * the codes are worth vectors, eight times as many as there are rotated values.
 */
final class VectorCacheRows {

    private static final int L = Lanes.COUNT;
    /** As many bytes as there are floats in a vector, but 64 bits at least. */
    private static final VectorSpecies<Byte> CODES = L == 16 ? ByteVector.SPECIES_128 : ByteVector.SPECIES_64;

    private static final int STEP = CODES.length();

    private VectorCacheRows() {}

    /** Reads {@code count} consecutive rows from a byte offset of a page as floats [count, width]. */
    static void load(MemorySegment page, long offset, CacheShape shape, int count, float[] to) {
        switch (shape.type()) {
            case F32 -> CacheRows.load(page, offset, shape, count, to);
            case BF16 -> loadBf16(page, offset, count * shape.width(), to);
            case I8 -> loadI8(page, offset, shape, count, to);
        }
    }

    private static void loadBf16(MemorySegment page, long offset, int values, float[] to) {
        int vectorized = values / L * L;
        for (int i = 0; i < vectorized; i += L) {
            ((IntVector) ShortVector.fromMemorySegment(Lanes.HALF_SHORT, page, offset + 2L * i, LE)
                            .convertShape(VectorOperators.S2I, Lanes.INT, 0))
                    .lanewise(VectorOperators.LSHL, 16)
                    .reinterpretAsFloats()
                    .intoArray(to, i);
        }
        for (int i = vectorized; i < values; i++) {
            to[i] = Float.intBitsToFloat(page.get(Weights.SHORT, offset + 2L * i) << 16);
        }
    }

    private static void loadI8(MemorySegment page, long offset, CacheShape shape, int count, float[] to) {
        int latent = shape.latentDim();
        int width = shape.width();
        int vectorized = latent / STEP * STEP;
        int rowBytes = shape.rowBytes();
        for (int p = 0; p < count; p++) {
            long row = offset + (long) p * rowBytes;
            int at = p * width;
            for (int i = 0; i < vectorized; i += STEP) {
                // A block of 64 is a multiple of STEP, so that one scale serves all of it.
                FloatVector scale =
                        FloatVector.broadcast(Lanes.FLOAT, CacheRows.scale(page, row + latent, i / KvType.BLOCK));
                ByteVector codes = ByteVector.fromMemorySegment(CODES, page, row + i, LE);
                ((FloatVector) codes.convertShape(VectorOperators.B2F, Lanes.FLOAT, 0))
                        .mul(scale)
                        .intoArray(to, at + i);
                if (L < STEP) {
                    ((FloatVector) codes.convertShape(VectorOperators.B2F, Lanes.FLOAT, 1))
                            .mul(scale)
                            .intoArray(to, at + i + L);
                }
            }
            CacheRows.loadI8(page, row, shape, to, at, vectorized);
        }
    }
}

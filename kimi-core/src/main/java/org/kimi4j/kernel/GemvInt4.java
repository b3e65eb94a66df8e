package org.kimi4j.kernel;

import static org.kimi4j.kernel.Lanes.LE;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import org.kimi4j.tensor.Matrix;

/**
 * Sums of INT4 weights times packed rows of floats, in place on the checkpoint's bytes. A load has 8 elements a lane; four lanes
 * hold a group of 32, so four loads need one vector of scales, spread anew for each.
 *
 * <p>Each method is one loop, as small as it can be. The compiler takes some 400 nodes for an operation on vectors; after 18,000 it
 * inlines what is left in an order of its own, and the further a loop goes beyond that, the sooner vectors of it become
 * objects in one JVM and not in another.
 */
final class GemvInt4 {

    private static final int L = Lanes.COUNT;
    private static final VectorShuffle<Float> SPREAD0 = spread(0);
    private static final VectorShuffle<Float> SPREAD1 = spread(1);
    private static final VectorShuffle<Float> SPREAD2 = spread(2);
    private static final VectorShuffle<Float> SPREAD3 = spread(3);
    /** The first of the nibbles of a word that are taken where they lie, and how many there are. */
    private static final int PLACE = 2;

    private static final int PLACES = 3;
    /** A vector for each place: its nibble, and the float that is 2^(23 - 4 place) with that nibble's bits zero. */
    private static final int[] MASKS = new int[PLACES * L];

    private static final int[] POWERS = new int[PLACES * L];

    static {
        for (int i = 0; i < PLACES; i++) {
            Arrays.fill(MASKS, i * L, (i + 1) * L, 15 << 4 * (PLACE + i));
            Arrays.fill(POWERS, i * L, (i + 1) * L, Float.floatToRawIntBits(power(i)));
        }
    }

    /** What a power and the offset of the nibbles take off for a scale of 1. */
    private static final float OFF0 = -power(0) - 8;

    private static final float OFF1 = -power(1) - 8;
    private static final float OFF2 = -power(2) - 8;

    private GemvInt4() {}

    private static float power(int place) {
        return 1 << 23 - 4 * (PLACE + place);
    }

    private static VectorShuffle<Float> spread(int load) {
        return VectorShuffle.fromOp(Lanes.FLOAT, lane -> load * (L / 4) + lane / 4);
    }

    /** Floats that {@link #floatRows} needs for the scales of a row of so many elements. */
    static int scratch(int cols) {
        return cols / 8;
    }

    /**
     * Leaves the running vectors of weight rows {@code from} to {@code to} and one packed row of floats in {@code lanes}, one
     * after the other: the sums of {@link WeightPanel} and {@link Gemm#row} without the way through memory.
     *
     * @param spread as many as {@link #scratch} says
     */
    static void floatRows(
            Matrix.Int4 matrix,
            int from,
            int to,
            ElementOrder order,
            float[] x,
            int xAt,
            float[] spread,
            float[] lanes,
            int lanesAt) {
        int vectorized = order.vectorized();
        Arrays.fill(lanes, lanesAt, lanesAt + (to - from) * L, 0);
        for (int o = from; o < to; o++) {
            long at = (long) o * matrix.cols() / 2;
            spread(matrix.scales(), at / 8, vectorized / 8, order.lanes, spread);
            for (int first = 0; first < vectorized; first += ElementOrder.SUPERBLOCK) {
                int chain = order.length(first) / ElementOrder.CHAINS;
                superblock(
                        matrix.packed(),
                        at + first / 2,
                        spread,
                        first / 8,
                        x,
                        xAt + first,
                        chain,
                        lanes,
                        lanesAt + (o - from) * L);
            }
        }
    }

    /** The scales of a row as floats, one for each lane of each load. */
    private static void spread(MemorySegment scales, long at, int count, int step, float[] spread) {
        for (int i = 0; i < count; i += 4 * step) {
            FloatVector scale = ((IntVector) ShortVector.fromMemorySegment(Lanes.HALF_SHORT, scales, at, LE)
                            .convertShape(VectorOperators.S2I, Lanes.INT, 0))
                    .lanewise(VectorOperators.LSHL, 16)
                    .reinterpretAsFloats();
            scale.rearrange(SPREAD0).intoArray(spread, i);
            scale.rearrange(SPREAD1).intoArray(spread, i + L);
            scale.rearrange(SPREAD2).intoArray(spread, i + 2 * L);
            scale.rearrange(SPREAD3).intoArray(spread, i + 3 * L);
            at += 2 * L;
        }
    }

    /**
     * Adds the four chains of a superblock to a running vector. A nibble becomes the last bits of a float that is a power of two
     * plus the nibble. That times a scale is exact, since a scale, below 2^112, has 8 bits and what is left of the fraction 16; so
     * is what is then taken off it for the power and the offset of 8. Two shifts bring the nibbles 0, 1 and 5, 6, 7 to those places.
     */
    private static void superblock(
            MemorySegment w,
            long at,
            float[] spread,
            int spreadAt,
            float[] x,
            int x0,
            int chain,
            float[] lanes,
            int lanesAt) {
        int x1 = x0 + chain;
        int x2 = x1 + chain;
        int x3 = x2 + chain;
        // From arrays, so that they stay in registers: constants are loaded at each use.
        IntVector mask0 = IntVector.fromArray(Lanes.INT, MASKS, 0);
        IntVector mask1 = IntVector.fromArray(Lanes.INT, MASKS, L);
        IntVector mask2 = IntVector.fromArray(Lanes.INT, MASKS, 2 * L);
        IntVector power0 = IntVector.fromArray(Lanes.INT, POWERS, 0);
        IntVector power1 = IntVector.fromArray(Lanes.INT, POWERS, L);
        IntVector power2 = IntVector.fromArray(Lanes.INT, POWERS, 2 * L);
        FloatVector a0 = FloatVector.zero(Lanes.FLOAT);
        FloatVector a1 = a0;
        FloatVector a2 = a0;
        FloatVector a3 = a0;
        int loads = chain / (2 * L);
        for (int n = 0; n < loads; n++) {
            int i = n * 2 * L;
            IntVector v = IntVector.fromMemorySegment(Lanes.INT, w, at + n * (4L * L), LE);
            FloatVector scale = FloatVector.fromArray(Lanes.FLOAT, spread, spreadAt + n * L);
            FloatVector off0 = scale.mul(OFF0);
            FloatVector off1 = scale.mul(OFF1);
            FloatVector off2 = scale.mul(OFF2);
            IntVector l = v.lanewise(VectorOperators.LSHL, 8);
            a0 = l.and(mask0)
                    .or(power0)
                    .reinterpretAsFloats()
                    .fma(scale, off0)
                    .fma(FloatVector.fromArray(Lanes.FLOAT, x, x0 + i), a0);
            a1 = l.and(mask1)
                    .or(power1)
                    .reinterpretAsFloats()
                    .fma(scale, off1)
                    .fma(FloatVector.fromArray(Lanes.FLOAT, x, x1 + i), a1);
            a2 = v.and(mask0)
                    .or(power0)
                    .reinterpretAsFloats()
                    .fma(scale, off0)
                    .fma(FloatVector.fromArray(Lanes.FLOAT, x, x2 + i), a2);
            a3 = v.and(mask1)
                    .or(power1)
                    .reinterpretAsFloats()
                    .fma(scale, off1)
                    .fma(FloatVector.fromArray(Lanes.FLOAT, x, x3 + i), a3);
            a0 = v.and(mask2)
                    .or(power2)
                    .reinterpretAsFloats()
                    .fma(scale, off2)
                    .fma(FloatVector.fromArray(Lanes.FLOAT, x, x0 + i + L), a0);
            IntVector h = v.lanewise(VectorOperators.LSHR, 12);
            a1 = h.and(mask0)
                    .or(power0)
                    .reinterpretAsFloats()
                    .fma(scale, off0)
                    .fma(FloatVector.fromArray(Lanes.FLOAT, x, x1 + i + L), a1);
            a2 = h.and(mask1)
                    .or(power1)
                    .reinterpretAsFloats()
                    .fma(scale, off1)
                    .fma(FloatVector.fromArray(Lanes.FLOAT, x, x2 + i + L), a2);
            a3 = h.and(mask2)
                    .or(power2)
                    .reinterpretAsFloats()
                    .fma(scale, off2)
                    .fma(FloatVector.fromArray(Lanes.FLOAT, x, x3 + i + L), a3);
        }
        FloatVector.fromArray(Lanes.FLOAT, lanes, lanesAt)
                .add(a0)
                .add(a1)
                .add(a2)
                .add(a3)
                .intoArray(lanes, lanesAt);
    }
}

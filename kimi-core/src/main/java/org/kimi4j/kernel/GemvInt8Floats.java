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
 * Sums of INT8 weights (bytes offset by 128), as exact floats, times packed rows; an int lane holds four elements. A weight is
 * (256 + byte) * scale - 384 * scale, exact as its 16 bits fit a float; scales below 2^118.
 */
final class GemvInt8Floats {

    private static final int L = Lanes.COUNT;
    /** A byte that was moved here and or-ed with {@link #F256} is the float 256 + byte, of which 384 is too much. */
    private static final int BYTE = 0x7f8000;

    private static final int F256 = 0x43800000;
    private static final float LOW = -384;
    /** Elements of as many loads as there are lanes in a group of 32. */
    private static final int STEP = 32 * L;

    /** Eight lanes hold the 32 elements of a group: load k has the groups k * L / 8 and following. */
    private static final VectorShuffle<Float> SPREAD0 = spread(0);

    private static final VectorShuffle<Float> SPREAD1 = spread(1);
    private static final VectorShuffle<Float> SPREAD2 = spread(2);
    private static final VectorShuffle<Float> SPREAD3 = spread(3);
    private static final VectorShuffle<Float> SPREAD4 = spread(4);
    private static final VectorShuffle<Float> SPREAD5 = spread(5);
    private static final VectorShuffle<Float> SPREAD6 = spread(6);
    private static final VectorShuffle<Float> SPREAD7 = spread(7);

    private GemvInt8Floats() {}

    private static VectorShuffle<Float> spread(int load) {
        return VectorShuffle.fromOp(Lanes.FLOAT, lane -> load * L / 8 + lane / 8);
    }

    /** Floats of {@link #rows}' scratch memory: the scales of a row, a vector for each load. */
    static int scratch(int cols) {
        return cols / 4;
    }

    /**
     * Leaves the running vectors of weight rows {@code from} to {@code to} and one packed row in {@code lanes}, one after the
     * other.
     *
     * @param scales scratch memory of {@link #scratch} floats
     */
    static void rows(
            Matrix.Int8 matrix,
            int from,
            int to,
            ElementOrder order,
            float[] x,
            int xAt,
            float[] scales,
            float[] lanes,
            int lanesAt) {
        int vectorized = order.vectorized();
        for (int o = from; o < to; o++) {
            int sumAt = lanesAt + (o - from) * L;
            spread(matrix, o, vectorized, scales, 0);
            Arrays.fill(lanes, sumAt, sumAt + L, 0);
            for (int first = 0; first < vectorized; first += ElementOrder.SUPERBLOCK) {
                int chain = order.length(first) / ElementOrder.CHAINS;
                for (int c = 0; c < ElementOrder.CHAINS; c++) {
                    long at = (long) o * matrix.cols() + first + 4 * L * c;
                    int scaleAt = first / 4 + L * c;
                    addChain(
                            matrix.packed(),
                            at,
                            x,
                            xAt + first + c * chain,
                            chain,
                            scales,
                            scaleAt,
                            lanes,
                            sumAt,
                            order);
                }
            }
        }
    }

    /**
     * Adds one chain of a superblock: every fourth load. The chains by turns in one loop would be four times the code, of which
     * the compiler gives up a part and leaves vectors as objects; a superblock's 4 KB stay in the first cache.
     */
    private static void addChain(
            MemorySegment w,
            long from,
            float[] x,
            int xAt,
            int length,
            float[] scales,
            int scalesFrom,
            float[] lanes,
            int sumAt,
            ElementOrder order) {
        FloatVector a = FloatVector.zero(Lanes.FLOAT);
        int step = 4 * order.lanes;
        long at = from;
        int scaleAt = scalesFrom;
        for (int i = xAt; i < xAt + length; i += step) {
            IntVector v = IntVector.fromMemorySegment(Lanes.INT, w, at, LE);
            FloatVector scale = FloatVector.fromArray(Lanes.FLOAT, scales, scaleAt);
            FloatVector low = scale.mul(LOW);
            a = v.lanewise(VectorOperators.LSHL, 15)
                    .and(BYTE)
                    .or(F256)
                    .reinterpretAsFloats()
                    .fma(scale, low)
                    .fma(FloatVector.fromArray(Lanes.FLOAT, x, i), a);
            a = v.lanewise(VectorOperators.LSHL, 7)
                    .and(BYTE)
                    .or(F256)
                    .reinterpretAsFloats()
                    .fma(scale, low)
                    .fma(FloatVector.fromArray(Lanes.FLOAT, x, i + L), a);
            a = v.lanewise(VectorOperators.LSHR, 1)
                    .and(BYTE)
                    .or(F256)
                    .reinterpretAsFloats()
                    .fma(scale, low)
                    .fma(FloatVector.fromArray(Lanes.FLOAT, x, i + 2 * L), a);
            a = v.lanewise(VectorOperators.LSHR, 9)
                    .and(BYTE)
                    .or(F256)
                    .reinterpretAsFloats()
                    .fma(scale, low)
                    .fma(FloatVector.fromArray(Lanes.FLOAT, x, i + 3 * L), a);
            at += 16 * L;
            scaleAt += 4 * L;
        }
        FloatVector.fromArray(Lanes.FLOAT, lanes, sumAt).add(a).intoArray(lanes, sumAt);
    }

    /** The scales of a row's vectorised elements, a vector for each load. */
    private static void spread(Matrix.Int8 matrix, int row, int vectorized, float[] to, int at) {
        MemorySegment scales = matrix.scales();
        long first = (long) row * matrix.cols();
        int shift = Integer.numberOfTrailingZeros(matrix.group());
        int i = 0;
        if (matrix.group() == Activations.GROUP) {
            for (; i <= vectorized - STEP; i += STEP) {
                FloatVector v = ((IntVector) ShortVector.fromMemorySegment(
                                        Lanes.HALF_SHORT, scales, (first + i) / Activations.GROUP * 2, LE)
                                .convertShape(VectorOperators.S2I, Lanes.INT, 0))
                        .lanewise(VectorOperators.LSHL, 16)
                        .reinterpretAsFloats();
                v.rearrange(SPREAD0).intoArray(to, at + i / 4);
                v.rearrange(SPREAD1).intoArray(to, at + i / 4 + 1 * L);
                v.rearrange(SPREAD2).intoArray(to, at + i / 4 + 2 * L);
                v.rearrange(SPREAD3).intoArray(to, at + i / 4 + 3 * L);
                v.rearrange(SPREAD4).intoArray(to, at + i / 4 + 4 * L);
                v.rearrange(SPREAD5).intoArray(to, at + i / 4 + 5 * L);
                v.rearrange(SPREAD6).intoArray(to, at + i / 4 + 6 * L);
                v.rearrange(SPREAD7).intoArray(to, at + i / 4 + 7 * L);
            }
        }
        for (; i < vectorized; i += 4) {
            to[at + i / 4] = Weights.bf16(scales, first + i >> shift);
        }
    }
}

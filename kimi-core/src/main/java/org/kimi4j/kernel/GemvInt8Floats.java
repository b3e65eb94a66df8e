package org.kimi4j.kernel;

import static org.kimi4j.kernel.Lanes.LE;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import org.kimi4j.tensor.Matrix;

/**
 * Sums of INT8 weights (bytes offset by 128), as exact floats, times packed rows; an int lane holds four elements. A weight is
 * (2^15 + byte) * scale - (2^15 + 128) * scale, exact as its 16 bits fit a float; scales below 2^112.
 */
final class GemvInt8Floats {

    private static final int L = Lanes.COUNT;
    /** A byte here, where the second one of a word already is, or-ed with the exponent is the float 2^23 + 256 * byte. */
    private static final int BYTE = 0xff00;

    private static final int EXPONENT = 0x4b000000;
    /** What scales are multiplied with, as the bytes are 256 times too large. */
    private static final float SCALE = 1f / 256;
    /** What is too much, of such a scale. */
    private static final float LOW = -256f * (32768 + 128);
    /**
     * The constants as vectors. Read into registers before a loop: what the compiler knows to be constant it would spread
     * anew for each use.
     */
    private static final int[] MASK = ints(BYTE);

    private static final int[] EXPONENTS = ints(EXPONENT);
    private static final float[] LOWS = floats(LOW);
    /** Eight lanes hold the 32 elements of a group. */
    private static final VectorShuffle<Float> SPREAD = VectorShuffle.fromOp(Lanes.FLOAT, lane -> lane / 8);

    private GemvInt8Floats() {}

    private static int[] ints(int value) {
        int[] lanes = new int[L];
        Arrays.fill(lanes, value);
        return lanes;
    }

    private static float[] floats(float value) {
        float[] lanes = new float[L];
        Arrays.fill(lanes, value);
        return lanes;
    }

    /** Floats of {@link #rows}' scratch memory: the scales of four rows. */
    static int scratch(int cols) {
        return 4 * GroupScales.stride(cols);
    }

    /**
     * Leaves the running vectors of weight rows {@code from} to {@code to} and one packed row in {@code lanes}, one after the
     * other. Four rows are taken at a time, each of another quarter: a core reads faster in four streams than in one, what
     * is read of the packed row serves four, and the sums of four do not wait for each other.
     *
     * @param scales scratch memory of {@link #scratch} floats
     */
    static void rows(
            Matrix.Int8 w,
            int from,
            int to,
            ElementOrder order,
            float[] x,
            int xAt,
            float[] scales,
            float[] lanes,
            int lanesAt) {
        int quarter = (to - from) / 4;
        int stride = GroupScales.stride(w.cols());
        for (int o = from; o < from + quarter; o++) {
            for (int r = 0; r < 4; r++) {
                GroupScales.times(w, o + r * quarter, order.vectorized(), SCALE, scales, r * stride);
            }
            fourRows(w, o, quarter, order, x, xAt, scales, lanes, lanesAt + (o - from) * L);
        }
        for (int o = from + 4 * quarter; o < to; o++) {
            GroupScales.times(w, o, order.vectorized(), SCALE, scales, 0);
            oneRow(w, o, order, x, xAt, scales, lanes, lanesAt + (o - from) * L);
        }
    }

    /** Row {@code o} and those that are one, two and three quarters further. */
    private static void fourRows(
            Matrix.Int8 matrix,
            int o,
            int quarter,
            ElementOrder order,
            float[] x,
            int xAt,
            float[] scales,
            float[] lanes,
            int lanesAt) {
        MemorySegment w = matrix.packed();
        IntVector mask = IntVector.fromArray(Lanes.INT, MASK, 0);
        IntVector exponent = IntVector.fromArray(Lanes.INT, EXPONENTS, 0);
        FloatVector low = FloatVector.fromArray(Lanes.FLOAT, LOWS, 0);
        // A step that the compiler does not know: it keeps the loads in the order of memory, in which they are faster.
        int step = 4 * order.lanes;
        int stride = GroupScales.stride(matrix.cols());
        long apart = (long) quarter * matrix.cols();
        long at = (long) o * matrix.cols();
        FloatVector aSum = FloatVector.zero(Lanes.FLOAT);
        FloatVector bSum = FloatVector.zero(Lanes.FLOAT);
        FloatVector cSum = FloatVector.zero(Lanes.FLOAT);
        FloatVector dSum = FloatVector.zero(Lanes.FLOAT);
        int vectorized = order.vectorized();
        for (int first = 0, end; first < vectorized; first = end) {
            end = order.endOfChain(first);
            FloatVector a = FloatVector.zero(Lanes.FLOAT);
            FloatVector b = FloatVector.zero(Lanes.FLOAT);
            FloatVector c = FloatVector.zero(Lanes.FLOAT);
            FloatVector d = FloatVector.zero(Lanes.FLOAT);
            for (int e = first; e < end; e += step) {
                FloatVector x0 = FloatVector.fromArray(Lanes.FLOAT, x, xAt + e);
                FloatVector x1 = FloatVector.fromArray(Lanes.FLOAT, x, xAt + e + L);
                FloatVector x2 = FloatVector.fromArray(Lanes.FLOAT, x, xAt + e + 2 * L);
                FloatVector x3 = FloatVector.fromArray(Lanes.FLOAT, x, xAt + e + 3 * L);
                int scaleAt = e >> GroupScales.SHIFT;
                IntVector av = IntVector.fromMemorySegment(Lanes.INT, w, at, LE);
                FloatVector as =
                        FloatVector.fromArray(Lanes.FLOAT, scales, scaleAt).rearrange(SPREAD);
                FloatVector alow = as.mul(low);
                a = av.lanewise(VectorOperators.LSHL, 8)
                        .and(mask)
                        .or(exponent)
                        .reinterpretAsFloats()
                        .fma(as, alow)
                        .fma(x0, a);
                a = av.and(mask)
                        .or(exponent)
                        .reinterpretAsFloats()
                        .fma(as, alow)
                        .fma(x1, a);
                a = av.lanewise(VectorOperators.LSHR, 8)
                        .and(mask)
                        .or(exponent)
                        .reinterpretAsFloats()
                        .fma(as, alow)
                        .fma(x2, a);
                a = av.lanewise(VectorOperators.LSHR, 16)
                        .and(mask)
                        .or(exponent)
                        .reinterpretAsFloats()
                        .fma(as, alow)
                        .fma(x3, a);
                IntVector bv = IntVector.fromMemorySegment(Lanes.INT, w, at + apart, LE);
                FloatVector bs = FloatVector.fromArray(Lanes.FLOAT, scales, scaleAt + stride)
                        .rearrange(SPREAD);
                FloatVector blow = bs.mul(low);
                b = bv.lanewise(VectorOperators.LSHL, 8)
                        .and(mask)
                        .or(exponent)
                        .reinterpretAsFloats()
                        .fma(bs, blow)
                        .fma(x0, b);
                b = bv.and(mask)
                        .or(exponent)
                        .reinterpretAsFloats()
                        .fma(bs, blow)
                        .fma(x1, b);
                b = bv.lanewise(VectorOperators.LSHR, 8)
                        .and(mask)
                        .or(exponent)
                        .reinterpretAsFloats()
                        .fma(bs, blow)
                        .fma(x2, b);
                b = bv.lanewise(VectorOperators.LSHR, 16)
                        .and(mask)
                        .or(exponent)
                        .reinterpretAsFloats()
                        .fma(bs, blow)
                        .fma(x3, b);
                IntVector cv = IntVector.fromMemorySegment(Lanes.INT, w, at + 2 * apart, LE);
                FloatVector cs = FloatVector.fromArray(Lanes.FLOAT, scales, scaleAt + 2 * stride)
                        .rearrange(SPREAD);
                FloatVector clow = cs.mul(low);
                c = cv.lanewise(VectorOperators.LSHL, 8)
                        .and(mask)
                        .or(exponent)
                        .reinterpretAsFloats()
                        .fma(cs, clow)
                        .fma(x0, c);
                c = cv.and(mask)
                        .or(exponent)
                        .reinterpretAsFloats()
                        .fma(cs, clow)
                        .fma(x1, c);
                c = cv.lanewise(VectorOperators.LSHR, 8)
                        .and(mask)
                        .or(exponent)
                        .reinterpretAsFloats()
                        .fma(cs, clow)
                        .fma(x2, c);
                c = cv.lanewise(VectorOperators.LSHR, 16)
                        .and(mask)
                        .or(exponent)
                        .reinterpretAsFloats()
                        .fma(cs, clow)
                        .fma(x3, c);
                IntVector dv = IntVector.fromMemorySegment(Lanes.INT, w, at + 3 * apart, LE);
                FloatVector ds = FloatVector.fromArray(Lanes.FLOAT, scales, scaleAt + 3 * stride)
                        .rearrange(SPREAD);
                FloatVector dlow = ds.mul(low);
                d = dv.lanewise(VectorOperators.LSHL, 8)
                        .and(mask)
                        .or(exponent)
                        .reinterpretAsFloats()
                        .fma(ds, dlow)
                        .fma(x0, d);
                d = dv.and(mask)
                        .or(exponent)
                        .reinterpretAsFloats()
                        .fma(ds, dlow)
                        .fma(x1, d);
                d = dv.lanewise(VectorOperators.LSHR, 8)
                        .and(mask)
                        .or(exponent)
                        .reinterpretAsFloats()
                        .fma(ds, dlow)
                        .fma(x2, d);
                d = dv.lanewise(VectorOperators.LSHR, 16)
                        .and(mask)
                        .or(exponent)
                        .reinterpretAsFloats()
                        .fma(ds, dlow)
                        .fma(x3, d);
                at += 4 * L;
            }
            aSum = aSum.add(a);
            bSum = bSum.add(b);
            cSum = cSum.add(c);
            dSum = dSum.add(d);
        }
        aSum.intoArray(lanes, lanesAt);
        bSum.intoArray(lanes, lanesAt + quarter * L);
        cSum.intoArray(lanes, lanesAt + 2 * quarter * L);
        dSum.intoArray(lanes, lanesAt + 3 * quarter * L);
    }

    /** As above, for a row without partners. */
    private static void oneRow(
            Matrix.Int8 matrix,
            int o,
            ElementOrder order,
            float[] x,
            int xAt,
            float[] scales,
            float[] lanes,
            int lanesAt) {
        MemorySegment w = matrix.packed();
        IntVector mask = IntVector.fromArray(Lanes.INT, MASK, 0);
        IntVector exponent = IntVector.fromArray(Lanes.INT, EXPONENTS, 0);
        FloatVector low = FloatVector.fromArray(Lanes.FLOAT, LOWS, 0);
        int step = 4 * order.lanes;
        long at = (long) o * matrix.cols();
        FloatVector sum = FloatVector.zero(Lanes.FLOAT);
        int vectorized = order.vectorized();
        for (int first = 0, end; first < vectorized; first = end) {
            end = order.endOfChain(first);
            FloatVector a = FloatVector.zero(Lanes.FLOAT);
            for (int e = first; e < end; e += step) {
                FloatVector x0 = FloatVector.fromArray(Lanes.FLOAT, x, xAt + e);
                FloatVector x1 = FloatVector.fromArray(Lanes.FLOAT, x, xAt + e + L);
                FloatVector x2 = FloatVector.fromArray(Lanes.FLOAT, x, xAt + e + 2 * L);
                FloatVector x3 = FloatVector.fromArray(Lanes.FLOAT, x, xAt + e + 3 * L);
                int scaleAt = e >> GroupScales.SHIFT;
                IntVector av = IntVector.fromMemorySegment(Lanes.INT, w, at, LE);
                FloatVector as =
                        FloatVector.fromArray(Lanes.FLOAT, scales, scaleAt).rearrange(SPREAD);
                FloatVector alow = as.mul(low);
                a = av.lanewise(VectorOperators.LSHL, 8)
                        .and(mask)
                        .or(exponent)
                        .reinterpretAsFloats()
                        .fma(as, alow)
                        .fma(x0, a);
                a = av.and(mask)
                        .or(exponent)
                        .reinterpretAsFloats()
                        .fma(as, alow)
                        .fma(x1, a);
                a = av.lanewise(VectorOperators.LSHR, 8)
                        .and(mask)
                        .or(exponent)
                        .reinterpretAsFloats()
                        .fma(as, alow)
                        .fma(x2, a);
                a = av.lanewise(VectorOperators.LSHR, 16)
                        .and(mask)
                        .or(exponent)
                        .reinterpretAsFloats()
                        .fma(as, alow)
                        .fma(x3, a);
                at += 4 * L;
            }
            sum = sum.add(a);
        }
        sum.intoArray(lanes, lanesAt);
    }
}

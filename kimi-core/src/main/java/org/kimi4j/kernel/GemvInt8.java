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
 * Sums of INT8 weights (bytes offset by 128) times rows of 8-bit activations, in place on the checkpoint's bytes. An int lane
 * holds four elements, whose integer sum is exact and meets its scale as a float; all of a row are one chain.
 */
final class GemvInt8 {

    private static final int L = Lanes.COUNT;
    /** Shorts of packed activations for the elements of a load: three vectors. */
    private static final int PACKED = 6 * L;
    /**
     * The lower byte of each short. Read into a register before a loop: what the compiler knows to be constant it would
     * spread anew for each use.
     */
    private static final int[] BYTES = bytes();
    /** Eight lanes hold the 32 elements of a group. */
    private static final VectorShuffle<Float> SPREAD = VectorShuffle.fromOp(Lanes.FLOAT, lane -> lane / 8);

    private GemvInt8() {}

    private static int[] bytes() {
        int[] bytes = new int[L];
        Arrays.fill(bytes, 0x00ff00ff);
        return bytes;
    }

    /** Elements of a row that {@link #rows} takes: whole loads of whole groups of 32. */
    static int vectorized(int cols) {
        return cols - cols % Math.max(Activations.GROUP, 4 * L);
    }

    /** Shorts of a packed row. */
    static int packedCols(int cols) {
        return cols / 2 * 3;
    }

    /** Floats of {@link #rows}' scratch memory: the scales of four rows. */
    static int scratch(int cols) {
        return 4 * GroupScales.stride(cols);
    }

    /**
     * Packs 8-bit activations for {@link #rows}: by load, the factors of whole shorts, those of their upper bytes, and what the
     * offset adds too much.
     *
     * <p>A short of two bytes a and b is a + 256 b, so what it adds too much for b is taken from b's own factor: all sums are
     * exact modulo 2^16, and two products of at most 128 * 127 fit 16 bits once the offset of both is gone.
     */
    static void pack(byte[] codes, int at, int vectorized, short[] packed, int packedAt) {
        int to = packedAt;
        for (int block = at; block < at + vectorized; block += 4 * L) {
            for (int c = block; c < block + 4 * L; c += 2) {
                packed[to] = codes[c];
                packed[to + 2 * L] = (short) (codes[c + 1] - (codes[c] << 8));
                packed[to + 4 * L] = (short) (-128 * (codes[c] + codes[c + 1]));
                to++;
            }
            to += 4 * L;
        }
    }

    /**
     * Leaves the running vectors of weight rows {@code from} to {@code to} and one row of 8-bit activations in
     * {@code lanes}, one after the other. Four rows are taken at a time, each of another quarter: a core reads faster in four
     * streams than in one, and what is read of the activations serves four.
     *
     * @param vectorized as {@link #vectorized} says
     * @param x activations packed by {@link #pack}
     * @param scales scratch memory of {@link #scratch} floats
     */
    static void rows(
            Matrix.Int8 w,
            int from,
            int to,
            ElementOrder order,
            int vectorized,
            IntegerRow x,
            float[] scales,
            float[] lanes,
            int lanesAt) {
        int quarter = (to - from) / 4;
        int stride = GroupScales.stride(w.cols());
        for (int o = from; o < from + quarter; o++) {
            for (int r = 0; r < 4; r++) {
                GroupScales.times(w, o + r * quarter, vectorized, x.scales, x.groupAt, scales, r * stride);
            }
            fourRows(w, o, quarter, order, vectorized, x, scales, lanes, lanesAt + (o - from) * L);
        }
        for (int o = from + 4 * quarter; o < to; o++) {
            GroupScales.times(w, o, vectorized, x.scales, x.groupAt, scales, 0);
            oneRow(w, o, order, vectorized, x, scales, lanes, lanesAt + (o - from) * L);
        }
    }

    /** Row {@code o} and those that are one, two and three quarters further. */
    private static void fourRows(
            Matrix.Int8 matrix,
            int o,
            int quarter,
            ElementOrder order,
            int vectorized,
            IntegerRow x,
            float[] scales,
            float[] lanes,
            int lanesAt) {
        MemorySegment w = matrix.packed();
        short[] codes = x.codes;
        int i = x.codeAt;
        IntVector bytes = IntVector.fromArray(Lanes.INT, BYTES, 0);
        // A step that the compiler does not know: it keeps the loads in the order of memory, in which they are faster.
        int step = 4 * order.lanes;
        int stride = GroupScales.stride(matrix.cols());
        long apart = (long) quarter * matrix.cols();
        long at = (long) o * matrix.cols();
        FloatVector a = FloatVector.zero(Lanes.FLOAT);
        FloatVector b = FloatVector.zero(Lanes.FLOAT);
        FloatVector c = FloatVector.zero(Lanes.FLOAT);
        FloatVector d = FloatVector.zero(Lanes.FLOAT);
        for (int e = 0; e < vectorized; e += step) {
            ShortVector low = ShortVector.fromArray(Lanes.SHORT, codes, i);
            ShortVector high = ShortVector.fromArray(Lanes.SHORT, codes, i + 2 * L);
            ShortVector offset = ShortVector.fromArray(Lanes.SHORT, codes, i + 4 * L);
            int scaleAt = e >> GroupScales.SHIFT;
            IntVector av = IntVector.fromMemorySegment(Lanes.INT, w, at, LE);
            IntVector as = av.reinterpretAsShorts()
                    .mul(low)
                    .add(av.lanewise(VectorOperators.LSHR, 8)
                            .and(bytes)
                            .reinterpretAsShorts()
                            .mul(high))
                    .add(offset)
                    .reinterpretAsInts();
            a = ((FloatVector) as.lanewise(VectorOperators.LSHL, 16)
                            .lanewise(VectorOperators.ASHR, 16)
                            .add(as.lanewise(VectorOperators.ASHR, 16))
                            .convertShape(VectorOperators.I2F, Lanes.FLOAT, 0))
                    .fma(FloatVector.fromArray(Lanes.FLOAT, scales, scaleAt).rearrange(SPREAD), a);
            IntVector bv = IntVector.fromMemorySegment(Lanes.INT, w, at + apart, LE);
            IntVector bs = bv.reinterpretAsShorts()
                    .mul(low)
                    .add(bv.lanewise(VectorOperators.LSHR, 8)
                            .and(bytes)
                            .reinterpretAsShorts()
                            .mul(high))
                    .add(offset)
                    .reinterpretAsInts();
            b = ((FloatVector) bs.lanewise(VectorOperators.LSHL, 16)
                            .lanewise(VectorOperators.ASHR, 16)
                            .add(bs.lanewise(VectorOperators.ASHR, 16))
                            .convertShape(VectorOperators.I2F, Lanes.FLOAT, 0))
                    .fma(
                            FloatVector.fromArray(Lanes.FLOAT, scales, scaleAt + stride)
                                    .rearrange(SPREAD),
                            b);
            IntVector cv = IntVector.fromMemorySegment(Lanes.INT, w, at + 2 * apart, LE);
            IntVector cs = cv.reinterpretAsShorts()
                    .mul(low)
                    .add(cv.lanewise(VectorOperators.LSHR, 8)
                            .and(bytes)
                            .reinterpretAsShorts()
                            .mul(high))
                    .add(offset)
                    .reinterpretAsInts();
            c = ((FloatVector) cs.lanewise(VectorOperators.LSHL, 16)
                            .lanewise(VectorOperators.ASHR, 16)
                            .add(cs.lanewise(VectorOperators.ASHR, 16))
                            .convertShape(VectorOperators.I2F, Lanes.FLOAT, 0))
                    .fma(
                            FloatVector.fromArray(Lanes.FLOAT, scales, scaleAt + 2 * stride)
                                    .rearrange(SPREAD),
                            c);
            IntVector dv = IntVector.fromMemorySegment(Lanes.INT, w, at + 3 * apart, LE);
            IntVector ds = dv.reinterpretAsShorts()
                    .mul(low)
                    .add(dv.lanewise(VectorOperators.LSHR, 8)
                            .and(bytes)
                            .reinterpretAsShorts()
                            .mul(high))
                    .add(offset)
                    .reinterpretAsInts();
            d = ((FloatVector) ds.lanewise(VectorOperators.LSHL, 16)
                            .lanewise(VectorOperators.ASHR, 16)
                            .add(ds.lanewise(VectorOperators.ASHR, 16))
                            .convertShape(VectorOperators.I2F, Lanes.FLOAT, 0))
                    .fma(
                            FloatVector.fromArray(Lanes.FLOAT, scales, scaleAt + 3 * stride)
                                    .rearrange(SPREAD),
                            d);
            at += 4 * L;
            i += PACKED;
        }
        a.intoArray(lanes, lanesAt);
        b.intoArray(lanes, lanesAt + quarter * L);
        c.intoArray(lanes, lanesAt + 2 * quarter * L);
        d.intoArray(lanes, lanesAt + 3 * quarter * L);
    }

    /** As above, for a row without partners. */
    private static void oneRow(
            Matrix.Int8 matrix,
            int o,
            ElementOrder order,
            int vectorized,
            IntegerRow x,
            float[] scales,
            float[] lanes,
            int lanesAt) {
        MemorySegment w = matrix.packed();
        short[] codes = x.codes;
        int i = x.codeAt;
        IntVector bytes = IntVector.fromArray(Lanes.INT, BYTES, 0);
        int step = 4 * order.lanes;
        long at = (long) o * matrix.cols();
        FloatVector a = FloatVector.zero(Lanes.FLOAT);
        for (int e = 0; e < vectorized; e += step) {
            ShortVector low = ShortVector.fromArray(Lanes.SHORT, codes, i);
            ShortVector high = ShortVector.fromArray(Lanes.SHORT, codes, i + 2 * L);
            ShortVector offset = ShortVector.fromArray(Lanes.SHORT, codes, i + 4 * L);
            int scaleAt = e >> GroupScales.SHIFT;
            IntVector av = IntVector.fromMemorySegment(Lanes.INT, w, at, LE);
            IntVector as = av.reinterpretAsShorts()
                    .mul(low)
                    .add(av.lanewise(VectorOperators.LSHR, 8)
                            .and(bytes)
                            .reinterpretAsShorts()
                            .mul(high))
                    .add(offset)
                    .reinterpretAsInts();
            a = ((FloatVector) as.lanewise(VectorOperators.LSHL, 16)
                            .lanewise(VectorOperators.ASHR, 16)
                            .add(as.lanewise(VectorOperators.ASHR, 16))
                            .convertShape(VectorOperators.I2F, Lanes.FLOAT, 0))
                    .fma(FloatVector.fromArray(Lanes.FLOAT, scales, scaleAt).rearrange(SPREAD), a);
            at += 4 * L;
            i += PACKED;
        }
        a.intoArray(lanes, lanesAt);
    }
}

package org.kimi4j.kernel;

import static org.kimi4j.kernel.Lanes.LE;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import org.kimi4j.tensor.Matrix;

/**
 * Sums of INT4 weights times rows of 8-bit activations, in place on the checkpoint's bytes: integers within each group of
 * 32, which is exact, and then floats. A step is four loads of 8 elements a lane. Four lanes hold a group, so a step has as
 * many groups as there are lanes: what the four lanes of a group hold is added up until each group has one lane.
 */
final class IntegerGemvInt4 {

    private static final int L = Lanes.COUNT;
    private static final VectorMask<Short> ODD = lanes(1);
    private static final VectorMask<Short> UPPER = lanes(2);
    /** Of ints: without AVX-512, shorts take six instructions to change places. */
    private static final VectorShuffle<Integer> SWAP1 = VectorShuffle.fromOp(Lanes.INT, lane -> lane ^ 1);

    private static final VectorShuffle<Integer> SWAP2 = VectorShuffle.fromOp(Lanes.INT, lane -> lane ^ 2);
    /** Where the groups of a step end up: see {@link #group}. */
    private static final VectorShuffle<Float> GROUPS = VectorShuffle.fromOp(Lanes.FLOAT, IntegerGemvInt4::group);

    private IntegerGemvInt4() {}

    private static VectorMask<Short> lanes(int bit) {
        boolean[] set = new boolean[2 * L];
        for (int lane = 0; lane < 2 * L; lane++) {
            set[lane] = (lane / 2 & bit) != 0;
        }
        return VectorMask.fromArray(Lanes.SHORT, set, 0);
    }

    /** The group of a step that a lane has in the end: that of a load, which are taken by turns. */
    private static int group(int lane) {
        return lane % 4 * (L / 4) + lane / 4;
    }

    /**
     * Packs 8-bit activations for {@link #rows}: by load, by shift, by short.
     *
     * <p>A weight short holds four nibbles, and a shift that brings one down leaves those above it in place. Instead of
     * masking them off, what they add is taken from the factors that they meet next: all sums are exact modulo 2^16, and so
     * is the whole sum of a group. So the factors of nibbles 0 to 3 are x0, x1 - 16 x0, x2 - 16 x1 and x3 - 16 x2.
     *
     * @param sums of each group's integers, at {@code sumAt}
     * @param offsets receives at {@code sumAt} what the offset of 8 in the nibbles adds too much, in the upper 16 bits and
     *     in the order in which {@link #rows} has the groups of a step
     */
    static void pack(
            byte[] codes,
            int at,
            int vectorized,
            short[] packed,
            int packedAt,
            float[] sums,
            int sumAt,
            int[] offsets) {
        for (int block = 0; block < vectorized; block += 8 * L) {
            for (int lane = 0; lane < 2 * L; lane++) {
                int to = packedAt + block + lane;
                int c = at + block + 4 * lane;
                packed[to] = codes[c];
                packed[to + 2 * L] = (short) (codes[c + 1] - (codes[c] << 4));
                packed[to + 4 * L] = (short) (codes[c + 2] - (codes[c + 1] << 4));
                packed[to + 6 * L] = (short) (codes[c + 3] - (codes[c + 2] << 4));
            }
        }
        for (int step = 0; step < vectorized / Activations.GROUP; step += L) {
            for (int lane = 0; lane < L; lane++) {
                offsets[sumAt + step + lane] = (int) sums[sumAt + step + group(lane)] * -8 << 16;
            }
        }
    }

    /**
     * Leaves the running vectors of weight rows {@code from} to {@code to} and one row of 8-bit activations in
     * {@code lanes}, one after the other. Two rows are taken at a time, one of either half: a core reads faster in two streams
     * than in one, and what is read of the activations serves two.
     *
     * <p>The products of a word's 8 nibbles are summed in its two shorts; lanes of two loads are added by blends, so that what
     * follows is done for four loads at once. A group's whole sum less its offset fits 16 bits. Weights are vectors of shorts
     * until then, as each change of kind is 400 nodes more to the compiler: see {@link GemvInt4}.
     *
     * @param x activations packed by {@link #pack}
     */
    static void rows(
            Matrix.Int4 matrix, int from, int to, ElementOrder order, IntegerRow x, float[] lanes, int lanesAt) {
        int half = (to - from) / 2;
        twoRows(matrix, from, half, order, x, lanes, lanesAt);
        if (from + 2 * half < to) {
            lastRow(matrix, to - 1, order, x, lanes, lanesAt + 2 * half * L);
        }
    }

    /** Rows {@code from} to {@code from + half}, and with each the one that is half further. */
    private static void twoRows(
            Matrix.Int4 matrix, int from, int half, ElementOrder order, IntegerRow x, float[] lanes, int lanesAt) {
        MemorySegment w = matrix.packed();
        MemorySegment scales = matrix.scales();
        // The compiler learns the class of both here, once and from what this method has seen. Otherwise it asks
        // at each load, by what all loads of the JVM have seen, and may leave a call in the loop.
        w.byteSize();
        scales.byteSize();
        short[] codes = x.codes;
        float[] xScales = x.scales;
        int[] xOffsets = x.offsets;
        int codeAt = x.codeAt;
        int groupAt = x.groupAt;
        int groups = order.vectorized() / Activations.GROUP;
        // A step that the compiler does not know: it keeps the loads in the order of memory, in which they are faster.
        int step = order.lanes;
        long apart = (long) half * matrix.cols() / 2;
        long scalesApart = apart / 8;
        for (int o = from; o < from + half; o++) {
            long at = (long) o * matrix.cols() / 2;
            long scaleAt = at / 8;
            int i = codeAt;
            int a = lanesAt + (o - from) * L;
            int b = a + half * L;
            FloatVector ar = FloatVector.zero(Lanes.FLOAT);
            FloatVector br = ar;
            for (int g = 0; g < groups; g += step) {
                ShortVector x0 = ShortVector.fromArray(Lanes.SHORT, codes, i);
                ShortVector x1 = ShortVector.fromArray(Lanes.SHORT, codes, i + 2 * L);
                ShortVector x2 = ShortVector.fromArray(Lanes.SHORT, codes, i + 4 * L);
                ShortVector x3 = ShortVector.fromArray(Lanes.SHORT, codes, i + 6 * L);
                ShortVector a0 = ShortVector.fromMemorySegment(Lanes.SHORT, w, at, LE);
                ShortVector as0 = a0.mul(x0)
                        .add(a0.lanewise(VectorOperators.LSHR, 4).mul(x1))
                        .add(a0.lanewise(VectorOperators.LSHR, 8).mul(x2))
                        .add(a0.lanewise(VectorOperators.LSHR, 12).mul(x3));
                ShortVector b0 = ShortVector.fromMemorySegment(Lanes.SHORT, w, at + apart, LE);
                ShortVector bs0 = b0.mul(x0)
                        .add(b0.lanewise(VectorOperators.LSHR, 4).mul(x1))
                        .add(b0.lanewise(VectorOperators.LSHR, 8).mul(x2))
                        .add(b0.lanewise(VectorOperators.LSHR, 12).mul(x3));
                ShortVector x4 = ShortVector.fromArray(Lanes.SHORT, codes, i + 8 * L);
                ShortVector x5 = ShortVector.fromArray(Lanes.SHORT, codes, i + 10 * L);
                ShortVector x6 = ShortVector.fromArray(Lanes.SHORT, codes, i + 12 * L);
                ShortVector x7 = ShortVector.fromArray(Lanes.SHORT, codes, i + 14 * L);
                ShortVector a1 = ShortVector.fromMemorySegment(Lanes.SHORT, w, at + 4 * L, LE);
                ShortVector as1 = a1.mul(x4)
                        .add(a1.lanewise(VectorOperators.LSHR, 4).mul(x5))
                        .add(a1.lanewise(VectorOperators.LSHR, 8).mul(x6))
                        .add(a1.lanewise(VectorOperators.LSHR, 12).mul(x7));
                ShortVector at0 = as0.blend(as1, ODD)
                        .add(as1.blend(as0, ODD)
                                .reinterpretAsInts()
                                .rearrange(SWAP1)
                                .reinterpretAsShorts());

                ShortVector b1 = ShortVector.fromMemorySegment(Lanes.SHORT, w, at + 4 * L + apart, LE);
                ShortVector bs1 = b1.mul(x4)
                        .add(b1.lanewise(VectorOperators.LSHR, 4).mul(x5))
                        .add(b1.lanewise(VectorOperators.LSHR, 8).mul(x6))
                        .add(b1.lanewise(VectorOperators.LSHR, 12).mul(x7));
                ShortVector bt0 = bs0.blend(bs1, ODD)
                        .add(bs1.blend(bs0, ODD)
                                .reinterpretAsInts()
                                .rearrange(SWAP1)
                                .reinterpretAsShorts());

                ShortVector x8 = ShortVector.fromArray(Lanes.SHORT, codes, i + 16 * L);
                ShortVector x9 = ShortVector.fromArray(Lanes.SHORT, codes, i + 18 * L);
                ShortVector x10 = ShortVector.fromArray(Lanes.SHORT, codes, i + 20 * L);
                ShortVector x11 = ShortVector.fromArray(Lanes.SHORT, codes, i + 22 * L);
                ShortVector a2 = ShortVector.fromMemorySegment(Lanes.SHORT, w, at + 8 * L, LE);
                ShortVector as2 = a2.mul(x8)
                        .add(a2.lanewise(VectorOperators.LSHR, 4).mul(x9))
                        .add(a2.lanewise(VectorOperators.LSHR, 8).mul(x10))
                        .add(a2.lanewise(VectorOperators.LSHR, 12).mul(x11));
                ShortVector b2 = ShortVector.fromMemorySegment(Lanes.SHORT, w, at + 8 * L + apart, LE);
                ShortVector bs2 = b2.mul(x8)
                        .add(b2.lanewise(VectorOperators.LSHR, 4).mul(x9))
                        .add(b2.lanewise(VectorOperators.LSHR, 8).mul(x10))
                        .add(b2.lanewise(VectorOperators.LSHR, 12).mul(x11));
                ShortVector x12 = ShortVector.fromArray(Lanes.SHORT, codes, i + 24 * L);
                ShortVector x13 = ShortVector.fromArray(Lanes.SHORT, codes, i + 26 * L);
                ShortVector x14 = ShortVector.fromArray(Lanes.SHORT, codes, i + 28 * L);
                ShortVector x15 = ShortVector.fromArray(Lanes.SHORT, codes, i + 30 * L);
                ShortVector a3 = ShortVector.fromMemorySegment(Lanes.SHORT, w, at + 12 * L, LE);
                ShortVector as3 = a3.mul(x12)
                        .add(a3.lanewise(VectorOperators.LSHR, 4).mul(x13))
                        .add(a3.lanewise(VectorOperators.LSHR, 8).mul(x14))
                        .add(a3.lanewise(VectorOperators.LSHR, 12).mul(x15));
                ShortVector at1 = as2.blend(as3, ODD)
                        .add(as3.blend(as2, ODD)
                                .reinterpretAsInts()
                                .rearrange(SWAP1)
                                .reinterpretAsShorts());

                IntVector ag = (at0.blend(at1, UPPER)
                                .add(at1.blend(at0, UPPER)
                                        .reinterpretAsInts()
                                        .rearrange(SWAP2)
                                        .reinterpretAsShorts()))
                        .reinterpretAsInts();

                FloatVector ac = ((IntVector) ShortVector.fromMemorySegment(Lanes.HALF_SHORT, scales, scaleAt, LE)
                                .convertShape(VectorOperators.S2I, Lanes.INT, 0))
                        .lanewise(VectorOperators.LSHL, 16)
                        .reinterpretAsFloats()
                        .mul(FloatVector.fromArray(Lanes.FLOAT, xScales, groupAt + g));
                ar = ((FloatVector) ag.lanewise(VectorOperators.LSHL, 16)
                                .add(ag)
                                .add(IntVector.fromArray(Lanes.INT, xOffsets, groupAt + g))
                                .lanewise(VectorOperators.ASHR, 16)
                                .convertShape(VectorOperators.I2F, Lanes.FLOAT, 0))
                        .fma(ac.rearrange(GROUPS), ar);
                ShortVector b3 = ShortVector.fromMemorySegment(Lanes.SHORT, w, at + 12 * L + apart, LE);
                ShortVector bs3 = b3.mul(x12)
                        .add(b3.lanewise(VectorOperators.LSHR, 4).mul(x13))
                        .add(b3.lanewise(VectorOperators.LSHR, 8).mul(x14))
                        .add(b3.lanewise(VectorOperators.LSHR, 12).mul(x15));
                ShortVector bt1 = bs2.blend(bs3, ODD)
                        .add(bs3.blend(bs2, ODD)
                                .reinterpretAsInts()
                                .rearrange(SWAP1)
                                .reinterpretAsShorts());

                IntVector bg = (bt0.blend(bt1, UPPER)
                                .add(bt1.blend(bt0, UPPER)
                                        .reinterpretAsInts()
                                        .rearrange(SWAP2)
                                        .reinterpretAsShorts()))
                        .reinterpretAsInts();

                FloatVector bc = ((IntVector)
                                ShortVector.fromMemorySegment(Lanes.HALF_SHORT, scales, scaleAt + scalesApart, LE)
                                        .convertShape(VectorOperators.S2I, Lanes.INT, 0))
                        .lanewise(VectorOperators.LSHL, 16)
                        .reinterpretAsFloats()
                        .mul(FloatVector.fromArray(Lanes.FLOAT, xScales, groupAt + g));
                br = ((FloatVector) bg.lanewise(VectorOperators.LSHL, 16)
                                .add(bg)
                                .add(IntVector.fromArray(Lanes.INT, xOffsets, groupAt + g))
                                .lanewise(VectorOperators.ASHR, 16)
                                .convertShape(VectorOperators.I2F, Lanes.FLOAT, 0))
                        .fma(bc.rearrange(GROUPS), br);
                at += 16 * L;
                scaleAt += 2 * L;
                i += 32 * L;
            }
            ar.intoArray(lanes, a);
            br.intoArray(lanes, b);
        }
    }

    /** As above, for the row without a partner. */
    private static void lastRow(
            Matrix.Int4 matrix, int row, ElementOrder order, IntegerRow x, float[] lanes, int lanesAt) {
        MemorySegment w = matrix.packed();
        MemorySegment scales = matrix.scales();
        w.byteSize(); // as above
        scales.byteSize();
        short[] codes = x.codes;
        float[] xScales = x.scales;
        int[] xOffsets = x.offsets;
        int codeAt = x.codeAt;
        int groupAt = x.groupAt;
        int groups = order.vectorized() / Activations.GROUP;
        int step = order.lanes;
        long at = (long) row * matrix.cols() / 2;
        long scaleAt = at / 8;
        int i = codeAt;
        Arrays.fill(lanes, lanesAt, lanesAt + L, 0);
        for (int g = 0; g < groups; g += step) {
            ShortVector x0 = ShortVector.fromArray(Lanes.SHORT, codes, i);
            ShortVector x1 = ShortVector.fromArray(Lanes.SHORT, codes, i + 2 * L);
            ShortVector x2 = ShortVector.fromArray(Lanes.SHORT, codes, i + 4 * L);
            ShortVector x3 = ShortVector.fromArray(Lanes.SHORT, codes, i + 6 * L);
            ShortVector a0 = ShortVector.fromMemorySegment(Lanes.SHORT, w, at, LE);
            ShortVector as0 = a0.mul(x0)
                    .add(a0.lanewise(VectorOperators.LSHR, 4).mul(x1))
                    .add(a0.lanewise(VectorOperators.LSHR, 8).mul(x2))
                    .add(a0.lanewise(VectorOperators.LSHR, 12).mul(x3));
            ShortVector x4 = ShortVector.fromArray(Lanes.SHORT, codes, i + 8 * L);
            ShortVector x5 = ShortVector.fromArray(Lanes.SHORT, codes, i + 10 * L);
            ShortVector x6 = ShortVector.fromArray(Lanes.SHORT, codes, i + 12 * L);
            ShortVector x7 = ShortVector.fromArray(Lanes.SHORT, codes, i + 14 * L);
            ShortVector a1 = ShortVector.fromMemorySegment(Lanes.SHORT, w, at + 4 * L, LE);
            ShortVector as1 = a1.mul(x4)
                    .add(a1.lanewise(VectorOperators.LSHR, 4).mul(x5))
                    .add(a1.lanewise(VectorOperators.LSHR, 8).mul(x6))
                    .add(a1.lanewise(VectorOperators.LSHR, 12).mul(x7));
            ShortVector at0 = as0.blend(as1, ODD)
                    .add(as1.blend(as0, ODD)
                            .reinterpretAsInts()
                            .rearrange(SWAP1)
                            .reinterpretAsShorts());

            ShortVector x8 = ShortVector.fromArray(Lanes.SHORT, codes, i + 16 * L);
            ShortVector x9 = ShortVector.fromArray(Lanes.SHORT, codes, i + 18 * L);
            ShortVector x10 = ShortVector.fromArray(Lanes.SHORT, codes, i + 20 * L);
            ShortVector x11 = ShortVector.fromArray(Lanes.SHORT, codes, i + 22 * L);
            ShortVector a2 = ShortVector.fromMemorySegment(Lanes.SHORT, w, at + 8 * L, LE);
            ShortVector as2 = a2.mul(x8)
                    .add(a2.lanewise(VectorOperators.LSHR, 4).mul(x9))
                    .add(a2.lanewise(VectorOperators.LSHR, 8).mul(x10))
                    .add(a2.lanewise(VectorOperators.LSHR, 12).mul(x11));
            ShortVector x12 = ShortVector.fromArray(Lanes.SHORT, codes, i + 24 * L);
            ShortVector x13 = ShortVector.fromArray(Lanes.SHORT, codes, i + 26 * L);
            ShortVector x14 = ShortVector.fromArray(Lanes.SHORT, codes, i + 28 * L);
            ShortVector x15 = ShortVector.fromArray(Lanes.SHORT, codes, i + 30 * L);
            ShortVector a3 = ShortVector.fromMemorySegment(Lanes.SHORT, w, at + 12 * L, LE);
            ShortVector as3 = a3.mul(x12)
                    .add(a3.lanewise(VectorOperators.LSHR, 4).mul(x13))
                    .add(a3.lanewise(VectorOperators.LSHR, 8).mul(x14))
                    .add(a3.lanewise(VectorOperators.LSHR, 12).mul(x15));
            ShortVector at1 = as2.blend(as3, ODD)
                    .add(as3.blend(as2, ODD)
                            .reinterpretAsInts()
                            .rearrange(SWAP1)
                            .reinterpretAsShorts());

            IntVector ag = (at0.blend(at1, UPPER)
                            .add(at1.blend(at0, UPPER)
                                    .reinterpretAsInts()
                                    .rearrange(SWAP2)
                                    .reinterpretAsShorts()))
                    .reinterpretAsInts();

            FloatVector ac = ((IntVector) ShortVector.fromMemorySegment(Lanes.HALF_SHORT, scales, scaleAt, LE)
                            .convertShape(VectorOperators.S2I, Lanes.INT, 0))
                    .lanewise(VectorOperators.LSHL, 16)
                    .reinterpretAsFloats()
                    .mul(FloatVector.fromArray(Lanes.FLOAT, xScales, groupAt + g));
            ((FloatVector) ag.lanewise(VectorOperators.LSHL, 16)
                            .add(ag)
                            .add(IntVector.fromArray(Lanes.INT, xOffsets, groupAt + g))
                            .lanewise(VectorOperators.ASHR, 16)
                            .convertShape(VectorOperators.I2F, Lanes.FLOAT, 0))
                    .fma(ac.rearrange(GROUPS), FloatVector.fromArray(Lanes.FLOAT, lanes, lanesAt))
                    .intoArray(lanes, lanesAt);
            at += 16 * L;
            scaleAt += 2 * L;
            i += 32 * L;
        }
    }
}

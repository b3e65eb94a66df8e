package org.kimi4j.kernel;

import static org.kimi4j.kernel.Lanes.LE;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import org.kimi4j.tensor.Matrix;

/**
 * Sums of INT4 weights times packed rows, in place on the checkpoint's bytes. A step is four loads of 8 elements a lane
 * and has one scale for each lane's worth of groups, so one vector of scales serves it, spread anew for each load.
 */
final class GemvInt4 {

    private static final int L = Lanes.COUNT;
    /** Four lanes hold the 32 elements of a group: load j of a step has the groups j * L / 4 and following. */
    private static final VectorShuffle<Float> SPREAD0 = spread(0);

    private static final VectorShuffle<Float> SPREAD1 = spread(1);
    private static final VectorShuffle<Float> SPREAD2 = spread(2);
    private static final VectorShuffle<Float> SPREAD3 = spread(3);
    /** Or-ed under a small integer this is the float 2^23 + integer. */
    private static final int TWO_23 = 0x4b000000;

    private static final float TWO_23_PLUS_8 = 8388616f;

    private GemvInt4() {}

    private static VectorShuffle<Float> spread(int load) {
        return VectorShuffle.fromOp(Lanes.FLOAT, lane -> load * (L / 4) + lane / 4);
    }

    /** Unpacks the vectorised elements of one superblock of a weight row into the packed order, as exact floats. */
    static void unpack(
            MemorySegment w,
            long offset,
            MemorySegment scales,
            long scaleOffset,
            int length,
            float[] to,
            int at,
            int vectorStride) {
        int chain = length / (ElementOrder.CHAINS * L);
        for (int i = 0; i < chain; i += 8) {
            FloatVector sc = ((IntVector)
                            ShortVector.fromMemorySegment(Lanes.HALF_SHORT, scales, scaleOffset + L / 4 * i, LE)
                                    .convertShape(VectorOperators.S2I, Lanes.INT, 0))
                    .lanewise(VectorOperators.LSHL, 16)
                    .reinterpretAsFloats();
            long byteAt = offset + 2L * L * i;
            int into = at + i * vectorStride;
            IntVector v0 = IntVector.fromMemorySegment(Lanes.INT, w, byteAt, LE);
            FloatVector scale0 = sc.rearrange(SPREAD0);
            int to0 = into;
            v0.and(15)
                    .or(TWO_23)
                    .reinterpretAsFloats()
                    .sub(TWO_23_PLUS_8)
                    .mul(scale0)
                    .intoArray(to, to0);
            v0.lanewise(VectorOperators.LSHR, 4)
                    .and(15)
                    .or(TWO_23)
                    .reinterpretAsFloats()
                    .sub(TWO_23_PLUS_8)
                    .mul(scale0)
                    .intoArray(to, to0 + vectorStride);
            v0.lanewise(VectorOperators.LSHR, 8)
                    .and(15)
                    .or(TWO_23)
                    .reinterpretAsFloats()
                    .sub(TWO_23_PLUS_8)
                    .mul(scale0)
                    .intoArray(to, to0 + 2 * vectorStride);
            v0.lanewise(VectorOperators.LSHR, 12)
                    .and(15)
                    .or(TWO_23)
                    .reinterpretAsFloats()
                    .sub(TWO_23_PLUS_8)
                    .mul(scale0)
                    .intoArray(to, to0 + 3 * vectorStride);
            v0.lanewise(VectorOperators.LSHR, 16)
                    .and(15)
                    .or(TWO_23)
                    .reinterpretAsFloats()
                    .sub(TWO_23_PLUS_8)
                    .mul(scale0)
                    .intoArray(to, to0 + 4 * vectorStride);
            v0.lanewise(VectorOperators.LSHR, 20)
                    .and(15)
                    .or(TWO_23)
                    .reinterpretAsFloats()
                    .sub(TWO_23_PLUS_8)
                    .mul(scale0)
                    .intoArray(to, to0 + 5 * vectorStride);
            v0.lanewise(VectorOperators.LSHR, 24)
                    .and(15)
                    .or(TWO_23)
                    .reinterpretAsFloats()
                    .sub(TWO_23_PLUS_8)
                    .mul(scale0)
                    .intoArray(to, to0 + 6 * vectorStride);
            v0.lanewise(VectorOperators.LSHR, 28)
                    .and(15)
                    .or(TWO_23)
                    .reinterpretAsFloats()
                    .sub(TWO_23_PLUS_8)
                    .mul(scale0)
                    .intoArray(to, to0 + 7 * vectorStride);
            IntVector v1 = IntVector.fromMemorySegment(Lanes.INT, w, byteAt + 4 * L, LE);
            FloatVector scale1 = sc.rearrange(SPREAD1);
            int to1 = into + chain * vectorStride;
            v1.and(15)
                    .or(TWO_23)
                    .reinterpretAsFloats()
                    .sub(TWO_23_PLUS_8)
                    .mul(scale1)
                    .intoArray(to, to1);
            v1.lanewise(VectorOperators.LSHR, 4)
                    .and(15)
                    .or(TWO_23)
                    .reinterpretAsFloats()
                    .sub(TWO_23_PLUS_8)
                    .mul(scale1)
                    .intoArray(to, to1 + vectorStride);
            v1.lanewise(VectorOperators.LSHR, 8)
                    .and(15)
                    .or(TWO_23)
                    .reinterpretAsFloats()
                    .sub(TWO_23_PLUS_8)
                    .mul(scale1)
                    .intoArray(to, to1 + 2 * vectorStride);
            v1.lanewise(VectorOperators.LSHR, 12)
                    .and(15)
                    .or(TWO_23)
                    .reinterpretAsFloats()
                    .sub(TWO_23_PLUS_8)
                    .mul(scale1)
                    .intoArray(to, to1 + 3 * vectorStride);
            v1.lanewise(VectorOperators.LSHR, 16)
                    .and(15)
                    .or(TWO_23)
                    .reinterpretAsFloats()
                    .sub(TWO_23_PLUS_8)
                    .mul(scale1)
                    .intoArray(to, to1 + 4 * vectorStride);
            v1.lanewise(VectorOperators.LSHR, 20)
                    .and(15)
                    .or(TWO_23)
                    .reinterpretAsFloats()
                    .sub(TWO_23_PLUS_8)
                    .mul(scale1)
                    .intoArray(to, to1 + 5 * vectorStride);
            v1.lanewise(VectorOperators.LSHR, 24)
                    .and(15)
                    .or(TWO_23)
                    .reinterpretAsFloats()
                    .sub(TWO_23_PLUS_8)
                    .mul(scale1)
                    .intoArray(to, to1 + 6 * vectorStride);
            v1.lanewise(VectorOperators.LSHR, 28)
                    .and(15)
                    .or(TWO_23)
                    .reinterpretAsFloats()
                    .sub(TWO_23_PLUS_8)
                    .mul(scale1)
                    .intoArray(to, to1 + 7 * vectorStride);
            IntVector v2 = IntVector.fromMemorySegment(Lanes.INT, w, byteAt + 8 * L, LE);
            FloatVector scale2 = sc.rearrange(SPREAD2);
            int to2 = into + 2 * chain * vectorStride;
            v2.and(15)
                    .or(TWO_23)
                    .reinterpretAsFloats()
                    .sub(TWO_23_PLUS_8)
                    .mul(scale2)
                    .intoArray(to, to2);
            v2.lanewise(VectorOperators.LSHR, 4)
                    .and(15)
                    .or(TWO_23)
                    .reinterpretAsFloats()
                    .sub(TWO_23_PLUS_8)
                    .mul(scale2)
                    .intoArray(to, to2 + vectorStride);
            v2.lanewise(VectorOperators.LSHR, 8)
                    .and(15)
                    .or(TWO_23)
                    .reinterpretAsFloats()
                    .sub(TWO_23_PLUS_8)
                    .mul(scale2)
                    .intoArray(to, to2 + 2 * vectorStride);
            v2.lanewise(VectorOperators.LSHR, 12)
                    .and(15)
                    .or(TWO_23)
                    .reinterpretAsFloats()
                    .sub(TWO_23_PLUS_8)
                    .mul(scale2)
                    .intoArray(to, to2 + 3 * vectorStride);
            v2.lanewise(VectorOperators.LSHR, 16)
                    .and(15)
                    .or(TWO_23)
                    .reinterpretAsFloats()
                    .sub(TWO_23_PLUS_8)
                    .mul(scale2)
                    .intoArray(to, to2 + 4 * vectorStride);
            v2.lanewise(VectorOperators.LSHR, 20)
                    .and(15)
                    .or(TWO_23)
                    .reinterpretAsFloats()
                    .sub(TWO_23_PLUS_8)
                    .mul(scale2)
                    .intoArray(to, to2 + 5 * vectorStride);
            v2.lanewise(VectorOperators.LSHR, 24)
                    .and(15)
                    .or(TWO_23)
                    .reinterpretAsFloats()
                    .sub(TWO_23_PLUS_8)
                    .mul(scale2)
                    .intoArray(to, to2 + 6 * vectorStride);
            v2.lanewise(VectorOperators.LSHR, 28)
                    .and(15)
                    .or(TWO_23)
                    .reinterpretAsFloats()
                    .sub(TWO_23_PLUS_8)
                    .mul(scale2)
                    .intoArray(to, to2 + 7 * vectorStride);
            IntVector v3 = IntVector.fromMemorySegment(Lanes.INT, w, byteAt + 12 * L, LE);
            FloatVector scale3 = sc.rearrange(SPREAD3);
            int to3 = into + 3 * chain * vectorStride;
            v3.and(15)
                    .or(TWO_23)
                    .reinterpretAsFloats()
                    .sub(TWO_23_PLUS_8)
                    .mul(scale3)
                    .intoArray(to, to3);
            v3.lanewise(VectorOperators.LSHR, 4)
                    .and(15)
                    .or(TWO_23)
                    .reinterpretAsFloats()
                    .sub(TWO_23_PLUS_8)
                    .mul(scale3)
                    .intoArray(to, to3 + vectorStride);
            v3.lanewise(VectorOperators.LSHR, 8)
                    .and(15)
                    .or(TWO_23)
                    .reinterpretAsFloats()
                    .sub(TWO_23_PLUS_8)
                    .mul(scale3)
                    .intoArray(to, to3 + 2 * vectorStride);
            v3.lanewise(VectorOperators.LSHR, 12)
                    .and(15)
                    .or(TWO_23)
                    .reinterpretAsFloats()
                    .sub(TWO_23_PLUS_8)
                    .mul(scale3)
                    .intoArray(to, to3 + 3 * vectorStride);
            v3.lanewise(VectorOperators.LSHR, 16)
                    .and(15)
                    .or(TWO_23)
                    .reinterpretAsFloats()
                    .sub(TWO_23_PLUS_8)
                    .mul(scale3)
                    .intoArray(to, to3 + 4 * vectorStride);
            v3.lanewise(VectorOperators.LSHR, 20)
                    .and(15)
                    .or(TWO_23)
                    .reinterpretAsFloats()
                    .sub(TWO_23_PLUS_8)
                    .mul(scale3)
                    .intoArray(to, to3 + 5 * vectorStride);
            v3.lanewise(VectorOperators.LSHR, 24)
                    .and(15)
                    .or(TWO_23)
                    .reinterpretAsFloats()
                    .sub(TWO_23_PLUS_8)
                    .mul(scale3)
                    .intoArray(to, to3 + 6 * vectorStride);
            v3.lanewise(VectorOperators.LSHR, 28)
                    .and(15)
                    .or(TWO_23)
                    .reinterpretAsFloats()
                    .sub(TWO_23_PLUS_8)
                    .mul(scale3)
                    .intoArray(to, to3 + 7 * vectorStride);
        }
    }

    /**
     * Packs 8-bit activations for {@link #integerRows}: by load, by shift, by short, two of them in an int.
     *
     * <p>A weight short holds four nibbles, and a shift that brings one down leaves those above it in place. Instead of
     * masking them off, what they add is taken from the factors that they meet next: all sums are exact modulo 2^16, and the
     * whole sum of a 32-bit word fits 16 bits. So the factors of nibbles 0 to 3 are x0, x1 - 16 x0, x2 - 16 x1 and x3 - 16 x2,
     * and what a shift of the word brings from its upper short into its lower one is taken from the upper one's first.
     */
    static void pack(byte[] codes, int at, int vectorized, int[] packed, int packedAt) {
        for (int block = 0; block < vectorized; block += 8 * L) {
            int to = packedAt + block / 2;
            for (int word = 0; word < L; word++) {
                int c = at + block + 8 * word;
                int low1 = codes[c + 1] - (codes[c] << 4);
                int low2 = codes[c + 2] - (codes[c + 1] << 4);
                int low3 = codes[c + 3] - (codes[c + 2] << 4);
                int high0 = codes[c + 4] - (low1 << 12) - (low2 << 8) - (low3 << 4);
                int high1 = codes[c + 5] - (codes[c + 4] << 4);
                int high2 = codes[c + 6] - (codes[c + 5] << 4);
                int high3 = codes[c + 7] - (codes[c + 6] << 4);
                packed[to + word] = high0 << 16 | codes[c] & 0xffff;
                packed[to + L + word] = high1 << 16 | low1 & 0xffff;
                packed[to + 2 * L + word] = high2 << 16 | low2 & 0xffff;
                packed[to + 3 * L + word] = high3 << 16 | low3 & 0xffff;
            }
        }
    }

    /**
     * Leaves the running vectors of weight rows {@code from} to {@code to} and one row of 8-bit activations in
     * {@code lanes}, one after the other. The products of a word's 8 nibbles are summed in its two shorts, those by a shift,
     * and the integer sum meets its scale as a float. The rows are in here because a call for each costs as much as a short
     * one.
     *
     * @param x activations packed by {@link #pack}
     */
    static void integerRows(
            Matrix.Int4 matrix, int from, int to, int vectorized, IntegerRow x, float[] lanes, int lanesAt) {
        MemorySegment w = matrix.packed();
        MemorySegment scales = matrix.scales();
        int[] codes = x.codes;
        float[] xScales = x.scales;
        float[] xOffsets = x.offsets;
        int codeAt = x.codeAt;
        int groupAt = x.groupAt;
        for (int o = from; o < to; o++) {
            FloatVector a0 = FloatVector.zero(Lanes.FLOAT);
            FloatVector a1 = a0;
            FloatVector a2 = a0;
            FloatVector a3 = a0;
            FloatVector correction = a0;
            long at = (long) o * matrix.cols() / 2;
            long scaleAt = (long) o * matrix.cols() / Matrix.Int4.GROUP * 2;
            for (int n = 0; n < vectorized; n += 32 * L) {
                int i = codeAt + n / 2;
                int g = groupAt + n / 32;
                FloatVector sc = ((IntVector) ShortVector.fromMemorySegment(Lanes.HALF_SHORT, scales, scaleAt, LE)
                                .convertShape(VectorOperators.S2I, Lanes.INT, 0))
                        .lanewise(VectorOperators.LSHL, 16)
                        .reinterpretAsFloats()
                        .mul(FloatVector.fromArray(Lanes.FLOAT, xScales, g));
                correction = sc.fma(FloatVector.fromArray(Lanes.FLOAT, xOffsets, g), correction);
                IntVector v0 = IntVector.fromMemorySegment(Lanes.INT, w, at, LE);
                IntVector s0 = v0.reinterpretAsShorts()
                        .mul(IntVector.fromArray(Lanes.INT, codes, i).reinterpretAsShorts())
                        .add(v0.lanewise(VectorOperators.LSHR, 4)
                                .reinterpretAsShorts()
                                .mul(IntVector.fromArray(Lanes.INT, codes, i + L).reinterpretAsShorts()))
                        .add(v0.lanewise(VectorOperators.LSHR, 8)
                                .reinterpretAsShorts()
                                .mul(IntVector.fromArray(Lanes.INT, codes, i + 2 * L).reinterpretAsShorts()))
                        .add(v0.lanewise(VectorOperators.LSHR, 12)
                                .reinterpretAsShorts()
                                .mul(IntVector.fromArray(Lanes.INT, codes, i + 3 * L).reinterpretAsShorts()))
                        .reinterpretAsInts();
                a0 = ((FloatVector) s0.lanewise(VectorOperators.LSHL, 16)
                                .add(s0)
                                .lanewise(VectorOperators.ASHR, 16)
                                .convert(VectorOperators.I2F, 0))
                        .fma(sc.rearrange(SPREAD0), a0);
                IntVector v1 = IntVector.fromMemorySegment(Lanes.INT, w, at + 4 * L, LE);
                IntVector s1 = v1.reinterpretAsShorts()
                        .mul(IntVector.fromArray(Lanes.INT, codes, i + 4 * L).reinterpretAsShorts())
                        .add(v1.lanewise(VectorOperators.LSHR, 4)
                                .reinterpretAsShorts()
                                .mul(IntVector.fromArray(Lanes.INT, codes, i + 5 * L).reinterpretAsShorts()))
                        .add(v1.lanewise(VectorOperators.LSHR, 8)
                                .reinterpretAsShorts()
                                .mul(IntVector.fromArray(Lanes.INT, codes, i + 6 * L).reinterpretAsShorts()))
                        .add(v1.lanewise(VectorOperators.LSHR, 12)
                                .reinterpretAsShorts()
                                .mul(IntVector.fromArray(Lanes.INT, codes, i + 7 * L).reinterpretAsShorts()))
                        .reinterpretAsInts();
                a1 = ((FloatVector) s1.lanewise(VectorOperators.LSHL, 16)
                                .add(s1)
                                .lanewise(VectorOperators.ASHR, 16)
                                .convert(VectorOperators.I2F, 0))
                        .fma(sc.rearrange(SPREAD1), a1);
                IntVector v2 = IntVector.fromMemorySegment(Lanes.INT, w, at + 8 * L, LE);
                IntVector s2 = v2.reinterpretAsShorts()
                        .mul(IntVector.fromArray(Lanes.INT, codes, i + 8 * L).reinterpretAsShorts())
                        .add(v2.lanewise(VectorOperators.LSHR, 4)
                                .reinterpretAsShorts()
                                .mul(IntVector.fromArray(Lanes.INT, codes, i + 9 * L).reinterpretAsShorts()))
                        .add(v2.lanewise(VectorOperators.LSHR, 8)
                                .reinterpretAsShorts()
                                .mul(IntVector.fromArray(Lanes.INT, codes, i + 10 * L).reinterpretAsShorts()))
                        .add(v2.lanewise(VectorOperators.LSHR, 12)
                                .reinterpretAsShorts()
                                .mul(IntVector.fromArray(Lanes.INT, codes, i + 11 * L).reinterpretAsShorts()))
                        .reinterpretAsInts();
                a2 = ((FloatVector) s2.lanewise(VectorOperators.LSHL, 16)
                                .add(s2)
                                .lanewise(VectorOperators.ASHR, 16)
                                .convert(VectorOperators.I2F, 0))
                        .fma(sc.rearrange(SPREAD2), a2);
                IntVector v3 = IntVector.fromMemorySegment(Lanes.INT, w, at + 12 * L, LE);
                IntVector s3 = v3.reinterpretAsShorts()
                        .mul(IntVector.fromArray(Lanes.INT, codes, i + 12 * L).reinterpretAsShorts())
                        .add(v3.lanewise(VectorOperators.LSHR, 4)
                                .reinterpretAsShorts()
                                .mul(IntVector.fromArray(Lanes.INT, codes, i + 13 * L).reinterpretAsShorts()))
                        .add(v3.lanewise(VectorOperators.LSHR, 8)
                                .reinterpretAsShorts()
                                .mul(IntVector.fromArray(Lanes.INT, codes, i + 14 * L).reinterpretAsShorts()))
                        .add(v3.lanewise(VectorOperators.LSHR, 12)
                                .reinterpretAsShorts()
                                .mul(IntVector.fromArray(Lanes.INT, codes, i + 15 * L).reinterpretAsShorts()))
                        .reinterpretAsInts();
                a3 = ((FloatVector) s3.lanewise(VectorOperators.LSHL, 16)
                                .add(s3)
                                .lanewise(VectorOperators.ASHR, 16)
                                .convert(VectorOperators.I2F, 0))
                        .fma(sc.rearrange(SPREAD3), a3);
                at += 16 * L;
                scaleAt += 2 * L;
            }
            a0.add(a1).add(a2).add(a3).add(correction).intoArray(lanes, lanesAt + (o - from) * L);
        }
    }
}

package org.kimi4j.kernel;

import static org.kimi4j.kernel.Lanes.LE;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;

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
    /** The lowest nibble of both shorts of an int. Ints are shifted, because shifts of shorts compile to more. */
    private static final int NIBBLES = 0x000f000f;

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

    /** Packs 8-bit activations for {@link #integerDot}: by load, by nibble of a short, by short. */
    static void pack(byte[] codes, int at, int vectorized, short[] packed, int packedAt) {
        for (int block = 0; block < vectorized; block += 8 * L) {
            for (int k = 0; k < 4; k++) {
                for (int s = 0; s < 2 * L; s++) {
                    packed[packedAt + block + k * 2 * L + s] = codes[at + block + 4 * s + k];
                }
            }
        }
    }

    /**
     * Leaves the running vector of one weight row and one row of 8-bit activations in {@code lanes}. A short holds four
     * nibbles; four products of at most 15 * 127 fit one, two shorts are added by a shift, and the integer sum of 8
     * elements meets its scale as a float.
     *
     * @param x activations packed by {@link #pack}
     */
    static void integerDot(
            MemorySegment w,
            long offset,
            MemorySegment scales,
            long scaleOffset,
            int vectorized,
            IntegerRow x,
            float[] lanes,
            int lanesAt) {
        FloatVector a0 = FloatVector.zero(Lanes.FLOAT);
        FloatVector a1 = a0;
        FloatVector a2 = a0;
        FloatVector a3 = a0;
        FloatVector correction = a0;
        short[] codes = x.codes;
        float[] xScales = x.scales;
        float[] xOffsets = x.offsets;
        long at = offset;
        long scaleAt = scaleOffset;
        int g = x.groupAt;
        int i = x.codeAt;
        int end = i + vectorized;
        int step = 32 * x.lanes;
        for (; i < end; i += step) {
            FloatVector sc = ((IntVector) ShortVector.fromMemorySegment(Lanes.HALF_SHORT, scales, scaleAt, LE)
                            .convertShape(VectorOperators.S2I, Lanes.INT, 0))
                    .lanewise(VectorOperators.LSHL, 16)
                    .reinterpretAsFloats()
                    .mul(FloatVector.fromArray(Lanes.FLOAT, xScales, g));
            correction = sc.fma(FloatVector.fromArray(Lanes.FLOAT, xOffsets, g), correction);
            IntVector v0 = IntVector.fromMemorySegment(Lanes.INT, w, at, LE);
            IntVector s0 = v0.and(NIBBLES)
                    .reinterpretAsShorts()
                    .mul(ShortVector.fromArray(Lanes.SHORT, codes, i))
                    .add(v0.lanewise(VectorOperators.LSHR, 4)
                            .and(NIBBLES)
                            .reinterpretAsShorts()
                            .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 2 * L)))
                    .add(v0.lanewise(VectorOperators.LSHR, 8)
                            .and(NIBBLES)
                            .reinterpretAsShorts()
                            .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 4 * L)))
                    .add(v0.lanewise(VectorOperators.LSHR, 12)
                            .and(NIBBLES)
                            .reinterpretAsShorts()
                            .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 6 * L)))
                    .reinterpretAsInts();
            a0 = ((FloatVector) s0.lanewise(VectorOperators.LSHL, 16)
                            .add(s0)
                            .lanewise(VectorOperators.ASHR, 16)
                            .convert(VectorOperators.I2F, 0))
                    .fma(sc.rearrange(SPREAD0), a0);
            IntVector v1 = IntVector.fromMemorySegment(Lanes.INT, w, at + 4 * L, LE);
            IntVector s1 = v1.and(NIBBLES)
                    .reinterpretAsShorts()
                    .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 8 * L))
                    .add(v1.lanewise(VectorOperators.LSHR, 4)
                            .and(NIBBLES)
                            .reinterpretAsShorts()
                            .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 10 * L)))
                    .add(v1.lanewise(VectorOperators.LSHR, 8)
                            .and(NIBBLES)
                            .reinterpretAsShorts()
                            .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 12 * L)))
                    .add(v1.lanewise(VectorOperators.LSHR, 12)
                            .and(NIBBLES)
                            .reinterpretAsShorts()
                            .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 14 * L)))
                    .reinterpretAsInts();
            a1 = ((FloatVector) s1.lanewise(VectorOperators.LSHL, 16)
                            .add(s1)
                            .lanewise(VectorOperators.ASHR, 16)
                            .convert(VectorOperators.I2F, 0))
                    .fma(sc.rearrange(SPREAD1), a1);
            IntVector v2 = IntVector.fromMemorySegment(Lanes.INT, w, at + 8 * L, LE);
            IntVector s2 = v2.and(NIBBLES)
                    .reinterpretAsShorts()
                    .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 16 * L))
                    .add(v2.lanewise(VectorOperators.LSHR, 4)
                            .and(NIBBLES)
                            .reinterpretAsShorts()
                            .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 18 * L)))
                    .add(v2.lanewise(VectorOperators.LSHR, 8)
                            .and(NIBBLES)
                            .reinterpretAsShorts()
                            .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 20 * L)))
                    .add(v2.lanewise(VectorOperators.LSHR, 12)
                            .and(NIBBLES)
                            .reinterpretAsShorts()
                            .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 22 * L)))
                    .reinterpretAsInts();
            a2 = ((FloatVector) s2.lanewise(VectorOperators.LSHL, 16)
                            .add(s2)
                            .lanewise(VectorOperators.ASHR, 16)
                            .convert(VectorOperators.I2F, 0))
                    .fma(sc.rearrange(SPREAD2), a2);
            IntVector v3 = IntVector.fromMemorySegment(Lanes.INT, w, at + 12 * L, LE);
            IntVector s3 = v3.and(NIBBLES)
                    .reinterpretAsShorts()
                    .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 24 * L))
                    .add(v3.lanewise(VectorOperators.LSHR, 4)
                            .and(NIBBLES)
                            .reinterpretAsShorts()
                            .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 26 * L)))
                    .add(v3.lanewise(VectorOperators.LSHR, 8)
                            .and(NIBBLES)
                            .reinterpretAsShorts()
                            .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 28 * L)))
                    .add(v3.lanewise(VectorOperators.LSHR, 12)
                            .and(NIBBLES)
                            .reinterpretAsShorts()
                            .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 30 * L)))
                    .reinterpretAsInts();
            a3 = ((FloatVector) s3.lanewise(VectorOperators.LSHL, 16)
                            .add(s3)
                            .lanewise(VectorOperators.ASHR, 16)
                            .convert(VectorOperators.I2F, 0))
                    .fma(sc.rearrange(SPREAD3), a3);
            at += 16 * L;
            scaleAt += 2 * L;
            g += L;
        }
        a0.add(a1).add(a2).add(a3).add(correction).intoArray(lanes, lanesAt);
    }
}

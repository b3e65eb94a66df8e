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
            int chainStride) {
        int steps = length / (32 * L);
        for (int s = 0; s < steps; s++) {
            FloatVector sc = ((IntVector)
                            ShortVector.fromMemorySegment(Lanes.HALF_SHORT, scales, scaleOffset + 2L * L * s, LE)
                                    .convertShape(VectorOperators.S2I, Lanes.INT, 0))
                    .lanewise(VectorOperators.LSHL, 16)
                    .reinterpretAsFloats();
            for (int j = 0; j < ElementOrder.CHAINS; j++) {
                IntVector v = IntVector.fromMemorySegment(Lanes.INT, w, offset + 16L * L * s + 4L * L * j, LE);
                FloatVector scale = sc.rearrange(
                        switch (j) {
                            case 0 -> SPREAD0;
                            case 1 -> SPREAD1;
                            case 2 -> SPREAD2;
                            default -> SPREAD3;
                        });
                int into = at + j * chainStride + 8 * L * s;
                for (int q = 0; q < 8; q++) {
                    v.lanewise(VectorOperators.LSHR, 4 * q)
                            .and(15)
                            .or(TWO_23)
                            .reinterpretAsFloats()
                            .sub(TWO_23_PLUS_8)
                            .mul(scale)
                            .intoArray(to, into + q * L);
                }
            }
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
        FloatVector a1 = FloatVector.zero(Lanes.FLOAT);
        FloatVector a2 = FloatVector.zero(Lanes.FLOAT);
        FloatVector a3 = FloatVector.zero(Lanes.FLOAT);
        FloatVector correction = FloatVector.zero(Lanes.FLOAT);
        short[] codes = x.codes;
        float[] xScales = x.scales;
        float[] xOffsets = x.offsets;
        long at = offset;
        long scaleAt = scaleOffset;
        int g = x.groupAt;
        int i = x.codeAt;
        int end = i + vectorized;
        for (; i < end; i += 32 * L) {
            FloatVector sc = ((IntVector) ShortVector.fromMemorySegment(Lanes.HALF_SHORT, scales, scaleAt, LE)
                            .convertShape(VectorOperators.S2I, Lanes.INT, 0))
                    .lanewise(VectorOperators.LSHL, 16)
                    .reinterpretAsFloats()
                    .mul(FloatVector.fromArray(Lanes.FLOAT, xScales, g));
            correction = sc.fma(FloatVector.fromArray(Lanes.FLOAT, xOffsets, g), correction);
            ShortVector v0 = ShortVector.fromMemorySegment(Lanes.SHORT, w, at, LE);
            IntVector s0 = v0.and((short) 15)
                    .mul(ShortVector.fromArray(Lanes.SHORT, codes, i))
                    .add(v0.lanewise(VectorOperators.LSHR, 4)
                            .and((short) 15)
                            .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 2 * L)))
                    .add(v0.lanewise(VectorOperators.LSHR, 8)
                            .and((short) 15)
                            .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 4 * L)))
                    .add(v0.lanewise(VectorOperators.LSHR, 12)
                            .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 6 * L)))
                    .reinterpretAsInts();
            a0 = ((FloatVector) s0.lanewise(VectorOperators.LSHL, 16)
                            .add(s0)
                            .lanewise(VectorOperators.ASHR, 16)
                            .convert(VectorOperators.I2F, 0))
                    .fma(sc.rearrange(SPREAD0), a0);
            ShortVector v1 = ShortVector.fromMemorySegment(Lanes.SHORT, w, at + 4 * L, LE);
            IntVector s1 = v1.and((short) 15)
                    .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 8 * L))
                    .add(v1.lanewise(VectorOperators.LSHR, 4)
                            .and((short) 15)
                            .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 10 * L)))
                    .add(v1.lanewise(VectorOperators.LSHR, 8)
                            .and((short) 15)
                            .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 12 * L)))
                    .add(v1.lanewise(VectorOperators.LSHR, 12)
                            .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 14 * L)))
                    .reinterpretAsInts();
            a1 = ((FloatVector) s1.lanewise(VectorOperators.LSHL, 16)
                            .add(s1)
                            .lanewise(VectorOperators.ASHR, 16)
                            .convert(VectorOperators.I2F, 0))
                    .fma(sc.rearrange(SPREAD1), a1);
            ShortVector v2 = ShortVector.fromMemorySegment(Lanes.SHORT, w, at + 8 * L, LE);
            IntVector s2 = v2.and((short) 15)
                    .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 16 * L))
                    .add(v2.lanewise(VectorOperators.LSHR, 4)
                            .and((short) 15)
                            .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 18 * L)))
                    .add(v2.lanewise(VectorOperators.LSHR, 8)
                            .and((short) 15)
                            .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 20 * L)))
                    .add(v2.lanewise(VectorOperators.LSHR, 12)
                            .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 22 * L)))
                    .reinterpretAsInts();
            a2 = ((FloatVector) s2.lanewise(VectorOperators.LSHL, 16)
                            .add(s2)
                            .lanewise(VectorOperators.ASHR, 16)
                            .convert(VectorOperators.I2F, 0))
                    .fma(sc.rearrange(SPREAD2), a2);
            ShortVector v3 = ShortVector.fromMemorySegment(Lanes.SHORT, w, at + 12 * L, LE);
            IntVector s3 = v3.and((short) 15)
                    .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 24 * L))
                    .add(v3.lanewise(VectorOperators.LSHR, 4)
                            .and((short) 15)
                            .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 26 * L)))
                    .add(v3.lanewise(VectorOperators.LSHR, 8)
                            .and((short) 15)
                            .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 28 * L)))
                    .add(v3.lanewise(VectorOperators.LSHR, 12)
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

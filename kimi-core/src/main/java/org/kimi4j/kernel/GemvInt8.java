package org.kimi4j.kernel;

import static org.kimi4j.kernel.Lanes.LE;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import org.kimi4j.tensor.Matrix;

/**
 * Sums of INT8 weights (bytes offset by 128) times packed rows. A load has four elements a lane: half a group of 32, one
 * or two of them, by the vector width.
 */
final class GemvInt8 {

    private static final int L = Lanes.COUNT;
    /** Or-ed under a small integer this is the float 2^23 + integer. */
    private static final int TWO_23 = 0x4b000000;

    private static final float TWO_23_PLUS_128 = 8388736f;
    /** Turns bytes offset by 128 into signed bytes, two at a time. */
    private static final short SIGN = (short) 0x8080;
    /** The lanes that belong to a load's second group of 32; none below 512 bits. */
    private static final VectorMask<Float> SECOND = second();

    private GemvInt8() {}

    private static VectorMask<Float> second() {
        boolean[] lanes = new boolean[L];
        Arrays.fill(lanes, Math.min(8, L), L, true);
        return VectorMask.fromArray(Lanes.FLOAT, lanes, 0);
    }

    /**
     * Unpacks the vectorised elements of one superblock of a weight row into the packed order, as exact floats.
     *
     * @param index of the first of them in the matrix
     */
    static void unpack(Matrix.Int8 w, long index, int length, float[] to, int at, int vectorStride) {
        MemorySegment packed = w.packed();
        MemorySegment scales = w.scales();
        int shift = Integer.numberOfTrailingZeros(w.group());
        int chain = length / (ElementOrder.CHAINS * L);
        for (int i = 0; i < length; i += 4 * L) {
            IntVector v = IntVector.fromMemorySegment(Lanes.INT, packed, index + i, LE);
            FloatVector scale = FloatVector.broadcast(Lanes.FLOAT, Weights.bf16(scales, index + i >> shift))
                    .blend(Weights.bf16(scales, index + i + (L > 8 ? 32 : 0) >> shift), SECOND);
            int into = at + (i / (4 * L) % ElementOrder.CHAINS * chain + i / (16 * L) * 4) * vectorStride;
            for (int q = 0; q < 4; q++) {
                v.lanewise(VectorOperators.LSHR, 8 * q)
                        .and(255)
                        .or(TWO_23)
                        .reinterpretAsFloats()
                        .sub(TWO_23_PLUS_128)
                        .mul(scale)
                        .intoArray(to, into + q * vectorStride);
            }
        }
    }

    /** Packs 8-bit activations for {@link #integerRows}: by load, the even bytes of its shorts, then the odd ones. */
    static void pack(byte[] codes, int at, int vectorized, int[] packed, int packedAt) {
        for (int block = 0; block < vectorized; block += 4 * L) {
            int to = packedAt + block / 2;
            for (int word = 0; word < L; word++) {
                int c = at + block + 4 * word;
                packed[to + word] = codes[c + 2] << 16 | codes[c] & 0xffff;
                packed[to + L + word] = codes[c + 3] << 16 | codes[c + 1] & 0xffff;
            }
        }
    }

    /**
     * Leaves the running vectors of weight rows {@code from} to {@code to} and one row of 8-bit activations in
     * {@code lanes}, one after the other. A short holds two products of at most 128 * 127; the integer sum of four elements
     * meets its scale as a float.
     */
    static void integerRows(Matrix.Int8 w, int from, int to, int vectorized, IntegerRow x, float[] lanes, int lanesAt) {
        MemorySegment packed = w.packed();
        MemorySegment scales = w.scales();
        int[] codes = x.codes;
        float[] xScales = x.scales;
        int shift = Integer.numberOfTrailingZeros(w.group());
        for (int row = from; row < to; row++) {
            FloatVector a0 = FloatVector.zero(Lanes.FLOAT);
            FloatVector a1 = FloatVector.zero(Lanes.FLOAT);
            FloatVector a2 = FloatVector.zero(Lanes.FLOAT);
            FloatVector a3 = FloatVector.zero(Lanes.FLOAT);
            long index = (long) row * w.cols();
            for (int i = 0; i < vectorized; i += 16 * L) {
                int c = x.codeAt + i / 2;
                int g = x.groupAt + i / 32;
                long at = index + i;
                ShortVector v0 = ShortVector.fromMemorySegment(Lanes.SHORT, packed, at, LE)
                        .lanewise(VectorOperators.XOR, SIGN);
                ShortVector v1 = ShortVector.fromMemorySegment(Lanes.SHORT, packed, at + 4 * L, LE)
                        .lanewise(VectorOperators.XOR, SIGN);
                ShortVector v2 = ShortVector.fromMemorySegment(Lanes.SHORT, packed, at + 8 * L, LE)
                        .lanewise(VectorOperators.XOR, SIGN);
                ShortVector v3 = ShortVector.fromMemorySegment(Lanes.SHORT, packed, at + 12 * L, LE)
                        .lanewise(VectorOperators.XOR, SIGN);
                IntVector s0 = v0.lanewise(VectorOperators.LSHL, 8)
                        .lanewise(VectorOperators.ASHR, 8)
                        .mul(IntVector.fromArray(Lanes.INT, codes, c).reinterpretAsShorts())
                        .add(v0.lanewise(VectorOperators.ASHR, 8)
                                .mul(IntVector.fromArray(Lanes.INT, codes, c + 1 * L)
                                        .reinterpretAsShorts()))
                        .reinterpretAsInts();
                IntVector s1 = v1.lanewise(VectorOperators.LSHL, 8)
                        .lanewise(VectorOperators.ASHR, 8)
                        .mul(IntVector.fromArray(Lanes.INT, codes, c + 2 * L).reinterpretAsShorts())
                        .add(v1.lanewise(VectorOperators.ASHR, 8)
                                .mul(IntVector.fromArray(Lanes.INT, codes, c + 3 * L)
                                        .reinterpretAsShorts()))
                        .reinterpretAsInts();
                IntVector s2 = v2.lanewise(VectorOperators.LSHL, 8)
                        .lanewise(VectorOperators.ASHR, 8)
                        .mul(IntVector.fromArray(Lanes.INT, codes, c + 4 * L).reinterpretAsShorts())
                        .add(v2.lanewise(VectorOperators.ASHR, 8)
                                .mul(IntVector.fromArray(Lanes.INT, codes, c + 5 * L)
                                        .reinterpretAsShorts()))
                        .reinterpretAsInts();
                IntVector s3 = v3.lanewise(VectorOperators.LSHL, 8)
                        .lanewise(VectorOperators.ASHR, 8)
                        .mul(IntVector.fromArray(Lanes.INT, codes, c + 6 * L).reinterpretAsShorts())
                        .add(v3.lanewise(VectorOperators.ASHR, 8)
                                .mul(IntVector.fromArray(Lanes.INT, codes, c + 7 * L)
                                        .reinterpretAsShorts()))
                        .reinterpretAsInts();
                FloatVector f0 = (FloatVector) s0.lanewise(VectorOperators.LSHL, 16)
                        .lanewise(VectorOperators.ASHR, 16)
                        .add(s0.lanewise(VectorOperators.ASHR, 16))
                        .convert(VectorOperators.I2F, 0);
                FloatVector f1 = (FloatVector) s1.lanewise(VectorOperators.LSHL, 16)
                        .lanewise(VectorOperators.ASHR, 16)
                        .add(s1.lanewise(VectorOperators.ASHR, 16))
                        .convert(VectorOperators.I2F, 0);
                FloatVector f2 = (FloatVector) s2.lanewise(VectorOperators.LSHL, 16)
                        .lanewise(VectorOperators.ASHR, 16)
                        .add(s2.lanewise(VectorOperators.ASHR, 16))
                        .convert(VectorOperators.I2F, 0);
                FloatVector f3 = (FloatVector) s3.lanewise(VectorOperators.LSHL, 16)
                        .lanewise(VectorOperators.ASHR, 16)
                        .add(s3.lanewise(VectorOperators.ASHR, 16))
                        .convert(VectorOperators.I2F, 0);
                // Scales of the 8 half groups (128 bits), 4 groups (256) or 8 groups (512) of this step.
                long sAt = index >> shift;
                if (L == 4) {
                    float p0 = Weights.bf16(scales, sAt + (i >> shift)) * xScales[g];
                    float p1 = Weights.bf16(scales, sAt + (i + 32 >> shift)) * xScales[g + 1];
                    a0 = f0.fma(FloatVector.broadcast(Lanes.FLOAT, p0), a0);
                    a1 = f1.fma(FloatVector.broadcast(Lanes.FLOAT, p0), a1);
                    a2 = f2.fma(FloatVector.broadcast(Lanes.FLOAT, p1), a2);
                    a3 = f3.fma(FloatVector.broadcast(Lanes.FLOAT, p1), a3);
                } else if (L == 8) {
                    float p0 = Weights.bf16(scales, sAt + (i >> shift)) * xScales[g];
                    float p1 = Weights.bf16(scales, sAt + (i + 32 >> shift)) * xScales[g + 1];
                    float p2 = Weights.bf16(scales, sAt + (i + 64 >> shift)) * xScales[g + 2];
                    float p3 = Weights.bf16(scales, sAt + (i + 96 >> shift)) * xScales[g + 3];
                    a0 = f0.fma(FloatVector.broadcast(Lanes.FLOAT, p0), a0);
                    a1 = f1.fma(FloatVector.broadcast(Lanes.FLOAT, p1), a1);
                    a2 = f2.fma(FloatVector.broadcast(Lanes.FLOAT, p2), a2);
                    a3 = f3.fma(FloatVector.broadcast(Lanes.FLOAT, p3), a3);
                } else {
                    float p0 = Weights.bf16(scales, sAt + (i >> shift)) * xScales[g];
                    float p1 = Weights.bf16(scales, sAt + (i + 32 >> shift)) * xScales[g + 1];
                    float p2 = Weights.bf16(scales, sAt + (i + 64 >> shift)) * xScales[g + 2];
                    float p3 = Weights.bf16(scales, sAt + (i + 96 >> shift)) * xScales[g + 3];
                    float p4 = Weights.bf16(scales, sAt + (i + 128 >> shift)) * xScales[g + 4];
                    float p5 = Weights.bf16(scales, sAt + (i + 160 >> shift)) * xScales[g + 5];
                    float p6 = Weights.bf16(scales, sAt + (i + 192 >> shift)) * xScales[g + 6];
                    float p7 = Weights.bf16(scales, sAt + (i + 224 >> shift)) * xScales[g + 7];
                    a0 = f0.fma(FloatVector.broadcast(Lanes.FLOAT, p0).blend(p1, SECOND), a0);
                    a1 = f1.fma(FloatVector.broadcast(Lanes.FLOAT, p2).blend(p3, SECOND), a1);
                    a2 = f2.fma(FloatVector.broadcast(Lanes.FLOAT, p4).blend(p5, SECOND), a2);
                    a3 = f3.fma(FloatVector.broadcast(Lanes.FLOAT, p6).blend(p7, SECOND), a3);
                }
            }
            a0.add(a1).add(a2).add(a3).intoArray(lanes, lanesAt + (row - from) * L);
        }
    }
}

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
 * Sums of INT8 weights (bytes offset by 128) times packed rows. A load has four elements a lane: half a group of 32, one
 * or two of them, by the vector width.
 */
final class GemvInt8 {

    private static final int L = Lanes.COUNT;
    /** Elements of eight loads, which have a vector of groups of 32. */
    private static final int STEP = 32 * L;
    /** Or-ed under a small integer this is the float 2^23 + integer. */
    private static final int TWO_23 = 0x4b000000;

    private static final float TWO_23_PLUS_128 = 8388736f;
    /** The offsets of the two weights in a short, and of the upper one alone. */
    private static final short OFFSETS = (short) 0x8080;

    private static final short UPPER = (short) 0x8000;
    /** The lanes that belong to a load's second group of 32; none below 512 bits. */
    private static final VectorMask<Float> SECOND = second();

    /** Eight lanes hold the 32 elements of a group: load k of a step has the groups k * L / 8 and following. */
    private static final VectorShuffle<Float> SPREAD0 = spread(0);

    private static final VectorShuffle<Float> SPREAD1 = spread(1);
    private static final VectorShuffle<Float> SPREAD2 = spread(2);
    private static final VectorShuffle<Float> SPREAD3 = spread(3);
    private static final VectorShuffle<Float> SPREAD4 = spread(4);
    private static final VectorShuffle<Float> SPREAD5 = spread(5);
    private static final VectorShuffle<Float> SPREAD6 = spread(6);
    private static final VectorShuffle<Float> SPREAD7 = spread(7);

    private GemvInt8() {}

    private static VectorShuffle<Float> spread(int load) {
        return VectorShuffle.fromOp(Lanes.FLOAT, lane -> load * L / 8 + lane / 8);
    }

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

    /** Elements of a row that {@link #integerRows} takes: whole loads of whole groups of 32. */
    static int vectorized(int cols) {
        return cols - cols % Math.max(Activations.GROUP, 4 * L);
    }

    /**
     * Packs 8-bit activations for {@link #integerRows}: by load, the factors of whole shorts, then those of their upper bytes.
     *
     * <p>A short of two weights a and b is a + 256 b once both have lost their offset, so what it adds too much for b is taken
     * from b's own factor: all sums are exact modulo 2^16, and two products of at most 128 * 127 fit 16 bits.
     */
    static void pack(byte[] codes, int at, int vectorized, short[] packed, int packedAt) {
        for (int block = 0; block < vectorized; block += 4 * L) {
            for (int word = 0; word < L; word++) {
                int to = packedAt + block + 2 * word;
                int c = at + block + 4 * word;
                packed[to] = codes[c];
                packed[to + 1] = codes[c + 2];
                packed[to + 2 * L] = (short) (codes[c + 1] - (codes[c] << 8));
                packed[to + 2 * L + 1] = (short) (codes[c + 3] - (codes[c + 2] << 8));
            }
        }
    }

    /**
     * Leaves the running vectors of weight rows {@code from} to {@code to} and one row of 8-bit activations in
     * {@code lanes}, one after the other: integer sums of four elements a lane, which meet their scale as floats.
     *
     * @param vectorized as {@link #vectorized} says
     * @param x activations packed by {@link #pack}
     */
    static void integerRows(Matrix.Int8 w, int from, int to, int vectorized, IntegerRow x, float[] lanes, int lanesAt) {
        int steps = w.group() == Activations.GROUP ? vectorized - vectorized % STEP : 0;
        if (steps > 0) {
            steps(w, from, to, steps, x, lanes, lanesAt);
        } else {
            Arrays.fill(lanes, lanesAt, lanesAt + (to - from) * L, 0);
        }
        if (steps < vectorized) {
            loads(w, from, to, steps, vectorized, x, lanes, lanesAt);
        }
    }

    /** A vector of scales is read for each step, multiplied with those of the activations and spread for each load. */
    private static void steps(
            Matrix.Int8 matrix, int from, int to, int length, IntegerRow x, float[] lanes, int lanesAt) {
        MemorySegment w = matrix.packed();
        MemorySegment scales = matrix.scales();
        short[] codes = x.codes;
        float[] xScales = x.scales;
        int codeAt = x.codeAt;
        int groupAt = x.groupAt;
        int cols = matrix.cols();
        for (int o = from; o < to; o++) {
            FloatVector a0 = FloatVector.zero(Lanes.FLOAT);
            FloatVector a1 = a0;
            FloatVector a2 = a0;
            FloatVector a3 = a0;
            long at = (long) o * cols;
            long scaleAt = at / Activations.GROUP * 2;
            int g = groupAt;
            int end = codeAt + length;
            for (int i = codeAt; i < end; i += 32 * L) {
                FloatVector sc = ((IntVector) ShortVector.fromMemorySegment(Lanes.HALF_SHORT, scales, scaleAt, LE)
                                .convertShape(VectorOperators.S2I, Lanes.INT, 0))
                        .lanewise(VectorOperators.LSHL, 16)
                        .reinterpretAsFloats()
                        .mul(FloatVector.fromArray(Lanes.FLOAT, xScales, g));
                ShortVector v0 = ShortVector.fromMemorySegment(Lanes.SHORT, w, at, LE);
                IntVector s0 = v0.sub(OFFSETS)
                        .mul(ShortVector.fromArray(Lanes.SHORT, codes, i))
                        .add(v0.lanewise(VectorOperators.XOR, UPPER)
                                .lanewise(VectorOperators.ASHR, 8)
                                .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 2 * L)))
                        .reinterpretAsInts();
                a0 = ((FloatVector) s0.lanewise(VectorOperators.LSHL, 16)
                                .lanewise(VectorOperators.ASHR, 16)
                                .add(s0.lanewise(VectorOperators.ASHR, 16))
                                .convert(VectorOperators.I2F, 0))
                        .fma(sc.rearrange(SPREAD0), a0);
                ShortVector v1 = ShortVector.fromMemorySegment(Lanes.SHORT, w, at + 4 * L, LE);
                IntVector s1 = v1.sub(OFFSETS)
                        .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 4 * L))
                        .add(v1.lanewise(VectorOperators.XOR, UPPER)
                                .lanewise(VectorOperators.ASHR, 8)
                                .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 6 * L)))
                        .reinterpretAsInts();
                a1 = ((FloatVector) s1.lanewise(VectorOperators.LSHL, 16)
                                .lanewise(VectorOperators.ASHR, 16)
                                .add(s1.lanewise(VectorOperators.ASHR, 16))
                                .convert(VectorOperators.I2F, 0))
                        .fma(sc.rearrange(SPREAD1), a1);
                ShortVector v2 = ShortVector.fromMemorySegment(Lanes.SHORT, w, at + 8 * L, LE);
                IntVector s2 = v2.sub(OFFSETS)
                        .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 8 * L))
                        .add(v2.lanewise(VectorOperators.XOR, UPPER)
                                .lanewise(VectorOperators.ASHR, 8)
                                .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 10 * L)))
                        .reinterpretAsInts();
                a2 = ((FloatVector) s2.lanewise(VectorOperators.LSHL, 16)
                                .lanewise(VectorOperators.ASHR, 16)
                                .add(s2.lanewise(VectorOperators.ASHR, 16))
                                .convert(VectorOperators.I2F, 0))
                        .fma(sc.rearrange(SPREAD2), a2);
                ShortVector v3 = ShortVector.fromMemorySegment(Lanes.SHORT, w, at + 12 * L, LE);
                IntVector s3 = v3.sub(OFFSETS)
                        .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 12 * L))
                        .add(v3.lanewise(VectorOperators.XOR, UPPER)
                                .lanewise(VectorOperators.ASHR, 8)
                                .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 14 * L)))
                        .reinterpretAsInts();
                a3 = ((FloatVector) s3.lanewise(VectorOperators.LSHL, 16)
                                .lanewise(VectorOperators.ASHR, 16)
                                .add(s3.lanewise(VectorOperators.ASHR, 16))
                                .convert(VectorOperators.I2F, 0))
                        .fma(sc.rearrange(SPREAD3), a3);
                ShortVector v4 = ShortVector.fromMemorySegment(Lanes.SHORT, w, at + 16 * L, LE);
                IntVector s4 = v4.sub(OFFSETS)
                        .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 16 * L))
                        .add(v4.lanewise(VectorOperators.XOR, UPPER)
                                .lanewise(VectorOperators.ASHR, 8)
                                .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 18 * L)))
                        .reinterpretAsInts();
                a0 = ((FloatVector) s4.lanewise(VectorOperators.LSHL, 16)
                                .lanewise(VectorOperators.ASHR, 16)
                                .add(s4.lanewise(VectorOperators.ASHR, 16))
                                .convert(VectorOperators.I2F, 0))
                        .fma(sc.rearrange(SPREAD4), a0);
                ShortVector v5 = ShortVector.fromMemorySegment(Lanes.SHORT, w, at + 20 * L, LE);
                IntVector s5 = v5.sub(OFFSETS)
                        .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 20 * L))
                        .add(v5.lanewise(VectorOperators.XOR, UPPER)
                                .lanewise(VectorOperators.ASHR, 8)
                                .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 22 * L)))
                        .reinterpretAsInts();
                a1 = ((FloatVector) s5.lanewise(VectorOperators.LSHL, 16)
                                .lanewise(VectorOperators.ASHR, 16)
                                .add(s5.lanewise(VectorOperators.ASHR, 16))
                                .convert(VectorOperators.I2F, 0))
                        .fma(sc.rearrange(SPREAD5), a1);
                ShortVector v6 = ShortVector.fromMemorySegment(Lanes.SHORT, w, at + 24 * L, LE);
                IntVector s6 = v6.sub(OFFSETS)
                        .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 24 * L))
                        .add(v6.lanewise(VectorOperators.XOR, UPPER)
                                .lanewise(VectorOperators.ASHR, 8)
                                .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 26 * L)))
                        .reinterpretAsInts();
                a2 = ((FloatVector) s6.lanewise(VectorOperators.LSHL, 16)
                                .lanewise(VectorOperators.ASHR, 16)
                                .add(s6.lanewise(VectorOperators.ASHR, 16))
                                .convert(VectorOperators.I2F, 0))
                        .fma(sc.rearrange(SPREAD6), a2);
                ShortVector v7 = ShortVector.fromMemorySegment(Lanes.SHORT, w, at + 28 * L, LE);
                IntVector s7 = v7.sub(OFFSETS)
                        .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 28 * L))
                        .add(v7.lanewise(VectorOperators.XOR, UPPER)
                                .lanewise(VectorOperators.ASHR, 8)
                                .mul(ShortVector.fromArray(Lanes.SHORT, codes, i + 30 * L)))
                        .reinterpretAsInts();
                a3 = ((FloatVector) s7.lanewise(VectorOperators.LSHL, 16)
                                .lanewise(VectorOperators.ASHR, 16)
                                .add(s7.lanewise(VectorOperators.ASHR, 16))
                                .convert(VectorOperators.I2F, 0))
                        .fma(sc.rearrange(SPREAD7), a3);
                at += 32 * L;
                scaleAt += 2 * L;
                g += L;
            }
            a0.add(a1).add(a2).add(a3).intoArray(lanes, lanesAt + (o - from) * L);
        }
    }

    /** Adds elements {@code first} to {@code end} to the lanes, load by load: what makes no step, and larger groups. */
    private static void loads(
            Matrix.Int8 matrix, int from, int to, int first, int end, IntegerRow x, float[] lanes, int lanesAt) {
        MemorySegment w = matrix.packed();
        MemorySegment scales = matrix.scales();
        short[] codes = x.codes;
        float[] xScales = x.scales;
        int shift = Integer.numberOfTrailingZeros(matrix.group());
        int second = L > 8 ? 1 : 0;
        for (int o = from; o < to; o++) {
            FloatVector a = FloatVector.fromArray(Lanes.FLOAT, lanes, lanesAt + (o - from) * L);
            long row = (long) o * matrix.cols();
            for (int i = first; i < end; i += 4 * L) {
                int c = x.codeAt + i;
                int g = x.groupAt + i / Activations.GROUP;
                long at = row + i;
                float scale0 = Weights.bf16(scales, at >> shift) * xScales[g];
                float scale1 = Weights.bf16(scales, at + second * Activations.GROUP >> shift) * xScales[g + second];
                ShortVector v = ShortVector.fromMemorySegment(Lanes.SHORT, w, at, LE);
                IntVector s = v.sub(OFFSETS)
                        .mul(ShortVector.fromArray(Lanes.SHORT, codes, c))
                        .add(v.lanewise(VectorOperators.XOR, UPPER)
                                .lanewise(VectorOperators.ASHR, 8)
                                .mul(ShortVector.fromArray(Lanes.SHORT, codes, c + 2 * L)))
                        .reinterpretAsInts();
                a = ((FloatVector) s.lanewise(VectorOperators.LSHL, 16)
                                .lanewise(VectorOperators.ASHR, 16)
                                .add(s.lanewise(VectorOperators.ASHR, 16))
                                .convert(VectorOperators.I2F, 0))
                        .fma(FloatVector.broadcast(Lanes.FLOAT, scale0).blend(scale1, SECOND), a);
            }
            a.intoArray(lanes, lanesAt + (o - from) * L);
        }
    }
}

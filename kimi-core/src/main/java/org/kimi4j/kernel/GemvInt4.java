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

    private GemvInt4() {}

    private static VectorShuffle<Float> spread(int load) {
        return VectorShuffle.fromOp(Lanes.FLOAT, lane -> load * (L / 4) + lane / 4);
    }

    /**
     * Leaves the running vectors of weight rows {@code from} to {@code to} and one packed row of floats in {@code lanes}, one
     * after the other: the sums of {@link WeightPanel} and {@link Gemm#row} without the way through memory.
     */
    static void floatRows(
            Matrix.Int4 matrix, int from, int to, ElementOrder order, float[] x, int xAt, float[] lanes, int lanesAt) {
        MemorySegment w = matrix.packed();
        MemorySegment scales = matrix.scales();
        int step = 8 * order.lanes;
        for (int o = from; o < to; o++) {
            long at = (long) o * matrix.cols() / 2;
            long scaleAt = (long) o * matrix.cols() / Matrix.Int4.GROUP * 2;
            FloatVector run = FloatVector.zero(Lanes.FLOAT);
            for (int first = 0; first < order.vectorized(); first += ElementOrder.SUPERBLOCK) {
                int chain = order.length(first) / ElementOrder.CHAINS;
                int x0 = xAt + first;
                int x1 = x0 + chain;
                int x2 = x1 + chain;
                int x3 = x2 + chain;
                FloatVector a0 = FloatVector.zero(Lanes.FLOAT);
                FloatVector a1 = a0;
                FloatVector a2 = a0;
                FloatVector a3 = a0;
                for (int i = 0; i < chain; i += step) {
                    FloatVector sc = ((IntVector) ShortVector.fromMemorySegment(Lanes.HALF_SHORT, scales, scaleAt, LE)
                                    .convertShape(VectorOperators.S2I, Lanes.INT, 0))
                            .lanewise(VectorOperators.LSHL, 16)
                            .reinterpretAsFloats();
                    IntVector v0 = IntVector.fromMemorySegment(Lanes.INT, w, at, LE);
                    FloatVector scale0 = sc.rearrange(SPREAD0);
                    FloatVector eight0 = scale0.mul(-8f);
                    a0 = ((FloatVector) v0.and(15).convert(VectorOperators.I2F, 0))
                            .fma(scale0, eight0)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x0 + i), a0);
                    a1 = ((FloatVector)
                                    v0.lanewise(VectorOperators.LSHR, 4).and(15).convert(VectorOperators.I2F, 0))
                            .fma(scale0, eight0)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x1 + i), a1);
                    a2 = ((FloatVector)
                                    v0.lanewise(VectorOperators.LSHR, 8).and(15).convert(VectorOperators.I2F, 0))
                            .fma(scale0, eight0)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x2 + i), a2);
                    a3 = ((FloatVector) v0.lanewise(VectorOperators.LSHR, 12)
                                    .and(15)
                                    .convert(VectorOperators.I2F, 0))
                            .fma(scale0, eight0)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x3 + i), a3);
                    a0 = ((FloatVector) v0.lanewise(VectorOperators.LSHR, 16)
                                    .and(15)
                                    .convert(VectorOperators.I2F, 0))
                            .fma(scale0, eight0)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x0 + i + L), a0);
                    a1 = ((FloatVector) v0.lanewise(VectorOperators.LSHR, 20)
                                    .and(15)
                                    .convert(VectorOperators.I2F, 0))
                            .fma(scale0, eight0)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x1 + i + L), a1);
                    a2 = ((FloatVector) v0.lanewise(VectorOperators.LSHR, 24)
                                    .and(15)
                                    .convert(VectorOperators.I2F, 0))
                            .fma(scale0, eight0)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x2 + i + L), a2);
                    a3 = ((FloatVector) v0.lanewise(VectorOperators.LSHR, 28).convert(VectorOperators.I2F, 0))
                            .fma(scale0, eight0)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x3 + i + L), a3);
                    IntVector v1 = IntVector.fromMemorySegment(Lanes.INT, w, at + 4 * L, LE);
                    FloatVector scale1 = sc.rearrange(SPREAD1);
                    FloatVector eight1 = scale1.mul(-8f);
                    a0 = ((FloatVector) v1.and(15).convert(VectorOperators.I2F, 0))
                            .fma(scale1, eight1)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x0 + i + 2 * L), a0);
                    a1 = ((FloatVector)
                                    v1.lanewise(VectorOperators.LSHR, 4).and(15).convert(VectorOperators.I2F, 0))
                            .fma(scale1, eight1)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x1 + i + 2 * L), a1);
                    a2 = ((FloatVector)
                                    v1.lanewise(VectorOperators.LSHR, 8).and(15).convert(VectorOperators.I2F, 0))
                            .fma(scale1, eight1)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x2 + i + 2 * L), a2);
                    a3 = ((FloatVector) v1.lanewise(VectorOperators.LSHR, 12)
                                    .and(15)
                                    .convert(VectorOperators.I2F, 0))
                            .fma(scale1, eight1)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x3 + i + 2 * L), a3);
                    a0 = ((FloatVector) v1.lanewise(VectorOperators.LSHR, 16)
                                    .and(15)
                                    .convert(VectorOperators.I2F, 0))
                            .fma(scale1, eight1)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x0 + i + 3 * L), a0);
                    a1 = ((FloatVector) v1.lanewise(VectorOperators.LSHR, 20)
                                    .and(15)
                                    .convert(VectorOperators.I2F, 0))
                            .fma(scale1, eight1)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x1 + i + 3 * L), a1);
                    a2 = ((FloatVector) v1.lanewise(VectorOperators.LSHR, 24)
                                    .and(15)
                                    .convert(VectorOperators.I2F, 0))
                            .fma(scale1, eight1)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x2 + i + 3 * L), a2);
                    a3 = ((FloatVector) v1.lanewise(VectorOperators.LSHR, 28).convert(VectorOperators.I2F, 0))
                            .fma(scale1, eight1)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x3 + i + 3 * L), a3);
                    IntVector v2 = IntVector.fromMemorySegment(Lanes.INT, w, at + 8 * L, LE);
                    FloatVector scale2 = sc.rearrange(SPREAD2);
                    FloatVector eight2 = scale2.mul(-8f);
                    a0 = ((FloatVector) v2.and(15).convert(VectorOperators.I2F, 0))
                            .fma(scale2, eight2)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x0 + i + 4 * L), a0);
                    a1 = ((FloatVector)
                                    v2.lanewise(VectorOperators.LSHR, 4).and(15).convert(VectorOperators.I2F, 0))
                            .fma(scale2, eight2)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x1 + i + 4 * L), a1);
                    a2 = ((FloatVector)
                                    v2.lanewise(VectorOperators.LSHR, 8).and(15).convert(VectorOperators.I2F, 0))
                            .fma(scale2, eight2)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x2 + i + 4 * L), a2);
                    a3 = ((FloatVector) v2.lanewise(VectorOperators.LSHR, 12)
                                    .and(15)
                                    .convert(VectorOperators.I2F, 0))
                            .fma(scale2, eight2)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x3 + i + 4 * L), a3);
                    a0 = ((FloatVector) v2.lanewise(VectorOperators.LSHR, 16)
                                    .and(15)
                                    .convert(VectorOperators.I2F, 0))
                            .fma(scale2, eight2)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x0 + i + 5 * L), a0);
                    a1 = ((FloatVector) v2.lanewise(VectorOperators.LSHR, 20)
                                    .and(15)
                                    .convert(VectorOperators.I2F, 0))
                            .fma(scale2, eight2)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x1 + i + 5 * L), a1);
                    a2 = ((FloatVector) v2.lanewise(VectorOperators.LSHR, 24)
                                    .and(15)
                                    .convert(VectorOperators.I2F, 0))
                            .fma(scale2, eight2)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x2 + i + 5 * L), a2);
                    a3 = ((FloatVector) v2.lanewise(VectorOperators.LSHR, 28).convert(VectorOperators.I2F, 0))
                            .fma(scale2, eight2)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x3 + i + 5 * L), a3);
                    IntVector v3 = IntVector.fromMemorySegment(Lanes.INT, w, at + 12 * L, LE);
                    FloatVector scale3 = sc.rearrange(SPREAD3);
                    FloatVector eight3 = scale3.mul(-8f);
                    a0 = ((FloatVector) v3.and(15).convert(VectorOperators.I2F, 0))
                            .fma(scale3, eight3)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x0 + i + 6 * L), a0);
                    a1 = ((FloatVector)
                                    v3.lanewise(VectorOperators.LSHR, 4).and(15).convert(VectorOperators.I2F, 0))
                            .fma(scale3, eight3)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x1 + i + 6 * L), a1);
                    a2 = ((FloatVector)
                                    v3.lanewise(VectorOperators.LSHR, 8).and(15).convert(VectorOperators.I2F, 0))
                            .fma(scale3, eight3)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x2 + i + 6 * L), a2);
                    a3 = ((FloatVector) v3.lanewise(VectorOperators.LSHR, 12)
                                    .and(15)
                                    .convert(VectorOperators.I2F, 0))
                            .fma(scale3, eight3)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x3 + i + 6 * L), a3);
                    a0 = ((FloatVector) v3.lanewise(VectorOperators.LSHR, 16)
                                    .and(15)
                                    .convert(VectorOperators.I2F, 0))
                            .fma(scale3, eight3)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x0 + i + 7 * L), a0);
                    a1 = ((FloatVector) v3.lanewise(VectorOperators.LSHR, 20)
                                    .and(15)
                                    .convert(VectorOperators.I2F, 0))
                            .fma(scale3, eight3)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x1 + i + 7 * L), a1);
                    a2 = ((FloatVector) v3.lanewise(VectorOperators.LSHR, 24)
                                    .and(15)
                                    .convert(VectorOperators.I2F, 0))
                            .fma(scale3, eight3)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x2 + i + 7 * L), a2);
                    a3 = ((FloatVector) v3.lanewise(VectorOperators.LSHR, 28).convert(VectorOperators.I2F, 0))
                            .fma(scale3, eight3)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x3 + i + 7 * L), a3);
                    at += 16 * L;
                    scaleAt += 2 * L;
                }
                run = run.add(a0).add(a1).add(a2).add(a3);
            }
            run.intoArray(lanes, lanesAt + (o - from) * L);
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
        int words = vectorized / 2;
        for (int o = from; o < to; o++) {
            FloatVector a0 = FloatVector.zero(Lanes.FLOAT);
            FloatVector a1 = a0;
            FloatVector a2 = a0;
            FloatVector a3 = a0;
            FloatVector correction = a0;
            long at = (long) o * matrix.cols() / 2;
            long scaleAt = (long) o * matrix.cols() / Matrix.Int4.GROUP * 2;
            int g = groupAt;
            int end = codeAt + words;
            for (int i = codeAt; i < end; i += 16 * L) {
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
                                .mul(IntVector.fromArray(Lanes.INT, codes, i + L)
                                        .reinterpretAsShorts()))
                        .add(v0.lanewise(VectorOperators.LSHR, 8)
                                .reinterpretAsShorts()
                                .mul(IntVector.fromArray(Lanes.INT, codes, i + 2 * L)
                                        .reinterpretAsShorts()))
                        .add(v0.lanewise(VectorOperators.LSHR, 12)
                                .reinterpretAsShorts()
                                .mul(IntVector.fromArray(Lanes.INT, codes, i + 3 * L)
                                        .reinterpretAsShorts()))
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
                                .mul(IntVector.fromArray(Lanes.INT, codes, i + 5 * L)
                                        .reinterpretAsShorts()))
                        .add(v1.lanewise(VectorOperators.LSHR, 8)
                                .reinterpretAsShorts()
                                .mul(IntVector.fromArray(Lanes.INT, codes, i + 6 * L)
                                        .reinterpretAsShorts()))
                        .add(v1.lanewise(VectorOperators.LSHR, 12)
                                .reinterpretAsShorts()
                                .mul(IntVector.fromArray(Lanes.INT, codes, i + 7 * L)
                                        .reinterpretAsShorts()))
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
                                .mul(IntVector.fromArray(Lanes.INT, codes, i + 9 * L)
                                        .reinterpretAsShorts()))
                        .add(v2.lanewise(VectorOperators.LSHR, 8)
                                .reinterpretAsShorts()
                                .mul(IntVector.fromArray(Lanes.INT, codes, i + 10 * L)
                                        .reinterpretAsShorts()))
                        .add(v2.lanewise(VectorOperators.LSHR, 12)
                                .reinterpretAsShorts()
                                .mul(IntVector.fromArray(Lanes.INT, codes, i + 11 * L)
                                        .reinterpretAsShorts()))
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
                                .mul(IntVector.fromArray(Lanes.INT, codes, i + 13 * L)
                                        .reinterpretAsShorts()))
                        .add(v3.lanewise(VectorOperators.LSHR, 8)
                                .reinterpretAsShorts()
                                .mul(IntVector.fromArray(Lanes.INT, codes, i + 14 * L)
                                        .reinterpretAsShorts()))
                        .add(v3.lanewise(VectorOperators.LSHR, 12)
                                .reinterpretAsShorts()
                                .mul(IntVector.fromArray(Lanes.INT, codes, i + 15 * L)
                                        .reinterpretAsShorts()))
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
            a0.add(a1).add(a2).add(a3).add(correction).intoArray(lanes, lanesAt + (o - from) * L);
        }
    }
}

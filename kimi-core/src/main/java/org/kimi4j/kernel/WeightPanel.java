package org.kimi4j.kernel;

import static org.kimi4j.kernel.Lanes.LE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import org.kimi4j.tensor.Matrix;

/**
 * Unpacks one chain of one superblock of a few weight rows as exact floats: {@code [vectors, Gemm.OUTPUTS, lanes]}, in the
 * order of {@link ElementOrder}. That is 24 KB or less, which is still in the first cache when it is used; whole superblocks would be
 * written to the second cache and read back. All rows are one call, since a call per row costs as much as the row.
 */
final class WeightPanel {

    private static final int L = Lanes.COUNT;
    /** Bytes from a vector of one output to its next one. */
    private static final long STRIDE = 4L * Gemm.OUTPUTS * L;
    /** Floats of the largest panel. */
    static final int SIZE = Gemm.OUTPUTS * ElementOrder.SUPERBLOCK / ElementOrder.CHAINS;

    private static final int HIGH = 0xffff0000;
    /** Or-ed under a small integer this is the float 2^23 + integer. */
    private static final int TWO_23 = 0x4b000000;

    private static final float TWO_23_PLUS_128 = 8388736f;
    /** Lanes of a load of INT8 codes that belong to its second group of 32; none below 512 bits. */
    private static final VectorMask<Float> SECOND = second();

    private static final VectorShuffle<Float> SPREAD0 = spread(0);
    private static final VectorShuffle<Float> SPREAD1 = spread(1);
    private static final VectorShuffle<Float> SPREAD2 = spread(2);
    private static final VectorShuffle<Float> SPREAD3 = spread(3);

    // Vectors of equal lanes as arrays: what is read from an array stays in a register, what is a constant is spread at
    // each use.
    private static final int[] NIBBLE = filled(L, _ -> 0xf0000);
    private static final int[] ONE28 = filled(L, _ -> 0x43000000);
    private static final float[] MINUS136 = minus136();
    /** By how much the lower of a chain's two nibbles is shifted up to the bits of NIBBLE, for each chain. */
    private static final int[] LEFT = filled(ElementOrder.CHAINS * L, i -> 16 - i / L * 4);
    /** By how much the upper one is shifted down. */
    private static final int[] RIGHT = filled(ElementOrder.CHAINS * L, i -> i / L * 4);

    private WeightPanel() {}

    private static int[] filled(int length, IntUnaryOperator value) {
        int[] array = new int[length];
        Arrays.setAll(array, value);
        return array;
    }

    private static float[] minus136() {
        float[] array = new float[L];
        Arrays.fill(array, -136);
        return array;
    }

    /** Four lanes hold the 32 elements of an INT4 group. */
    private static VectorShuffle<Float> spread(int load) {
        return VectorShuffle.fromOp(Lanes.FLOAT, lane -> load * (L / 4) + lane / 4);
    }

    private static VectorMask<Float> second() {
        boolean[] lanes = new boolean[L];
        Arrays.fill(lanes, Math.min(8, L), L, true);
        return VectorMask.fromArray(Lanes.FLOAT, lanes, 0);
    }

    /**
     * Fills a panel; outputs from {@code rows} on are zeros.
     *
     * @param row the first weight row
     * @param rows at most {@link Gemm#OUTPUTS}
     * @param first first element of the superblock
     * @param length vectorised elements of the superblock, in all chains
     * @param chain which chain of it
     */
    static void unpack(Matrix w, int row, int rows, int first, int length, int chain, MemorySegment to) {
        switch (w) {
            case Matrix.F32 f -> floats(f, row, rows, first, length, chain, to);
            case Matrix.Bf16 b -> halves(b, row, rows, first, length, chain, to);
            case Matrix.Int4 q -> nibbles(q, row, rows, first, length, chain, to);
            case Matrix.Int8 q -> bytes(q, row, rows, first, length, chain, to);
        }
        clear(rows, length / ElementOrder.CHAINS, to);
    }

    /** Fills a panel with what is left of the rows after the last whole step, filled up with zeros. */
    static void unpackTail(Matrix w, int row, int rows, ElementOrder order, float[] scratch, MemorySegment to) {
        int count = w.cols() - order.vectorized();
        int length = order.tailVectors() * L;
        for (int n = 0; n < rows; n++) {
            Weights.row(w, row + n, order.vectorized(), count, scratch, 0);
            Arrays.fill(scratch, count, length, 0);
            for (int i = 0; i < length; i += L) {
                MemorySegment.copy(scratch, i, to, ValueLayout.JAVA_FLOAT, i / L * STRIDE + 4L * n * L, L);
            }
        }
        clear(rows, length, to);
    }

    private static void clear(int rows, int length, MemorySegment to) {
        if (rows < Gemm.OUTPUTS) {
            long unused = STRIDE - 4L * rows * L;
            for (long end = STRIDE; end <= length / L * STRIDE; end += STRIDE) {
                to.asSlice(end - unused, unused).fill((byte) 0);
            }
        }
    }

    private static void floats(Matrix.F32 w, int row, int rows, int first, int length, int chain, MemorySegment to) {
        if (to.getClass() != AlignedFloats.KIND) {
            throw AlignedFloats.other(to);
        }
        MemorySegment values = w.values();
        for (int n = 0; n < rows; n++) {
            long at = 4 * ((long) (row + n) * w.cols() + first + chain * L);
            long into = 4L * n * L;
            for (int i = 0; i < length; i += 4 * L) {
                FloatVector.fromMemorySegment(Lanes.FLOAT, values, at, LE).intoMemorySegment(to, into, LE);
                at += 16 * L;
                into += STRIDE;
            }
        }
    }

    private static void halves(Matrix.Bf16 w, int row, int rows, int first, int length, int chain, MemorySegment to) {
        if (to.getClass() != AlignedFloats.KIND) {
            throw AlignedFloats.other(to);
        }
        MemorySegment values = w.values();
        for (int n = 0; n < rows; n++) {
            long at = 2 * ((long) (row + n) * w.cols() + first + chain * 2 * L);
            long into = 4L * n * L;
            for (int i = 0; i < length; i += 8 * L) {
                IntVector v = IntVector.fromMemorySegment(Lanes.INT, values, at, LE);
                v.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().intoMemorySegment(to, into, LE);
                v.and(HIGH).reinterpretAsFloats().intoMemorySegment(to, into + STRIDE, LE);
                at += 16 * L;
                into += 2 * STRIDE;
            }
        }
    }

    /**
     * Of every word the chain has two nibbles, 16 bits apart. Brought to the bits that count 1 in a float from 128 on, a nibble
     * makes the float 128 + nibble; that times the scale, minus 136 times the scale, which is exact, is the weight, and rounds
     * nothing away.
     */
    private static void nibbles(Matrix.Int4 w, int row, int rows, int first, int length, int chain, MemorySegment to) {
        if (to.getClass() != AlignedFloats.KIND) {
            throw AlignedFloats.other(to);
        }
        MemorySegment packed = w.packed();
        MemorySegment scales = w.scales();
        IntVector left = IntVector.fromArray(Lanes.INT, LEFT, chain * L);
        IntVector right = IntVector.fromArray(Lanes.INT, RIGHT, chain * L);
        IntVector mask = IntVector.fromArray(Lanes.INT, NIBBLE, 0);
        IntVector one28 = IntVector.fromArray(Lanes.INT, ONE28, 0);
        FloatVector minus136 = FloatVector.fromArray(Lanes.FLOAT, MINUS136, 0);
        for (int n = 0; n < rows; n++) {
            long index = (long) (row + n) * w.cols() + first;
            long at = index / 2;
            long scaleAt = index / Matrix.Int4.GROUP * 2;
            long into = 4L * n * L;
            for (int i = 0; i < length; i += 32 * L) {
                FloatVector sc = ((IntVector) ShortVector.fromMemorySegment(Lanes.HALF_SHORT, scales, scaleAt, LE)
                                .convertShape(VectorOperators.S2I, Lanes.INT, 0))
                        .lanewise(VectorOperators.LSHL, 16)
                        .reinterpretAsFloats();
                IntVector v = IntVector.fromMemorySegment(Lanes.INT, packed, at, LE);
                FloatVector scale = sc.rearrange(SPREAD0);
                FloatVector offset = scale.mul(minus136);
                v.lanewise(VectorOperators.LSHL, left)
                        .and(mask)
                        .or(one28)
                        .reinterpretAsFloats()
                        .fma(scale, offset)
                        .intoMemorySegment(to, into, LE);
                v.lanewise(VectorOperators.LSHR, right)
                        .and(mask)
                        .or(one28)
                        .reinterpretAsFloats()
                        .fma(scale, offset)
                        .intoMemorySegment(to, into + STRIDE, LE);
                v = IntVector.fromMemorySegment(Lanes.INT, packed, at + 4 * L, LE);
                scale = sc.rearrange(SPREAD1);
                offset = scale.mul(minus136);
                v.lanewise(VectorOperators.LSHL, left)
                        .and(mask)
                        .or(one28)
                        .reinterpretAsFloats()
                        .fma(scale, offset)
                        .intoMemorySegment(to, into + 2 * STRIDE, LE);
                v.lanewise(VectorOperators.LSHR, right)
                        .and(mask)
                        .or(one28)
                        .reinterpretAsFloats()
                        .fma(scale, offset)
                        .intoMemorySegment(to, into + 3 * STRIDE, LE);
                v = IntVector.fromMemorySegment(Lanes.INT, packed, at + 8 * L, LE);
                scale = sc.rearrange(SPREAD2);
                offset = scale.mul(minus136);
                v.lanewise(VectorOperators.LSHL, left)
                        .and(mask)
                        .or(one28)
                        .reinterpretAsFloats()
                        .fma(scale, offset)
                        .intoMemorySegment(to, into + 4 * STRIDE, LE);
                v.lanewise(VectorOperators.LSHR, right)
                        .and(mask)
                        .or(one28)
                        .reinterpretAsFloats()
                        .fma(scale, offset)
                        .intoMemorySegment(to, into + 5 * STRIDE, LE);
                v = IntVector.fromMemorySegment(Lanes.INT, packed, at + 12 * L, LE);
                scale = sc.rearrange(SPREAD3);
                offset = scale.mul(minus136);
                v.lanewise(VectorOperators.LSHL, left)
                        .and(mask)
                        .or(one28)
                        .reinterpretAsFloats()
                        .fma(scale, offset)
                        .intoMemorySegment(to, into + 6 * STRIDE, LE);
                v.lanewise(VectorOperators.LSHR, right)
                        .and(mask)
                        .or(one28)
                        .reinterpretAsFloats()
                        .fma(scale, offset)
                        .intoMemorySegment(to, into + 7 * STRIDE, LE);
                at += 16 * L;
                scaleAt += 2 * L;
                into += 8 * STRIDE;
            }
        }
    }

    /** A chain is a quarter of the superblock. */
    private static void bytes(Matrix.Int8 w, int row, int rows, int first, int length, int chain, MemorySegment to) {
        if (to.getClass() != AlignedFloats.KIND) {
            throw AlignedFloats.other(to);
        }
        MemorySegment packed = w.packed();
        MemorySegment scales = w.scales();
        int shift = Integer.numberOfTrailingZeros(w.group());
        for (int n = 0; n < rows; n++) {
            long at = (long) (row + n) * w.cols() + first + chain * (length / ElementOrder.CHAINS);
            long into = 4L * n * L;
            for (int i = 0; i < length; i += 16 * L) {
                IntVector v = IntVector.fromMemorySegment(Lanes.INT, packed, at, LE);
                FloatVector scale = FloatVector.broadcast(Lanes.FLOAT, Weights.bf16(scales, at >> shift))
                        .blend(Weights.bf16(scales, at + (L > 8 ? 32 : 0) >> shift), SECOND);
                v.and(255)
                        .or(TWO_23)
                        .reinterpretAsFloats()
                        .sub(TWO_23_PLUS_128)
                        .mul(scale)
                        .intoMemorySegment(to, into, LE);
                v.lanewise(VectorOperators.LSHR, 8)
                        .and(255)
                        .or(TWO_23)
                        .reinterpretAsFloats()
                        .sub(TWO_23_PLUS_128)
                        .mul(scale)
                        .intoMemorySegment(to, into + STRIDE, LE);
                v.lanewise(VectorOperators.LSHR, 16)
                        .and(255)
                        .or(TWO_23)
                        .reinterpretAsFloats()
                        .sub(TWO_23_PLUS_128)
                        .mul(scale)
                        .intoMemorySegment(to, into + 2 * STRIDE, LE);
                v.lanewise(VectorOperators.LSHR, 24)
                        .or(TWO_23)
                        .reinterpretAsFloats()
                        .sub(TWO_23_PLUS_128)
                        .mul(scale)
                        .intoMemorySegment(to, into + 3 * STRIDE, LE);
                at += 4 * L;
                into += 4 * STRIDE;
            }
        }
    }
}

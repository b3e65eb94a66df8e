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
 * Unpacks one chain of one superblock of a few weight rows as exact floats: {@code [vectors, Gemm.OUTPUTS, lanes]}, in the
 * order of {@link ElementOrder}. That is 24 KB or less, which is still in the first cache when it is used; whole superblocks would be
 * written to the second cache and read back. All rows are one call, since a call per row costs as much as the row.
 */
final class WeightPanel {

    private static final int L = Lanes.COUNT;
    /** From a vector of one output to its next one. */
    private static final int STRIDE = Gemm.OUTPUTS * L;
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

    private WeightPanel() {}

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
    static void unpack(Matrix w, int row, int rows, int first, int length, int chain, float[] to) {
        switch (w) {
            case Matrix.F32 f -> floats(f, row, rows, first, length, chain, to);
            case Matrix.Bf16 b -> halves(b, row, rows, first, length, chain, to);
            case Matrix.Int4 q -> nibbles(q, row, rows, first, length, chain, to);
            case Matrix.Int8 q -> bytes(q, row, rows, first, length, chain, to);
        }
        clear(rows, length / ElementOrder.CHAINS, to);
    }

    /** Fills a panel with what is left of the rows after the last whole step, filled up with zeros. */
    static void unpackTail(Matrix w, int row, int rows, ElementOrder order, float[] scratch, float[] to) {
        int count = w.cols() - order.vectorized();
        int length = order.tailVectors() * L;
        for (int n = 0; n < rows; n++) {
            Weights.row(w, row + n, order.vectorized(), count, scratch, 0);
            Arrays.fill(scratch, count, length, 0);
            for (int i = 0; i < length; i += L) {
                System.arraycopy(scratch, i, to, i / L * STRIDE + n * L, L);
            }
        }
        clear(rows, length, to);
    }

    private static void clear(int rows, int length, float[] to) {
        if (rows < Gemm.OUTPUTS) {
            for (int at = 0; at < length / L * STRIDE; at += STRIDE) {
                Arrays.fill(to, at + rows * L, at + STRIDE, 0);
            }
        }
    }

    private static void floats(Matrix.F32 w, int row, int rows, int first, int length, int chain, float[] to) {
        MemorySegment values = w.values();
        for (int n = 0; n < rows; n++) {
            long at = 4 * ((long) (row + n) * w.cols() + first + chain * L);
            int into = n * L;
            for (int i = 0; i < length; i += 4 * L) {
                FloatVector.fromMemorySegment(Lanes.FLOAT, values, at, LE).intoArray(to, into);
                at += 16 * L;
                into += STRIDE;
            }
        }
    }

    private static void halves(Matrix.Bf16 w, int row, int rows, int first, int length, int chain, float[] to) {
        MemorySegment values = w.values();
        for (int n = 0; n < rows; n++) {
            long at = 2 * ((long) (row + n) * w.cols() + first + chain * 2 * L);
            int into = n * L;
            for (int i = 0; i < length; i += 8 * L) {
                IntVector v = IntVector.fromMemorySegment(Lanes.INT, values, at, LE);
                v.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().intoArray(to, into);
                v.and(HIGH).reinterpretAsFloats().intoArray(to, into + STRIDE);
                at += 16 * L;
                into += 2 * STRIDE;
            }
        }
    }

    /**
     * Scale times nibble minus scale times 8, of which a fused multiply-add rounds nothing away. Of every word the chain has
     * two nibbles, 16 bits apart.
     */
    private static void nibbles(Matrix.Int4 w, int row, int rows, int first, int length, int chain, float[] to) {
        MemorySegment packed = w.packed();
        MemorySegment scales = w.scales();
        int low = 4 * chain;
        int high = low + 16;
        for (int n = 0; n < rows; n++) {
            long index = (long) (row + n) * w.cols() + first;
            long at = index / 2;
            long scaleAt = index / Matrix.Int4.GROUP * 2;
            int into = n * L;
            for (int i = 0; i < length; i += 32 * L) {
                FloatVector sc = ((IntVector) ShortVector.fromMemorySegment(Lanes.HALF_SHORT, scales, scaleAt, LE)
                                .convertShape(VectorOperators.S2I, Lanes.INT, 0))
                        .lanewise(VectorOperators.LSHL, 16)
                        .reinterpretAsFloats();
                IntVector v = IntVector.fromMemorySegment(Lanes.INT, packed, at, LE);
                FloatVector scale = sc.rearrange(SPREAD0);
                FloatVector eight = scale.mul(-8f);
                ((FloatVector) v.lanewise(VectorOperators.LSHR, low).and(15).convert(VectorOperators.I2F, 0))
                        .fma(scale, eight)
                        .intoArray(to, into);
                ((FloatVector) v.lanewise(VectorOperators.LSHR, high).and(15).convert(VectorOperators.I2F, 0))
                        .fma(scale, eight)
                        .intoArray(to, into + STRIDE);
                v = IntVector.fromMemorySegment(Lanes.INT, packed, at + 4 * L, LE);
                scale = sc.rearrange(SPREAD1);
                eight = scale.mul(-8f);
                ((FloatVector) v.lanewise(VectorOperators.LSHR, low).and(15).convert(VectorOperators.I2F, 0))
                        .fma(scale, eight)
                        .intoArray(to, into + 2 * STRIDE);
                ((FloatVector) v.lanewise(VectorOperators.LSHR, high).and(15).convert(VectorOperators.I2F, 0))
                        .fma(scale, eight)
                        .intoArray(to, into + 3 * STRIDE);
                v = IntVector.fromMemorySegment(Lanes.INT, packed, at + 8 * L, LE);
                scale = sc.rearrange(SPREAD2);
                eight = scale.mul(-8f);
                ((FloatVector) v.lanewise(VectorOperators.LSHR, low).and(15).convert(VectorOperators.I2F, 0))
                        .fma(scale, eight)
                        .intoArray(to, into + 4 * STRIDE);
                ((FloatVector) v.lanewise(VectorOperators.LSHR, high).and(15).convert(VectorOperators.I2F, 0))
                        .fma(scale, eight)
                        .intoArray(to, into + 5 * STRIDE);
                v = IntVector.fromMemorySegment(Lanes.INT, packed, at + 12 * L, LE);
                scale = sc.rearrange(SPREAD3);
                eight = scale.mul(-8f);
                ((FloatVector) v.lanewise(VectorOperators.LSHR, low).and(15).convert(VectorOperators.I2F, 0))
                        .fma(scale, eight)
                        .intoArray(to, into + 6 * STRIDE);
                ((FloatVector) v.lanewise(VectorOperators.LSHR, high).and(15).convert(VectorOperators.I2F, 0))
                        .fma(scale, eight)
                        .intoArray(to, into + 7 * STRIDE);
                at += 16 * L;
                scaleAt += 2 * L;
                into += 8 * STRIDE;
            }
        }
    }

    /** A chain is a quarter of the superblock. */
    private static void bytes(Matrix.Int8 w, int row, int rows, int first, int length, int chain, float[] to) {
        MemorySegment packed = w.packed();
        MemorySegment scales = w.scales();
        int shift = Integer.numberOfTrailingZeros(w.group());
        for (int n = 0; n < rows; n++) {
            long at = (long) (row + n) * w.cols() + first + chain * (length / ElementOrder.CHAINS);
            int into = n * L;
            for (int i = 0; i < length; i += 16 * L) {
                IntVector v = IntVector.fromMemorySegment(Lanes.INT, packed, at, LE);
                FloatVector scale = FloatVector.broadcast(Lanes.FLOAT, Weights.bf16(scales, at >> shift))
                        .blend(Weights.bf16(scales, at + (L > 8 ? 32 : 0) >> shift), SECOND);
                v.and(255)
                        .or(TWO_23)
                        .reinterpretAsFloats()
                        .sub(TWO_23_PLUS_128)
                        .mul(scale)
                        .intoArray(to, into);
                v.lanewise(VectorOperators.LSHR, 8)
                        .and(255)
                        .or(TWO_23)
                        .reinterpretAsFloats()
                        .sub(TWO_23_PLUS_128)
                        .mul(scale)
                        .intoArray(to, into + STRIDE);
                v.lanewise(VectorOperators.LSHR, 16)
                        .and(255)
                        .or(TWO_23)
                        .reinterpretAsFloats()
                        .sub(TWO_23_PLUS_128)
                        .mul(scale)
                        .intoArray(to, into + 2 * STRIDE);
                v.lanewise(VectorOperators.LSHR, 24)
                        .or(TWO_23)
                        .reinterpretAsFloats()
                        .sub(TWO_23_PLUS_128)
                        .mul(scale)
                        .intoArray(to, into + 3 * STRIDE);
                at += 4 * L;
                into += 4 * STRIDE;
            }
        }
    }
}

package org.kimi4j.kernel;

import static org.kimi4j.kernel.Lanes.LE;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * Sums of unpacked weight rows times packed rows, several of both at a time: the same chains as one by one, in registers.
 * Sums keep one vector for each (row, output) until all superblocks are done.
 */
final class Gemm {

    private static final int L = Lanes.COUNT;
    /** Whether there are 32 vector registers: all machines with vectors of 512 bits have them. */
    private static final boolean IS_WIDE = L == 16;
    /**
     * Outputs and rows of a register tile: ten sums, two rows and a weight. With twelve sums, which the sixteen registers of
     * AVX2 would hold, the compiler spills; with eight the latency of the sums shows.
     */
    static final int OUTPUTS = IS_WIDE ? WideTile.OUTPUTS : 5;

    static final int ROWS = IS_WIDE ? WideTile.ROWS : 2;
    /** From this many rows on, unpacking a tile of weights first costs less than meeting the packed form once per row. */
    static final int MIN_ROWS = 4;

    private Gemm() {}

    /**
     * Adds one chain of one superblock to the sums of {@link #OUTPUTS} outputs and of one to {@link #ROWS} rows.
     *
     * @param w weights [vectors, OUTPUTS, lanes]
     * @param x activations [vectors, rows, lanes], from byte xAt on
     * @param one the number 1 as a value the compiler does not know, see {@link ElementOrder#lanes}
     * @param sums [rows, OUTPUTS, lanes] at sumAt
     */
    static void tile(
            int rows, MemorySegment w, MemorySegment x, long xAt, int vectors, int one, float[] sums, int sumAt) {
        if (IS_WIDE) {
            WideTile.add(rows, w, x, xAt, vectors, one, sums, sumAt);
            return;
        }
        switch (rows) {
            case 1 -> tile1(w, x, xAt, vectors, one, sums, sumAt);
            case 2 -> tile2(w, x, xAt, vectors, sums, sumAt);
            default -> throw new IllegalArgumentException("tile of " + rows + " rows");
        }
    }

    private static void tile2(MemorySegment w, MemorySegment x, long xAt, int vectors, float[] sums, int sumAt) {
        if (w.getClass() != AlignedFloats.KIND) {
            throw AlignedFloats.other(w);
        }
        if (x.getClass() != AlignedFloats.KIND) {
            throw AlignedFloats.other(x);
        }
        FloatVector a00 = FloatVector.zero(Lanes.FLOAT);
        FloatVector a01 = a00;
        FloatVector a02 = a00;
        FloatVector a03 = a00;
        FloatVector a04 = a00;
        FloatVector a10 = a00;
        FloatVector a11 = a00;
        FloatVector a12 = a00;
        FloatVector a13 = a00;
        FloatVector a14 = a00;
        long xi = xAt;
        // A long that counts bytes: all other loops have more checks of bounds in them.
        long end = vectors * (20L * L);
        for (long wi = 0; wi < end; wi += 20 * L) {
            FloatVector v0 = FloatVector.fromMemorySegment(Lanes.FLOAT, x, xi, LE);
            FloatVector v1 = FloatVector.fromMemorySegment(Lanes.FLOAT, x, xi + 4 * L, LE);
            FloatVector u = FloatVector.fromMemorySegment(Lanes.FLOAT, w, wi, LE);
            a00 = v0.fma(u, a00);
            a10 = v1.fma(u, a10);
            u = FloatVector.fromMemorySegment(Lanes.FLOAT, w, wi + 4 * L, LE);
            a01 = v0.fma(u, a01);
            a11 = v1.fma(u, a11);
            u = FloatVector.fromMemorySegment(Lanes.FLOAT, w, wi + 8 * L, LE);
            a02 = v0.fma(u, a02);
            a12 = v1.fma(u, a12);
            u = FloatVector.fromMemorySegment(Lanes.FLOAT, w, wi + 12 * L, LE);
            a03 = v0.fma(u, a03);
            a13 = v1.fma(u, a13);
            u = FloatVector.fromMemorySegment(Lanes.FLOAT, w, wi + 16 * L, LE);
            a04 = v0.fma(u, a04);
            a14 = v1.fma(u, a14);
            xi += 8 * L;
        }
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt).add(a00).intoArray(sums, sumAt);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + L).add(a01).intoArray(sums, sumAt + L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 2 * L).add(a02).intoArray(sums, sumAt + 2 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 3 * L).add(a03).intoArray(sums, sumAt + 3 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 4 * L).add(a04).intoArray(sums, sumAt + 4 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 5 * L).add(a10).intoArray(sums, sumAt + 5 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 6 * L).add(a11).intoArray(sums, sumAt + 6 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 7 * L).add(a12).intoArray(sums, sumAt + 7 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 8 * L).add(a13).intoArray(sums, sumAt + 8 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 9 * L).add(a14).intoArray(sums, sumAt + 9 * L);
    }

    private static void tile1(
            MemorySegment w, MemorySegment x, long xAt, int vectors, int one, float[] sums, int sumAt) {
        if (w.getClass() != AlignedFloats.KIND) {
            throw AlignedFloats.other(w);
        }
        if (x.getClass() != AlignedFloats.KIND) {
            throw AlignedFloats.other(x);
        }
        FloatVector a00 = FloatVector.zero(Lanes.FLOAT);
        FloatVector a01 = a00;
        FloatVector a02 = a00;
        FloatVector a03 = a00;
        FloatVector a04 = a00;
        long wi = 0;
        long xi = xAt;
        for (int n = 0; n < vectors; n += one) {
            FloatVector v0 = FloatVector.fromMemorySegment(Lanes.FLOAT, x, xi, LE);
            FloatVector u = FloatVector.fromMemorySegment(Lanes.FLOAT, w, wi, LE);
            a00 = v0.fma(u, a00);
            u = FloatVector.fromMemorySegment(Lanes.FLOAT, w, wi + 4 * L, LE);
            a01 = v0.fma(u, a01);
            u = FloatVector.fromMemorySegment(Lanes.FLOAT, w, wi + 8 * L, LE);
            a02 = v0.fma(u, a02);
            u = FloatVector.fromMemorySegment(Lanes.FLOAT, w, wi + 12 * L, LE);
            a03 = v0.fma(u, a03);
            u = FloatVector.fromMemorySegment(Lanes.FLOAT, w, wi + 16 * L, LE);
            a04 = v0.fma(u, a04);
            wi += 20 * L;
            xi += 4 * L;
        }
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt).add(a00).intoArray(sums, sumAt);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + L).add(a01).intoArray(sums, sumAt + L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 2 * L).add(a02).intoArray(sums, sumAt + 2 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 3 * L).add(a03).intoArray(sums, sumAt + 3 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 4 * L).add(a04).intoArray(sums, sumAt + 4 * L);
    }

    /** Adds one chain of one unpacked weight row and one packed row to a running vector. */
    static void addChain(float[] w, float[] x, int xAt, int vectors, float[] sums, int sumAt) {
        FloatVector a = FloatVector.zero(Lanes.FLOAT);
        for (int i = 0; i < vectors * L; i += L) {
            a = FloatVector.fromArray(Lanes.FLOAT, x, xAt + i).fma(FloatVector.fromArray(Lanes.FLOAT, w, i), a);
        }
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt).add(a).intoArray(sums, sumAt);
    }
}

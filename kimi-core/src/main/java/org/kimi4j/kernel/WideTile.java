package org.kimi4j.kernel;

import static org.kimi4j.kernel.Lanes.LE;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * The register tile of {@link Gemm} where there are 32 vector registers: six outputs and up to four rows. Sixteen sums or more
 * keep the multipliers busy, and nothing is gained by more than 24; the shape hardly matters. Flat, because what crosses a
 * call is boxed.
 */
final class WideTile {

    private static final int L = Lanes.COUNT;
    static final int OUTPUTS = 6;
    static final int ROWS = 4;

    private WideTile() {}

    /** As {@link Gemm#tile}. */
    static void add(
            int rows, MemorySegment w, MemorySegment x, long xAt, int vectors, int one, float[] sums, int sumAt) {
        switch (rows) {
            case 1 -> tile1(w, x, xAt, vectors, one, sums, sumAt);
            case 2 -> tile2(w, x, xAt, vectors, one, sums, sumAt);
            case 3 -> tile3(w, x, xAt, vectors, sums, sumAt);
            case 4 -> tile4(w, x, xAt, vectors, sums, sumAt);
            default -> throw new IllegalArgumentException("tile of " + rows + " rows");
        }
    }

    private static void tile4(MemorySegment w, MemorySegment x, long xAt, int vectors, float[] sums, int sumAt) {
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
        FloatVector a05 = a00;
        FloatVector a10 = a00;
        FloatVector a11 = a00;
        FloatVector a12 = a00;
        FloatVector a13 = a00;
        FloatVector a14 = a00;
        FloatVector a15 = a00;
        FloatVector a20 = a00;
        FloatVector a21 = a00;
        FloatVector a22 = a00;
        FloatVector a23 = a00;
        FloatVector a24 = a00;
        FloatVector a25 = a00;
        FloatVector a30 = a00;
        FloatVector a31 = a00;
        FloatVector a32 = a00;
        FloatVector a33 = a00;
        FloatVector a34 = a00;
        FloatVector a35 = a00;
        long xi = xAt;
        // A long that counts bytes: all other loops have more checks of bounds in them.
        long end = vectors * (24L * L);
        for (long wi = 0; wi < end; wi += 24 * L) {
            FloatVector v0 = FloatVector.fromMemorySegment(Lanes.FLOAT, x, xi, LE);
            FloatVector v1 = FloatVector.fromMemorySegment(Lanes.FLOAT, x, xi + 4 * L, LE);
            FloatVector v2 = FloatVector.fromMemorySegment(Lanes.FLOAT, x, xi + 8 * L, LE);
            FloatVector v3 = FloatVector.fromMemorySegment(Lanes.FLOAT, x, xi + 12 * L, LE);
            FloatVector u = FloatVector.fromMemorySegment(Lanes.FLOAT, w, wi, LE);
            a00 = v0.fma(u, a00);
            a10 = v1.fma(u, a10);
            a20 = v2.fma(u, a20);
            a30 = v3.fma(u, a30);
            u = FloatVector.fromMemorySegment(Lanes.FLOAT, w, wi + 4 * L, LE);
            a01 = v0.fma(u, a01);
            a11 = v1.fma(u, a11);
            a21 = v2.fma(u, a21);
            a31 = v3.fma(u, a31);
            u = FloatVector.fromMemorySegment(Lanes.FLOAT, w, wi + 8 * L, LE);
            a02 = v0.fma(u, a02);
            a12 = v1.fma(u, a12);
            a22 = v2.fma(u, a22);
            a32 = v3.fma(u, a32);
            u = FloatVector.fromMemorySegment(Lanes.FLOAT, w, wi + 12 * L, LE);
            a03 = v0.fma(u, a03);
            a13 = v1.fma(u, a13);
            a23 = v2.fma(u, a23);
            a33 = v3.fma(u, a33);
            u = FloatVector.fromMemorySegment(Lanes.FLOAT, w, wi + 16 * L, LE);
            a04 = v0.fma(u, a04);
            a14 = v1.fma(u, a14);
            a24 = v2.fma(u, a24);
            a34 = v3.fma(u, a34);
            u = FloatVector.fromMemorySegment(Lanes.FLOAT, w, wi + 20 * L, LE);
            a05 = v0.fma(u, a05);
            a15 = v1.fma(u, a15);
            a25 = v2.fma(u, a25);
            a35 = v3.fma(u, a35);
            xi += 16 * L;
        }
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt).add(a00).intoArray(sums, sumAt);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + L).add(a01).intoArray(sums, sumAt + L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 2 * L).add(a02).intoArray(sums, sumAt + 2 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 3 * L).add(a03).intoArray(sums, sumAt + 3 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 4 * L).add(a04).intoArray(sums, sumAt + 4 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 5 * L).add(a05).intoArray(sums, sumAt + 5 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 6 * L).add(a10).intoArray(sums, sumAt + 6 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 7 * L).add(a11).intoArray(sums, sumAt + 7 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 8 * L).add(a12).intoArray(sums, sumAt + 8 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 9 * L).add(a13).intoArray(sums, sumAt + 9 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 10 * L).add(a14).intoArray(sums, sumAt + 10 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 11 * L).add(a15).intoArray(sums, sumAt + 11 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 12 * L).add(a20).intoArray(sums, sumAt + 12 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 13 * L).add(a21).intoArray(sums, sumAt + 13 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 14 * L).add(a22).intoArray(sums, sumAt + 14 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 15 * L).add(a23).intoArray(sums, sumAt + 15 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 16 * L).add(a24).intoArray(sums, sumAt + 16 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 17 * L).add(a25).intoArray(sums, sumAt + 17 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 18 * L).add(a30).intoArray(sums, sumAt + 18 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 19 * L).add(a31).intoArray(sums, sumAt + 19 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 20 * L).add(a32).intoArray(sums, sumAt + 20 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 21 * L).add(a33).intoArray(sums, sumAt + 21 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 22 * L).add(a34).intoArray(sums, sumAt + 22 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 23 * L).add(a35).intoArray(sums, sumAt + 23 * L);
    }

    private static void tile3(MemorySegment w, MemorySegment x, long xAt, int vectors, float[] sums, int sumAt) {
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
        FloatVector a05 = a00;
        FloatVector a10 = a00;
        FloatVector a11 = a00;
        FloatVector a12 = a00;
        FloatVector a13 = a00;
        FloatVector a14 = a00;
        FloatVector a15 = a00;
        FloatVector a20 = a00;
        FloatVector a21 = a00;
        FloatVector a22 = a00;
        FloatVector a23 = a00;
        FloatVector a24 = a00;
        FloatVector a25 = a00;
        long xi = xAt;
        long end = vectors * (24L * L);
        for (long wi = 0; wi < end; wi += 24 * L) {
            FloatVector v0 = FloatVector.fromMemorySegment(Lanes.FLOAT, x, xi, LE);
            FloatVector v1 = FloatVector.fromMemorySegment(Lanes.FLOAT, x, xi + 4 * L, LE);
            FloatVector v2 = FloatVector.fromMemorySegment(Lanes.FLOAT, x, xi + 8 * L, LE);
            FloatVector u = FloatVector.fromMemorySegment(Lanes.FLOAT, w, wi, LE);
            a00 = v0.fma(u, a00);
            a10 = v1.fma(u, a10);
            a20 = v2.fma(u, a20);
            u = FloatVector.fromMemorySegment(Lanes.FLOAT, w, wi + 4 * L, LE);
            a01 = v0.fma(u, a01);
            a11 = v1.fma(u, a11);
            a21 = v2.fma(u, a21);
            u = FloatVector.fromMemorySegment(Lanes.FLOAT, w, wi + 8 * L, LE);
            a02 = v0.fma(u, a02);
            a12 = v1.fma(u, a12);
            a22 = v2.fma(u, a22);
            u = FloatVector.fromMemorySegment(Lanes.FLOAT, w, wi + 12 * L, LE);
            a03 = v0.fma(u, a03);
            a13 = v1.fma(u, a13);
            a23 = v2.fma(u, a23);
            u = FloatVector.fromMemorySegment(Lanes.FLOAT, w, wi + 16 * L, LE);
            a04 = v0.fma(u, a04);
            a14 = v1.fma(u, a14);
            a24 = v2.fma(u, a24);
            u = FloatVector.fromMemorySegment(Lanes.FLOAT, w, wi + 20 * L, LE);
            a05 = v0.fma(u, a05);
            a15 = v1.fma(u, a15);
            a25 = v2.fma(u, a25);
            xi += 12 * L;
        }
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt).add(a00).intoArray(sums, sumAt);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + L).add(a01).intoArray(sums, sumAt + L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 2 * L).add(a02).intoArray(sums, sumAt + 2 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 3 * L).add(a03).intoArray(sums, sumAt + 3 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 4 * L).add(a04).intoArray(sums, sumAt + 4 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 5 * L).add(a05).intoArray(sums, sumAt + 5 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 6 * L).add(a10).intoArray(sums, sumAt + 6 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 7 * L).add(a11).intoArray(sums, sumAt + 7 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 8 * L).add(a12).intoArray(sums, sumAt + 8 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 9 * L).add(a13).intoArray(sums, sumAt + 9 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 10 * L).add(a14).intoArray(sums, sumAt + 10 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 11 * L).add(a15).intoArray(sums, sumAt + 11 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 12 * L).add(a20).intoArray(sums, sumAt + 12 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 13 * L).add(a21).intoArray(sums, sumAt + 13 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 14 * L).add(a22).intoArray(sums, sumAt + 14 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 15 * L).add(a23).intoArray(sums, sumAt + 15 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 16 * L).add(a24).intoArray(sums, sumAt + 16 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 17 * L).add(a25).intoArray(sums, sumAt + 17 * L);
    }

    private static void tile2(
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
        FloatVector a05 = a00;
        FloatVector a10 = a00;
        FloatVector a11 = a00;
        FloatVector a12 = a00;
        FloatVector a13 = a00;
        FloatVector a14 = a00;
        FloatVector a15 = a00;
        long wi = 0;
        long xi = xAt;
        for (int n = 0; n < vectors; n += one) {
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
            u = FloatVector.fromMemorySegment(Lanes.FLOAT, w, wi + 20 * L, LE);
            a05 = v0.fma(u, a05);
            a15 = v1.fma(u, a15);
            wi += 24 * L;
            xi += 8 * L;
        }
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt).add(a00).intoArray(sums, sumAt);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + L).add(a01).intoArray(sums, sumAt + L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 2 * L).add(a02).intoArray(sums, sumAt + 2 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 3 * L).add(a03).intoArray(sums, sumAt + 3 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 4 * L).add(a04).intoArray(sums, sumAt + 4 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 5 * L).add(a05).intoArray(sums, sumAt + 5 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 6 * L).add(a10).intoArray(sums, sumAt + 6 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 7 * L).add(a11).intoArray(sums, sumAt + 7 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 8 * L).add(a12).intoArray(sums, sumAt + 8 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 9 * L).add(a13).intoArray(sums, sumAt + 9 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 10 * L).add(a14).intoArray(sums, sumAt + 10 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 11 * L).add(a15).intoArray(sums, sumAt + 11 * L);
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
        FloatVector a05 = a00;
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
            u = FloatVector.fromMemorySegment(Lanes.FLOAT, w, wi + 20 * L, LE);
            a05 = v0.fma(u, a05);
            wi += 24 * L;
            xi += 4 * L;
        }
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt).add(a00).intoArray(sums, sumAt);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + L).add(a01).intoArray(sums, sumAt + L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 2 * L).add(a02).intoArray(sums, sumAt + 2 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 3 * L).add(a03).intoArray(sums, sumAt + 3 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 4 * L).add(a04).intoArray(sums, sumAt + 4 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 5 * L).add(a05).intoArray(sums, sumAt + 5 * L);
    }
}

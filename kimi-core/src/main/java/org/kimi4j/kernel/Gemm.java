package org.kimi4j.kernel;

import jdk.incubator.vector.FloatVector;

/**
 * Sums of packed weight rows times packed rows, several of both at a time: the same chains as one by one, in registers.
 * Sums keep one vector for each (row, output) until all superblocks are done.
 */
final class Gemm {

    private static final int L = Lanes.COUNT;
    /** Outputs and rows of the largest register tile. */
    static final int OUTPUTS = 4;

    static final int ROWS = 3;

    private Gemm() {}

    /**
     * Adds one chain of one superblock to the sums of {@link #OUTPUTS} outputs and of up to {@link #ROWS} rows.
     *
     * @param w weights: the chain of the first output at {@code wAt}, of the next {@code wStride} further
     * @param x activations: the chain of the first row at {@code xAt}, of the next {@code xStride} further
     * @param length elements of the chain
     * @param sums vectors: of the first (row, output) at {@code sumAt}, of the next output L further, of the next row
     *     {@code sumStride} further
     */
    static void tile(
            int rows,
            float[] w,
            int wAt,
            int wStride,
            float[] x,
            int xAt,
            int xStride,
            int length,
            float[] sums,
            int sumAt,
            int sumStride) {
        switch (rows) {
            case 1 -> tile1(w, wAt, wStride, x, xAt, length, sums, sumAt);
            case 2 -> tile2(w, wAt, wStride, x, xAt, xStride, length, sums, sumAt, sumStride);
            case 3 -> tile3(w, wAt, wStride, x, xAt, xStride, length, sums, sumAt, sumStride);
            default -> throw new IllegalArgumentException("tile of " + rows + " rows");
        }
    }

    private static void tile3(
            float[] w,
            int wAt,
            int wStride,
            float[] x,
            int xAt,
            int xStride,
            int length,
            float[] sums,
            int sumAt,
            int sumStride) {
        FloatVector a00 = FloatVector.zero(Lanes.FLOAT);
        FloatVector a01 = a00;
        FloatVector a02 = a00;
        FloatVector a03 = a00;
        FloatVector a10 = a00;
        FloatVector a11 = a00;
        FloatVector a12 = a00;
        FloatVector a13 = a00;
        FloatVector a20 = a00;
        FloatVector a21 = a00;
        FloatVector a22 = a00;
        FloatVector a23 = a00;
        int w1 = wAt + wStride;
        int w2 = w1 + wStride;
        int w3 = w2 + wStride;
        int x1 = xAt + xStride;
        int x2 = x1 + xStride;
        for (int i = 0; i < length; i += L) {
            FloatVector v0 = FloatVector.fromArray(Lanes.FLOAT, x, xAt + i);
            FloatVector v1 = FloatVector.fromArray(Lanes.FLOAT, x, x1 + i);
            FloatVector v2 = FloatVector.fromArray(Lanes.FLOAT, x, x2 + i);
            FloatVector u = FloatVector.fromArray(Lanes.FLOAT, w, wAt + i);
            a00 = v0.fma(u, a00);
            a10 = v1.fma(u, a10);
            a20 = v2.fma(u, a20);
            u = FloatVector.fromArray(Lanes.FLOAT, w, w1 + i);
            a01 = v0.fma(u, a01);
            a11 = v1.fma(u, a11);
            a21 = v2.fma(u, a21);
            u = FloatVector.fromArray(Lanes.FLOAT, w, w2 + i);
            a02 = v0.fma(u, a02);
            a12 = v1.fma(u, a12);
            a22 = v2.fma(u, a22);
            u = FloatVector.fromArray(Lanes.FLOAT, w, w3 + i);
            a03 = v0.fma(u, a03);
            a13 = v1.fma(u, a13);
            a23 = v2.fma(u, a23);
        }
        int s1 = sumAt + sumStride;
        int s2 = s1 + sumStride;
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt).add(a00).intoArray(sums, sumAt);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + L).add(a01).intoArray(sums, sumAt + L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 2 * L).add(a02).intoArray(sums, sumAt + 2 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 3 * L).add(a03).intoArray(sums, sumAt + 3 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, s1).add(a10).intoArray(sums, s1);
        FloatVector.fromArray(Lanes.FLOAT, sums, s1 + L).add(a11).intoArray(sums, s1 + L);
        FloatVector.fromArray(Lanes.FLOAT, sums, s1 + 2 * L).add(a12).intoArray(sums, s1 + 2 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, s1 + 3 * L).add(a13).intoArray(sums, s1 + 3 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, s2).add(a20).intoArray(sums, s2);
        FloatVector.fromArray(Lanes.FLOAT, sums, s2 + L).add(a21).intoArray(sums, s2 + L);
        FloatVector.fromArray(Lanes.FLOAT, sums, s2 + 2 * L).add(a22).intoArray(sums, s2 + 2 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, s2 + 3 * L).add(a23).intoArray(sums, s2 + 3 * L);
    }

    private static void tile2(
            float[] w,
            int wAt,
            int wStride,
            float[] x,
            int xAt,
            int xStride,
            int length,
            float[] sums,
            int sumAt,
            int sumStride) {
        FloatVector a00 = FloatVector.zero(Lanes.FLOAT);
        FloatVector a01 = a00;
        FloatVector a02 = a00;
        FloatVector a03 = a00;
        FloatVector a10 = a00;
        FloatVector a11 = a00;
        FloatVector a12 = a00;
        FloatVector a13 = a00;
        int w1 = wAt + wStride;
        int w2 = w1 + wStride;
        int w3 = w2 + wStride;
        int x1 = xAt + xStride;
        for (int i = 0; i < length; i += L) {
            FloatVector v0 = FloatVector.fromArray(Lanes.FLOAT, x, xAt + i);
            FloatVector v1 = FloatVector.fromArray(Lanes.FLOAT, x, x1 + i);
            FloatVector u = FloatVector.fromArray(Lanes.FLOAT, w, wAt + i);
            a00 = v0.fma(u, a00);
            a10 = v1.fma(u, a10);
            u = FloatVector.fromArray(Lanes.FLOAT, w, w1 + i);
            a01 = v0.fma(u, a01);
            a11 = v1.fma(u, a11);
            u = FloatVector.fromArray(Lanes.FLOAT, w, w2 + i);
            a02 = v0.fma(u, a02);
            a12 = v1.fma(u, a12);
            u = FloatVector.fromArray(Lanes.FLOAT, w, w3 + i);
            a03 = v0.fma(u, a03);
            a13 = v1.fma(u, a13);
        }
        int s1 = sumAt + sumStride;
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt).add(a00).intoArray(sums, sumAt);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + L).add(a01).intoArray(sums, sumAt + L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 2 * L).add(a02).intoArray(sums, sumAt + 2 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 3 * L).add(a03).intoArray(sums, sumAt + 3 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, s1).add(a10).intoArray(sums, s1);
        FloatVector.fromArray(Lanes.FLOAT, sums, s1 + L).add(a11).intoArray(sums, s1 + L);
        FloatVector.fromArray(Lanes.FLOAT, sums, s1 + 2 * L).add(a12).intoArray(sums, s1 + 2 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, s1 + 3 * L).add(a13).intoArray(sums, s1 + 3 * L);
    }

    private static void tile1(
            float[] w, int wAt, int wStride, float[] x, int xAt, int length, float[] sums, int sumAt) {
        FloatVector a0 = FloatVector.zero(Lanes.FLOAT);
        FloatVector a1 = a0;
        FloatVector a2 = a0;
        FloatVector a3 = a0;
        int w1 = wAt + wStride;
        int w2 = w1 + wStride;
        int w3 = w2 + wStride;
        for (int i = 0; i < length; i += L) {
            FloatVector v = FloatVector.fromArray(Lanes.FLOAT, x, xAt + i);
            a0 = v.fma(FloatVector.fromArray(Lanes.FLOAT, w, wAt + i), a0);
            a1 = v.fma(FloatVector.fromArray(Lanes.FLOAT, w, w1 + i), a1);
            a2 = v.fma(FloatVector.fromArray(Lanes.FLOAT, w, w2 + i), a2);
            a3 = v.fma(FloatVector.fromArray(Lanes.FLOAT, w, w3 + i), a3);
        }
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt).add(a0).intoArray(sums, sumAt);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + L).add(a1).intoArray(sums, sumAt + L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 2 * L).add(a2).intoArray(sums, sumAt + 2 * L);
        FloatVector.fromArray(Lanes.FLOAT, sums, sumAt + 3 * L).add(a3).intoArray(sums, sumAt + 3 * L);
    }

    /** Leaves the running vector of one packed weight row and one packed row in {@code sums}. */
    static void row(float[] w, ElementOrder order, float[] x, int xAt, float[] sums, int sumAt) {
        FloatVector run = FloatVector.zero(Lanes.FLOAT);
        for (int first = 0; first < order.vectorized(); first += ElementOrder.SUPERBLOCK) {
            int chain = order.length(first) / ElementOrder.CHAINS;
            FloatVector a0 = FloatVector.zero(Lanes.FLOAT);
            FloatVector a1 = a0;
            FloatVector a2 = a0;
            FloatVector a3 = a0;
            for (int i = first; i < first + chain; i += L) {
                a0 = FloatVector.fromArray(Lanes.FLOAT, x, xAt + i).fma(FloatVector.fromArray(Lanes.FLOAT, w, i), a0);
                a1 = FloatVector.fromArray(Lanes.FLOAT, x, xAt + i + chain)
                        .fma(FloatVector.fromArray(Lanes.FLOAT, w, i + chain), a1);
                a2 = FloatVector.fromArray(Lanes.FLOAT, x, xAt + i + 2 * chain)
                        .fma(FloatVector.fromArray(Lanes.FLOAT, w, i + 2 * chain), a2);
                a3 = FloatVector.fromArray(Lanes.FLOAT, x, xAt + i + 3 * chain)
                        .fma(FloatVector.fromArray(Lanes.FLOAT, w, i + 3 * chain), a3);
            }
            run = run.add(a0).add(a1).add(a2).add(a3);
        }
        run.intoArray(sums, sumAt);
    }
}

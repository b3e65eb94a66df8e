package org.kimi4j.kernel;

import jdk.incubator.vector.FloatVector;

/**
 * The register tile of the encoder's products: sums of outer products of six numbers and two vectors. Twelve sums, two
 * vectors and a broadcast are fifteen of the sixteen registers of AVX2. Four by three would be sixteen, and C2, which loads
 * all numbers of a step at once, would spill sums. Both operands are packed so that each is one stream.
 *
 * <p>The body is flat and has no alternatives: with half as many vector operations more C2 gives up inlining in the middle
 * of the method, and what crosses a call is boxed.
 */
final class OuterTile {

    private static final int L = Lanes.COUNT;
    /** Numbers of the first operand, rows of the result. */
    static final int ROWS = 6;
    /** Values of the second operand, columns of the result. */
    static final int COLUMNS = 2 * L;
    /** Steps at a time; operands are filled up with zeros. Twice as many would be spilled, one has more checks than sums. */
    static final int STEPS = 2;

    /**
     * Floats that an array of the second operand must have behind its last one. C2 joins the bounds checks of a step and of
     * the next into one; where that fails though nothing outside is read, the method is compiled anew with every check by
     * itself, for good, and takes three times as long.
     */
    static final int SLACK = STEPS * COLUMNS;

    private OuterTile() {}

    /** As many rows or more as fill tiles. */
    static int fullRows(int rows) {
        return (rows + ROWS - 1) / ROWS * ROWS;
    }

    /** As many steps or more as the loop takes. */
    static int fullDepth(int depth) {
        return (depth + STEPS - 1) / STEPS * STEPS;
    }

    /**
     * c += sum over k of a[k] b[k]^T: for each element one chain over k from zero, and at the end an addition.
     *
     * @param a [depth, ROWS] from {@code aAt} on
     * @param b [depth, COLUMNS] from {@code bAt} on, and SLACK more values behind the last panel
     * @param depth a multiple of STEPS
     * @param one the number 1 as a value the compiler does not know, see {@link ElementOrder#lanes}
     * @param c rows of COLUMNS from {@code cAt} on, {@code stride} apart
     */
    static void add(float[] a, int aAt, float[] b, int bAt, int depth, int one, float[] c, int cAt, int stride) {
        FloatVector s00 = FloatVector.zero(Lanes.FLOAT);
        FloatVector s01 = s00;
        FloatVector s10 = s00;
        FloatVector s11 = s00;
        FloatVector s20 = s00;
        FloatVector s21 = s00;
        FloatVector s30 = s00;
        FloatVector s31 = s00;
        FloatVector s40 = s00;
        FloatVector s41 = s00;
        FloatVector s50 = s00;
        FloatVector s51 = s00;
        int step = STEPS * one;
        int ai = aAt;
        int bi = bAt;
        for (int k = 0; k < depth; k += step) {
            FloatVector b0 = FloatVector.fromArray(Lanes.FLOAT, b, bi);
            FloatVector b1 = FloatVector.fromArray(Lanes.FLOAT, b, bi + L);
            FloatVector v = FloatVector.broadcast(Lanes.FLOAT, a[ai]);
            s00 = b0.fma(v, s00);
            s01 = b1.fma(v, s01);
            v = FloatVector.broadcast(Lanes.FLOAT, a[ai + 1]);
            s10 = b0.fma(v, s10);
            s11 = b1.fma(v, s11);
            v = FloatVector.broadcast(Lanes.FLOAT, a[ai + 2]);
            s20 = b0.fma(v, s20);
            s21 = b1.fma(v, s21);
            v = FloatVector.broadcast(Lanes.FLOAT, a[ai + 3]);
            s30 = b0.fma(v, s30);
            s31 = b1.fma(v, s31);
            v = FloatVector.broadcast(Lanes.FLOAT, a[ai + 4]);
            s40 = b0.fma(v, s40);
            s41 = b1.fma(v, s41);
            v = FloatVector.broadcast(Lanes.FLOAT, a[ai + 5]);
            s50 = b0.fma(v, s50);
            s51 = b1.fma(v, s51);
            b0 = FloatVector.fromArray(Lanes.FLOAT, b, bi + 2 * L);
            b1 = FloatVector.fromArray(Lanes.FLOAT, b, bi + 3 * L);
            v = FloatVector.broadcast(Lanes.FLOAT, a[ai + 6]);
            s00 = b0.fma(v, s00);
            s01 = b1.fma(v, s01);
            v = FloatVector.broadcast(Lanes.FLOAT, a[ai + 7]);
            s10 = b0.fma(v, s10);
            s11 = b1.fma(v, s11);
            v = FloatVector.broadcast(Lanes.FLOAT, a[ai + 8]);
            s20 = b0.fma(v, s20);
            s21 = b1.fma(v, s21);
            v = FloatVector.broadcast(Lanes.FLOAT, a[ai + 9]);
            s30 = b0.fma(v, s30);
            s31 = b1.fma(v, s31);
            v = FloatVector.broadcast(Lanes.FLOAT, a[ai + 10]);
            s40 = b0.fma(v, s40);
            s41 = b1.fma(v, s41);
            v = FloatVector.broadcast(Lanes.FLOAT, a[ai + 11]);
            s50 = b0.fma(v, s50);
            s51 = b1.fma(v, s51);
            ai += STEPS * ROWS;
            bi += STEPS * COLUMNS;
        }
        int ci = cAt;
        s00.add(FloatVector.fromArray(Lanes.FLOAT, c, ci)).intoArray(c, ci);
        s01.add(FloatVector.fromArray(Lanes.FLOAT, c, ci + L)).intoArray(c, ci + L);
        ci += stride;
        s10.add(FloatVector.fromArray(Lanes.FLOAT, c, ci)).intoArray(c, ci);
        s11.add(FloatVector.fromArray(Lanes.FLOAT, c, ci + L)).intoArray(c, ci + L);
        ci += stride;
        s20.add(FloatVector.fromArray(Lanes.FLOAT, c, ci)).intoArray(c, ci);
        s21.add(FloatVector.fromArray(Lanes.FLOAT, c, ci + L)).intoArray(c, ci + L);
        ci += stride;
        s30.add(FloatVector.fromArray(Lanes.FLOAT, c, ci)).intoArray(c, ci);
        s31.add(FloatVector.fromArray(Lanes.FLOAT, c, ci + L)).intoArray(c, ci + L);
        ci += stride;
        s40.add(FloatVector.fromArray(Lanes.FLOAT, c, ci)).intoArray(c, ci);
        s41.add(FloatVector.fromArray(Lanes.FLOAT, c, ci + L)).intoArray(c, ci + L);
        ci += stride;
        s50.add(FloatVector.fromArray(Lanes.FLOAT, c, ci)).intoArray(c, ci);
        s51.add(FloatVector.fromArray(Lanes.FLOAT, c, ci + L)).intoArray(c, ci + L);
    }
}

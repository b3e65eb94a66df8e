package org.kimi4j.kernel;

import jdk.incubator.vector.FloatVector;

/**
 * The register tile of the encoder's products: sums of outer products of four numbers and three vectors. Twelve sums, three
 * vectors and a broadcast are the sixteen registers of AVX2; both operands are packed so that each is one stream.
 */
final class OuterTile {

    private static final int L = Lanes.COUNT;
    /** Numbers of the first operand, rows of the result. */
    static final int ROWS = 4;
    /** Values of the second operand, columns of the result. */
    static final int COLUMNS = 3 * L;

    private OuterTile() {}

    /**
     * c = sum over k of a[k] b[k]^T, or c += that: one chain over k for each element.
     *
     * @param a [depth, ROWS] from {@code aAt} on
     * @param b [depth, COLUMNS] from {@code bAt} on
     * @param one the number 1 as a value the compiler does not know, see {@link ElementOrder#lanes}
     * @param c rows of COLUMNS from {@code cAt} on, {@code stride} apart
     * @param add whether c holds a sum to add to
     */
    static void product(
            float[] a, int aAt, float[] b, int bAt, int depth, int one, float[] c, int cAt, int stride, boolean add) {
        FloatVector a00 = FloatVector.zero(Lanes.FLOAT);
        FloatVector a01 = a00;
        FloatVector a02 = a00;
        FloatVector a10 = a00;
        FloatVector a11 = a00;
        FloatVector a12 = a00;
        FloatVector a20 = a00;
        FloatVector a21 = a00;
        FloatVector a22 = a00;
        FloatVector a30 = a00;
        FloatVector a31 = a00;
        FloatVector a32 = a00;
        int ai = aAt;
        int bi = bAt;
        for (int k = 0; k < depth; k += one) {
            FloatVector b0 = FloatVector.fromArray(Lanes.FLOAT, b, bi);
            FloatVector b1 = FloatVector.fromArray(Lanes.FLOAT, b, bi + L);
            FloatVector b2 = FloatVector.fromArray(Lanes.FLOAT, b, bi + 2 * L);
            FloatVector v = FloatVector.broadcast(Lanes.FLOAT, a[ai]);
            a00 = b0.fma(v, a00);
            a01 = b1.fma(v, a01);
            a02 = b2.fma(v, a02);
            v = FloatVector.broadcast(Lanes.FLOAT, a[ai + 1]);
            a10 = b0.fma(v, a10);
            a11 = b1.fma(v, a11);
            a12 = b2.fma(v, a12);
            v = FloatVector.broadcast(Lanes.FLOAT, a[ai + 2]);
            a20 = b0.fma(v, a20);
            a21 = b1.fma(v, a21);
            a22 = b2.fma(v, a22);
            v = FloatVector.broadcast(Lanes.FLOAT, a[ai + 3]);
            a30 = b0.fma(v, a30);
            a31 = b1.fma(v, a31);
            a32 = b2.fma(v, a32);
            ai += ROWS;
            bi += COLUMNS;
        }
        if (add) {
            addRow(c, cAt, a00, a01, a02);
            addRow(c, cAt + stride, a10, a11, a12);
            addRow(c, cAt + 2 * stride, a20, a21, a22);
            addRow(c, cAt + 3 * stride, a30, a31, a32);
        } else {
            setRow(c, cAt, a00, a01, a02);
            setRow(c, cAt + stride, a10, a11, a12);
            setRow(c, cAt + 2 * stride, a20, a21, a22);
            setRow(c, cAt + 3 * stride, a30, a31, a32);
        }
    }

    /**
     * Goes on with the chains that c holds: c = c + a[0] b[0]^T, and so on.
     *
     * @param c [ROWS, COLUMNS] from {@code cAt} on
     */
    static void proceed(float[] a, int aAt, float[] b, int bAt, int depth, int one, float[] c, int cAt) {
        FloatVector a00 = FloatVector.fromArray(Lanes.FLOAT, c, cAt);
        FloatVector a01 = FloatVector.fromArray(Lanes.FLOAT, c, cAt + L);
        FloatVector a02 = FloatVector.fromArray(Lanes.FLOAT, c, cAt + 2 * L);
        FloatVector a10 = FloatVector.fromArray(Lanes.FLOAT, c, cAt + 3 * L);
        FloatVector a11 = FloatVector.fromArray(Lanes.FLOAT, c, cAt + 4 * L);
        FloatVector a12 = FloatVector.fromArray(Lanes.FLOAT, c, cAt + 5 * L);
        FloatVector a20 = FloatVector.fromArray(Lanes.FLOAT, c, cAt + 6 * L);
        FloatVector a21 = FloatVector.fromArray(Lanes.FLOAT, c, cAt + 7 * L);
        FloatVector a22 = FloatVector.fromArray(Lanes.FLOAT, c, cAt + 8 * L);
        FloatVector a30 = FloatVector.fromArray(Lanes.FLOAT, c, cAt + 9 * L);
        FloatVector a31 = FloatVector.fromArray(Lanes.FLOAT, c, cAt + 10 * L);
        FloatVector a32 = FloatVector.fromArray(Lanes.FLOAT, c, cAt + 11 * L);
        int ai = aAt;
        int bi = bAt;
        for (int k = 0; k < depth; k += one) {
            FloatVector b0 = FloatVector.fromArray(Lanes.FLOAT, b, bi);
            FloatVector b1 = FloatVector.fromArray(Lanes.FLOAT, b, bi + L);
            FloatVector b2 = FloatVector.fromArray(Lanes.FLOAT, b, bi + 2 * L);
            FloatVector v = FloatVector.broadcast(Lanes.FLOAT, a[ai]);
            a00 = b0.fma(v, a00);
            a01 = b1.fma(v, a01);
            a02 = b2.fma(v, a02);
            v = FloatVector.broadcast(Lanes.FLOAT, a[ai + 1]);
            a10 = b0.fma(v, a10);
            a11 = b1.fma(v, a11);
            a12 = b2.fma(v, a12);
            v = FloatVector.broadcast(Lanes.FLOAT, a[ai + 2]);
            a20 = b0.fma(v, a20);
            a21 = b1.fma(v, a21);
            a22 = b2.fma(v, a22);
            v = FloatVector.broadcast(Lanes.FLOAT, a[ai + 3]);
            a30 = b0.fma(v, a30);
            a31 = b1.fma(v, a31);
            a32 = b2.fma(v, a32);
            ai += ROWS;
            bi += COLUMNS;
        }
        setRow(c, cAt, a00, a01, a02);
        setRow(c, cAt + COLUMNS, a10, a11, a12);
        setRow(c, cAt + 2 * COLUMNS, a20, a21, a22);
        setRow(c, cAt + 3 * COLUMNS, a30, a31, a32);
    }

    private static void setRow(float[] c, int at, FloatVector x, FloatVector y, FloatVector z) {
        x.intoArray(c, at);
        y.intoArray(c, at + L);
        z.intoArray(c, at + 2 * L);
    }

    private static void addRow(float[] c, int at, FloatVector x, FloatVector y, FloatVector z) {
        FloatVector.fromArray(Lanes.FLOAT, c, at).add(x).intoArray(c, at);
        FloatVector.fromArray(Lanes.FLOAT, c, at + L).add(y).intoArray(c, at + L);
        FloatVector.fromArray(Lanes.FLOAT, c, at + 2 * L).add(z).intoArray(c, at + 2 * L);
    }
}

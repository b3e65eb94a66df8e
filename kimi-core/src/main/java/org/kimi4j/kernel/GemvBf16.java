package org.kimi4j.kernel;

import static org.kimi4j.kernel.Lanes.LE;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import org.kimi4j.tensor.Matrix;

/** Sums of bfloat16 weights times packed rows; an int lane holds an even and an odd element, each a shift or mask away. */
final class GemvBf16 {

    private static final int L = Lanes.COUNT;
    private static final int HIGH = 0xffff0000;

    private GemvBf16() {}

    /**
     * Leaves the running vectors of weight rows {@code from} to {@code to} and one packed row in {@code lanes}, one after the
     * other.
     *
     * <p>Four rows are taken at a time, each of another quarter: a core reads faster in four streams than in one, and what is
     * read of the packed row serves four.
     */
    static void rows(
            Matrix.Bf16 matrix, int from, int to, ElementOrder order, float[] x, int xAt, float[] lanes, int lanesAt) {
        int quarter = (to - from) / 4;
        fourRows(matrix, from, quarter, order, x, xAt, lanes, lanesAt);
        int done = 4 * quarter;
        if (from + done < to) {
            oneByOne(matrix, from + done, to, order, x, xAt, lanes, lanesAt + done * L);
        }
    }

    /** Rows {@code from} to {@code from + quarter}, and with each those that are one, two and three quarters further. */
    private static void fourRows(
            Matrix.Bf16 matrix,
            int from,
            int quarter,
            ElementOrder order,
            float[] x,
            int xAt,
            float[] lanes,
            int lanesAt) {
        MemorySegment w = matrix.values();
        long apart = 2L * quarter * matrix.cols();
        // A step that the compiler does not know: it keeps the loads in the order of memory, in which they are faster.
        int step = 2 * order.lanes;
        for (int n = 0; n < quarter; n++) {
            FloatVector a = FloatVector.zero(Lanes.FLOAT);
            FloatVector b = FloatVector.zero(Lanes.FLOAT);
            FloatVector c = FloatVector.zero(Lanes.FLOAT);
            FloatVector d = FloatVector.zero(Lanes.FLOAT);
            long at = 2L * (from + n) * matrix.cols();
            for (int first = 0; first < order.vectorized(); first += ElementOrder.SUPERBLOCK) {
                int chain = order.length(first) / ElementOrder.CHAINS;
                FloatVector a0 = FloatVector.zero(Lanes.FLOAT);
                FloatVector a1 = FloatVector.zero(Lanes.FLOAT);
                FloatVector a2 = FloatVector.zero(Lanes.FLOAT);
                FloatVector a3 = FloatVector.zero(Lanes.FLOAT);
                FloatVector b0 = FloatVector.zero(Lanes.FLOAT);
                FloatVector b1 = FloatVector.zero(Lanes.FLOAT);
                FloatVector b2 = FloatVector.zero(Lanes.FLOAT);
                FloatVector b3 = FloatVector.zero(Lanes.FLOAT);
                FloatVector c0 = FloatVector.zero(Lanes.FLOAT);
                FloatVector c1 = FloatVector.zero(Lanes.FLOAT);
                FloatVector c2 = FloatVector.zero(Lanes.FLOAT);
                FloatVector c3 = FloatVector.zero(Lanes.FLOAT);
                FloatVector d0 = FloatVector.zero(Lanes.FLOAT);
                FloatVector d1 = FloatVector.zero(Lanes.FLOAT);
                FloatVector d2 = FloatVector.zero(Lanes.FLOAT);
                FloatVector d3 = FloatVector.zero(Lanes.FLOAT);
                int x0 = xAt + first;
                int x1 = x0 + chain;
                int x2 = x1 + chain;
                int x3 = x2 + chain;
                for (int i = 0; i < chain; i += step) {
                    FloatVector even0 = FloatVector.fromArray(Lanes.FLOAT, x, x0 + i);
                    FloatVector odd0 = FloatVector.fromArray(Lanes.FLOAT, x, x0 + i + L);
                    IntVector av0 = IntVector.fromMemorySegment(Lanes.INT, w, at, LE);
                    a0 = av0.lanewise(VectorOperators.LSHL, 16)
                            .reinterpretAsFloats()
                            .fma(even0, a0);
                    a0 = av0.and(HIGH).reinterpretAsFloats().fma(odd0, a0);
                    IntVector bv0 = IntVector.fromMemorySegment(Lanes.INT, w, at + apart, LE);
                    b0 = bv0.lanewise(VectorOperators.LSHL, 16)
                            .reinterpretAsFloats()
                            .fma(even0, b0);
                    b0 = bv0.and(HIGH).reinterpretAsFloats().fma(odd0, b0);
                    IntVector cv0 = IntVector.fromMemorySegment(Lanes.INT, w, at + 2 * apart, LE);
                    c0 = cv0.lanewise(VectorOperators.LSHL, 16)
                            .reinterpretAsFloats()
                            .fma(even0, c0);
                    c0 = cv0.and(HIGH).reinterpretAsFloats().fma(odd0, c0);
                    IntVector dv0 = IntVector.fromMemorySegment(Lanes.INT, w, at + 3 * apart, LE);
                    d0 = dv0.lanewise(VectorOperators.LSHL, 16)
                            .reinterpretAsFloats()
                            .fma(even0, d0);
                    d0 = dv0.and(HIGH).reinterpretAsFloats().fma(odd0, d0);
                    FloatVector even1 = FloatVector.fromArray(Lanes.FLOAT, x, x1 + i);
                    FloatVector odd1 = FloatVector.fromArray(Lanes.FLOAT, x, x1 + i + L);
                    IntVector av1 = IntVector.fromMemorySegment(Lanes.INT, w, at + 4 * L, LE);
                    a1 = av1.lanewise(VectorOperators.LSHL, 16)
                            .reinterpretAsFloats()
                            .fma(even1, a1);
                    a1 = av1.and(HIGH).reinterpretAsFloats().fma(odd1, a1);
                    IntVector bv1 = IntVector.fromMemorySegment(Lanes.INT, w, at + 4 * L + apart, LE);
                    b1 = bv1.lanewise(VectorOperators.LSHL, 16)
                            .reinterpretAsFloats()
                            .fma(even1, b1);
                    b1 = bv1.and(HIGH).reinterpretAsFloats().fma(odd1, b1);
                    IntVector cv1 = IntVector.fromMemorySegment(Lanes.INT, w, at + 4 * L + 2 * apart, LE);
                    c1 = cv1.lanewise(VectorOperators.LSHL, 16)
                            .reinterpretAsFloats()
                            .fma(even1, c1);
                    c1 = cv1.and(HIGH).reinterpretAsFloats().fma(odd1, c1);
                    IntVector dv1 = IntVector.fromMemorySegment(Lanes.INT, w, at + 4 * L + 3 * apart, LE);
                    d1 = dv1.lanewise(VectorOperators.LSHL, 16)
                            .reinterpretAsFloats()
                            .fma(even1, d1);
                    d1 = dv1.and(HIGH).reinterpretAsFloats().fma(odd1, d1);
                    FloatVector even2 = FloatVector.fromArray(Lanes.FLOAT, x, x2 + i);
                    FloatVector odd2 = FloatVector.fromArray(Lanes.FLOAT, x, x2 + i + L);
                    IntVector av2 = IntVector.fromMemorySegment(Lanes.INT, w, at + 8 * L, LE);
                    a2 = av2.lanewise(VectorOperators.LSHL, 16)
                            .reinterpretAsFloats()
                            .fma(even2, a2);
                    a2 = av2.and(HIGH).reinterpretAsFloats().fma(odd2, a2);
                    IntVector bv2 = IntVector.fromMemorySegment(Lanes.INT, w, at + 8 * L + apart, LE);
                    b2 = bv2.lanewise(VectorOperators.LSHL, 16)
                            .reinterpretAsFloats()
                            .fma(even2, b2);
                    b2 = bv2.and(HIGH).reinterpretAsFloats().fma(odd2, b2);
                    IntVector cv2 = IntVector.fromMemorySegment(Lanes.INT, w, at + 8 * L + 2 * apart, LE);
                    c2 = cv2.lanewise(VectorOperators.LSHL, 16)
                            .reinterpretAsFloats()
                            .fma(even2, c2);
                    c2 = cv2.and(HIGH).reinterpretAsFloats().fma(odd2, c2);
                    IntVector dv2 = IntVector.fromMemorySegment(Lanes.INT, w, at + 8 * L + 3 * apart, LE);
                    d2 = dv2.lanewise(VectorOperators.LSHL, 16)
                            .reinterpretAsFloats()
                            .fma(even2, d2);
                    d2 = dv2.and(HIGH).reinterpretAsFloats().fma(odd2, d2);
                    FloatVector even3 = FloatVector.fromArray(Lanes.FLOAT, x, x3 + i);
                    FloatVector odd3 = FloatVector.fromArray(Lanes.FLOAT, x, x3 + i + L);
                    IntVector av3 = IntVector.fromMemorySegment(Lanes.INT, w, at + 12 * L, LE);
                    a3 = av3.lanewise(VectorOperators.LSHL, 16)
                            .reinterpretAsFloats()
                            .fma(even3, a3);
                    a3 = av3.and(HIGH).reinterpretAsFloats().fma(odd3, a3);
                    IntVector bv3 = IntVector.fromMemorySegment(Lanes.INT, w, at + 12 * L + apart, LE);
                    b3 = bv3.lanewise(VectorOperators.LSHL, 16)
                            .reinterpretAsFloats()
                            .fma(even3, b3);
                    b3 = bv3.and(HIGH).reinterpretAsFloats().fma(odd3, b3);
                    IntVector cv3 = IntVector.fromMemorySegment(Lanes.INT, w, at + 12 * L + 2 * apart, LE);
                    c3 = cv3.lanewise(VectorOperators.LSHL, 16)
                            .reinterpretAsFloats()
                            .fma(even3, c3);
                    c3 = cv3.and(HIGH).reinterpretAsFloats().fma(odd3, c3);
                    IntVector dv3 = IntVector.fromMemorySegment(Lanes.INT, w, at + 12 * L + 3 * apart, LE);
                    d3 = dv3.lanewise(VectorOperators.LSHL, 16)
                            .reinterpretAsFloats()
                            .fma(even3, d3);
                    d3 = dv3.and(HIGH).reinterpretAsFloats().fma(odd3, d3);
                    at += 16 * L;
                }
                a = a.add(a0).add(a1).add(a2).add(a3);
                b = b.add(b0).add(b1).add(b2).add(b3);
                c = c.add(c0).add(c1).add(c2).add(c3);
                d = d.add(d0).add(d1).add(d2).add(d3);
            }
            a.intoArray(lanes, lanesAt + (n) * L);
            b.intoArray(lanes, lanesAt + (n + quarter) * L);
            c.intoArray(lanes, lanesAt + (n + 2 * quarter) * L);
            d.intoArray(lanes, lanesAt + (n + 3 * quarter) * L);
        }
    }

    private static void oneByOne(
            Matrix.Bf16 matrix, int from, int to, ElementOrder order, float[] x, int xAt, float[] lanes, int lanesAt) {
        MemorySegment w = matrix.values();
        for (int o = from; o < to; o++) {
            FloatVector run = FloatVector.zero(Lanes.FLOAT);
            long at = 2L * o * matrix.cols();
            for (int first = 0; first < order.vectorized(); first += ElementOrder.SUPERBLOCK) {
                int chain = order.length(first) / ElementOrder.CHAINS;
                FloatVector a0 = FloatVector.zero(Lanes.FLOAT);
                FloatVector a1 = a0;
                FloatVector a2 = a0;
                FloatVector a3 = a0;
                int x0 = xAt + first;
                int x1 = x0 + chain;
                int x2 = x1 + chain;
                int x3 = x2 + chain;
                // The activations are the second factor because only that one may be read by the instruction itself.
                for (int i = 0; i < chain; i += 2 * L) {
                    IntVector v0 = IntVector.fromMemorySegment(Lanes.INT, w, at, LE);
                    IntVector v1 = IntVector.fromMemorySegment(Lanes.INT, w, at + 4 * L, LE);
                    IntVector v2 = IntVector.fromMemorySegment(Lanes.INT, w, at + 8 * L, LE);
                    IntVector v3 = IntVector.fromMemorySegment(Lanes.INT, w, at + 12 * L, LE);
                    a0 = v0.lanewise(VectorOperators.LSHL, 16)
                            .reinterpretAsFloats()
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x0 + i), a0);
                    a1 = v1.lanewise(VectorOperators.LSHL, 16)
                            .reinterpretAsFloats()
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x1 + i), a1);
                    a2 = v2.lanewise(VectorOperators.LSHL, 16)
                            .reinterpretAsFloats()
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x2 + i), a2);
                    a3 = v3.lanewise(VectorOperators.LSHL, 16)
                            .reinterpretAsFloats()
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x3 + i), a3);
                    a0 = v0.and(HIGH).reinterpretAsFloats().fma(FloatVector.fromArray(Lanes.FLOAT, x, x0 + i + L), a0);
                    a1 = v1.and(HIGH).reinterpretAsFloats().fma(FloatVector.fromArray(Lanes.FLOAT, x, x1 + i + L), a1);
                    a2 = v2.and(HIGH).reinterpretAsFloats().fma(FloatVector.fromArray(Lanes.FLOAT, x, x2 + i + L), a2);
                    a3 = v3.and(HIGH).reinterpretAsFloats().fma(FloatVector.fromArray(Lanes.FLOAT, x, x3 + i + L), a3);
                    at += 16 * L;
                }
                run = run.add(a0).add(a1).add(a2).add(a3);
            }
            run.intoArray(lanes, lanesAt + (o - from) * L);
        }
    }
}

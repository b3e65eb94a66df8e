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
     */
    static void rows(
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

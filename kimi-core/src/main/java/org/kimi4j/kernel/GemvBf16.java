package org.kimi4j.kernel;

import static org.kimi4j.kernel.Lanes.LE;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Sums of bfloat16 weights times packed rows; an int lane holds an even and an odd element, each a shift or mask away. */
final class GemvBf16 {

    private static final int L = Lanes.COUNT;
    private static final int HIGH = 0xffff0000;

    private GemvBf16() {}

    /** Leaves the running vector of one weight row and one packed row in {@code lanes}. */
    static void dot(MemorySegment w, long offset, ElementOrder order, float[] x, int xAt, float[] lanes, int lanesAt) {
        FloatVector run = FloatVector.zero(Lanes.FLOAT);
        long at = offset;
        int step = 2 * order.lanes;
        for (int first = 0; first < order.vectorized(); first += ElementOrder.SUPERBLOCK) {
            int length = order.length(first);
            int chain = length / ElementOrder.CHAINS;
            FloatVector a0 = FloatVector.zero(Lanes.FLOAT);
            FloatVector a1 = FloatVector.zero(Lanes.FLOAT);
            FloatVector a2 = FloatVector.zero(Lanes.FLOAT);
            FloatVector a3 = FloatVector.zero(Lanes.FLOAT);
            int x0 = xAt + first;
            for (int i = 0; i < chain; i += step) {
                IntVector v0 = IntVector.fromMemorySegment(Lanes.INT, w, at, LE);
                IntVector v1 = IntVector.fromMemorySegment(Lanes.INT, w, at + 4 * L, LE);
                IntVector v2 = IntVector.fromMemorySegment(Lanes.INT, w, at + 8 * L, LE);
                IntVector v3 = IntVector.fromMemorySegment(Lanes.INT, w, at + 12 * L, LE);
                a0 = FloatVector.fromArray(Lanes.FLOAT, x, x0 + i)
                        .fma(v0.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats(), a0);
                a1 = FloatVector.fromArray(Lanes.FLOAT, x, x0 + chain + i)
                        .fma(v1.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats(), a1);
                a2 = FloatVector.fromArray(Lanes.FLOAT, x, x0 + 2 * chain + i)
                        .fma(v2.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats(), a2);
                a3 = FloatVector.fromArray(Lanes.FLOAT, x, x0 + 3 * chain + i)
                        .fma(v3.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats(), a3);
                a0 = FloatVector.fromArray(Lanes.FLOAT, x, x0 + i + L)
                        .fma(v0.and(HIGH).reinterpretAsFloats(), a0);
                a1 = FloatVector.fromArray(Lanes.FLOAT, x, x0 + chain + i + L)
                        .fma(v1.and(HIGH).reinterpretAsFloats(), a1);
                a2 = FloatVector.fromArray(Lanes.FLOAT, x, x0 + 2 * chain + i + L)
                        .fma(v2.and(HIGH).reinterpretAsFloats(), a2);
                a3 = FloatVector.fromArray(Lanes.FLOAT, x, x0 + 3 * chain + i + L)
                        .fma(v3.and(HIGH).reinterpretAsFloats(), a3);
                at += 16 * L;
            }
            run = run.add(a0).add(a1).add(a2).add(a3);
        }
        run.intoArray(lanes, lanesAt);
    }

    /** Unpacks the vectorised elements of one superblock of a weight row into the packed order, as floats. */
    static void unpack(MemorySegment w, long offset, int length, float[] to, int at, int vectorStride) {
        int chain = length / (ElementOrder.CHAINS * L);
        for (int i = 0; i < chain; i += 2) {
            for (int j = 0; j < ElementOrder.CHAINS; j++) {
                IntVector v = IntVector.fromMemorySegment(Lanes.INT, w, offset + 8L * L * i + 4L * L * j, LE);
                int into = at + (j * chain + i) * vectorStride;
                v.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().intoArray(to, into);
                v.and(HIGH).reinterpretAsFloats().intoArray(to, into + vectorStride);
            }
        }
    }
}

package org.kimi4j.kernel;

import static org.kimi4j.kernel.Lanes.LE;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/** Sums of 32-bit float weights times packed rows. */
final class GemvF32 {

    private static final int L = Lanes.COUNT;

    private GemvF32() {}

    /** Leaves the running vector of one weight row and one packed row in {@code lanes}. */
    static void dot(MemorySegment w, long offset, ElementOrder order, float[] x, int xAt, float[] lanes, int lanesAt) {
        FloatVector run = FloatVector.zero(Lanes.FLOAT);
        long at = offset;
        int step = order.lanes;
        for (int first = 0; first < order.vectorized(); first += ElementOrder.SUPERBLOCK) {
            int chain = order.length(first) / ElementOrder.CHAINS;
            FloatVector a0 = FloatVector.zero(Lanes.FLOAT);
            FloatVector a1 = FloatVector.zero(Lanes.FLOAT);
            FloatVector a2 = FloatVector.zero(Lanes.FLOAT);
            FloatVector a3 = FloatVector.zero(Lanes.FLOAT);
            int x0 = xAt + first;
            for (int i = 0; i < chain; i += step) {
                a0 = FloatVector.fromArray(Lanes.FLOAT, x, x0 + i)
                        .fma(FloatVector.fromMemorySegment(Lanes.FLOAT, w, at, LE), a0);
                a1 = FloatVector.fromArray(Lanes.FLOAT, x, x0 + chain + i)
                        .fma(FloatVector.fromMemorySegment(Lanes.FLOAT, w, at + 4 * L, LE), a1);
                a2 = FloatVector.fromArray(Lanes.FLOAT, x, x0 + 2 * chain + i)
                        .fma(FloatVector.fromMemorySegment(Lanes.FLOAT, w, at + 8 * L, LE), a2);
                a3 = FloatVector.fromArray(Lanes.FLOAT, x, x0 + 3 * chain + i)
                        .fma(FloatVector.fromMemorySegment(Lanes.FLOAT, w, at + 12 * L, LE), a3);
                at += 16 * L;
            }
            run = run.add(a0).add(a1).add(a2).add(a3);
        }
        run.intoArray(lanes, lanesAt);
    }
}

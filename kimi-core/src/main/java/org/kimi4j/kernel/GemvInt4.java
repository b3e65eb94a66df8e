package org.kimi4j.kernel;

import static org.kimi4j.kernel.Lanes.LE;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import org.kimi4j.tensor.Matrix;

/**
 * Sums of INT4 weights times packed rows of floats, in place on the checkpoint's bytes. A step is four loads of 8 elements a lane
 * and has one scale for each lane's worth of groups, so one vector of scales serves it, spread anew for each load.
 */
final class GemvInt4 {

    private static final int L = Lanes.COUNT;
    /** Four lanes hold the 32 elements of a group: load j of a step has the groups j * L / 4 and following. */
    private static final VectorShuffle<Float> SPREAD0 = spread(0);

    private static final VectorShuffle<Float> SPREAD1 = spread(1);
    private static final VectorShuffle<Float> SPREAD2 = spread(2);
    private static final VectorShuffle<Float> SPREAD3 = spread(3);

    private GemvInt4() {}

    private static VectorShuffle<Float> spread(int load) {
        return VectorShuffle.fromOp(Lanes.FLOAT, lane -> load * (L / 4) + lane / 4);
    }

    /**
     * Leaves the running vectors of weight rows {@code from} to {@code to} and one packed row of floats in {@code lanes}, one
     * after the other: the sums of {@link WeightPanel} and {@link Gemm#row} without the way through memory.
     */
    static void floatRows(
            Matrix.Int4 matrix, int from, int to, ElementOrder order, float[] x, int xAt, float[] lanes, int lanesAt) {
        MemorySegment w = matrix.packed();
        MemorySegment scales = matrix.scales();
        // As in IntegerGemvInt4: classes are learnt once, outside the loop.
        w.byteSize();
        scales.byteSize();
        int step = 8 * order.lanes;
        for (int o = from; o < to; o++) {
            long at = (long) o * matrix.cols() / 2;
            long scaleAt = (long) o * matrix.cols() / Matrix.Int4.GROUP * 2;
            FloatVector run = FloatVector.zero(Lanes.FLOAT);
            for (int first = 0; first < order.vectorized(); first += ElementOrder.SUPERBLOCK) {
                int chain = order.length(first) / ElementOrder.CHAINS;
                int x0 = xAt + first;
                int x1 = x0 + chain;
                int x2 = x1 + chain;
                int x3 = x2 + chain;
                FloatVector a0 = FloatVector.zero(Lanes.FLOAT);
                FloatVector a1 = a0;
                FloatVector a2 = a0;
                FloatVector a3 = a0;
                for (int i = 0; i < chain; i += step) {
                    FloatVector sc = ((IntVector) ShortVector.fromMemorySegment(Lanes.HALF_SHORT, scales, scaleAt, LE)
                                    .convertShape(VectorOperators.S2I, Lanes.INT, 0))
                            .lanewise(VectorOperators.LSHL, 16)
                            .reinterpretAsFloats();
                    IntVector v0 = IntVector.fromMemorySegment(Lanes.INT, w, at, LE);
                    FloatVector scale0 = sc.rearrange(SPREAD0);
                    FloatVector eight0 = scale0.mul(-8f);
                    a0 = ((FloatVector) v0.and(15).convertShape(VectorOperators.I2F, Lanes.FLOAT, 0))
                            .fma(scale0, eight0)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x0 + i), a0);
                    a1 = ((FloatVector) v0.lanewise(VectorOperators.LSHR, 4)
                                    .and(15)
                                    .convertShape(VectorOperators.I2F, Lanes.FLOAT, 0))
                            .fma(scale0, eight0)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x1 + i), a1);
                    a2 = ((FloatVector) v0.lanewise(VectorOperators.LSHR, 8)
                                    .and(15)
                                    .convertShape(VectorOperators.I2F, Lanes.FLOAT, 0))
                            .fma(scale0, eight0)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x2 + i), a2);
                    a3 = ((FloatVector) v0.lanewise(VectorOperators.LSHR, 12)
                                    .and(15)
                                    .convertShape(VectorOperators.I2F, Lanes.FLOAT, 0))
                            .fma(scale0, eight0)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x3 + i), a3);
                    a0 = ((FloatVector) v0.lanewise(VectorOperators.LSHR, 16)
                                    .and(15)
                                    .convertShape(VectorOperators.I2F, Lanes.FLOAT, 0))
                            .fma(scale0, eight0)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x0 + i + L), a0);
                    a1 = ((FloatVector) v0.lanewise(VectorOperators.LSHR, 20)
                                    .and(15)
                                    .convertShape(VectorOperators.I2F, Lanes.FLOAT, 0))
                            .fma(scale0, eight0)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x1 + i + L), a1);
                    a2 = ((FloatVector) v0.lanewise(VectorOperators.LSHR, 24)
                                    .and(15)
                                    .convertShape(VectorOperators.I2F, Lanes.FLOAT, 0))
                            .fma(scale0, eight0)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x2 + i + L), a2);
                    a3 = ((FloatVector) v0.lanewise(VectorOperators.LSHR, 28)
                                    .convertShape(VectorOperators.I2F, Lanes.FLOAT, 0))
                            .fma(scale0, eight0)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x3 + i + L), a3);
                    IntVector v1 = IntVector.fromMemorySegment(Lanes.INT, w, at + 4 * L, LE);
                    FloatVector scale1 = sc.rearrange(SPREAD1);
                    FloatVector eight1 = scale1.mul(-8f);
                    a0 = ((FloatVector) v1.and(15).convertShape(VectorOperators.I2F, Lanes.FLOAT, 0))
                            .fma(scale1, eight1)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x0 + i + 2 * L), a0);
                    a1 = ((FloatVector) v1.lanewise(VectorOperators.LSHR, 4)
                                    .and(15)
                                    .convertShape(VectorOperators.I2F, Lanes.FLOAT, 0))
                            .fma(scale1, eight1)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x1 + i + 2 * L), a1);
                    a2 = ((FloatVector) v1.lanewise(VectorOperators.LSHR, 8)
                                    .and(15)
                                    .convertShape(VectorOperators.I2F, Lanes.FLOAT, 0))
                            .fma(scale1, eight1)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x2 + i + 2 * L), a2);
                    a3 = ((FloatVector) v1.lanewise(VectorOperators.LSHR, 12)
                                    .and(15)
                                    .convertShape(VectorOperators.I2F, Lanes.FLOAT, 0))
                            .fma(scale1, eight1)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x3 + i + 2 * L), a3);
                    a0 = ((FloatVector) v1.lanewise(VectorOperators.LSHR, 16)
                                    .and(15)
                                    .convertShape(VectorOperators.I2F, Lanes.FLOAT, 0))
                            .fma(scale1, eight1)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x0 + i + 3 * L), a0);
                    a1 = ((FloatVector) v1.lanewise(VectorOperators.LSHR, 20)
                                    .and(15)
                                    .convertShape(VectorOperators.I2F, Lanes.FLOAT, 0))
                            .fma(scale1, eight1)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x1 + i + 3 * L), a1);
                    a2 = ((FloatVector) v1.lanewise(VectorOperators.LSHR, 24)
                                    .and(15)
                                    .convertShape(VectorOperators.I2F, Lanes.FLOAT, 0))
                            .fma(scale1, eight1)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x2 + i + 3 * L), a2);
                    a3 = ((FloatVector) v1.lanewise(VectorOperators.LSHR, 28)
                                    .convertShape(VectorOperators.I2F, Lanes.FLOAT, 0))
                            .fma(scale1, eight1)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x3 + i + 3 * L), a3);
                    IntVector v2 = IntVector.fromMemorySegment(Lanes.INT, w, at + 8 * L, LE);
                    FloatVector scale2 = sc.rearrange(SPREAD2);
                    FloatVector eight2 = scale2.mul(-8f);
                    a0 = ((FloatVector) v2.and(15).convertShape(VectorOperators.I2F, Lanes.FLOAT, 0))
                            .fma(scale2, eight2)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x0 + i + 4 * L), a0);
                    a1 = ((FloatVector) v2.lanewise(VectorOperators.LSHR, 4)
                                    .and(15)
                                    .convertShape(VectorOperators.I2F, Lanes.FLOAT, 0))
                            .fma(scale2, eight2)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x1 + i + 4 * L), a1);
                    a2 = ((FloatVector) v2.lanewise(VectorOperators.LSHR, 8)
                                    .and(15)
                                    .convertShape(VectorOperators.I2F, Lanes.FLOAT, 0))
                            .fma(scale2, eight2)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x2 + i + 4 * L), a2);
                    a3 = ((FloatVector) v2.lanewise(VectorOperators.LSHR, 12)
                                    .and(15)
                                    .convertShape(VectorOperators.I2F, Lanes.FLOAT, 0))
                            .fma(scale2, eight2)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x3 + i + 4 * L), a3);
                    a0 = ((FloatVector) v2.lanewise(VectorOperators.LSHR, 16)
                                    .and(15)
                                    .convertShape(VectorOperators.I2F, Lanes.FLOAT, 0))
                            .fma(scale2, eight2)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x0 + i + 5 * L), a0);
                    a1 = ((FloatVector) v2.lanewise(VectorOperators.LSHR, 20)
                                    .and(15)
                                    .convertShape(VectorOperators.I2F, Lanes.FLOAT, 0))
                            .fma(scale2, eight2)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x1 + i + 5 * L), a1);
                    a2 = ((FloatVector) v2.lanewise(VectorOperators.LSHR, 24)
                                    .and(15)
                                    .convertShape(VectorOperators.I2F, Lanes.FLOAT, 0))
                            .fma(scale2, eight2)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x2 + i + 5 * L), a2);
                    a3 = ((FloatVector) v2.lanewise(VectorOperators.LSHR, 28)
                                    .convertShape(VectorOperators.I2F, Lanes.FLOAT, 0))
                            .fma(scale2, eight2)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x3 + i + 5 * L), a3);
                    IntVector v3 = IntVector.fromMemorySegment(Lanes.INT, w, at + 12 * L, LE);
                    FloatVector scale3 = sc.rearrange(SPREAD3);
                    FloatVector eight3 = scale3.mul(-8f);
                    a0 = ((FloatVector) v3.and(15).convertShape(VectorOperators.I2F, Lanes.FLOAT, 0))
                            .fma(scale3, eight3)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x0 + i + 6 * L), a0);
                    a1 = ((FloatVector) v3.lanewise(VectorOperators.LSHR, 4)
                                    .and(15)
                                    .convertShape(VectorOperators.I2F, Lanes.FLOAT, 0))
                            .fma(scale3, eight3)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x1 + i + 6 * L), a1);
                    a2 = ((FloatVector) v3.lanewise(VectorOperators.LSHR, 8)
                                    .and(15)
                                    .convertShape(VectorOperators.I2F, Lanes.FLOAT, 0))
                            .fma(scale3, eight3)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x2 + i + 6 * L), a2);
                    a3 = ((FloatVector) v3.lanewise(VectorOperators.LSHR, 12)
                                    .and(15)
                                    .convertShape(VectorOperators.I2F, Lanes.FLOAT, 0))
                            .fma(scale3, eight3)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x3 + i + 6 * L), a3);
                    a0 = ((FloatVector) v3.lanewise(VectorOperators.LSHR, 16)
                                    .and(15)
                                    .convertShape(VectorOperators.I2F, Lanes.FLOAT, 0))
                            .fma(scale3, eight3)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x0 + i + 7 * L), a0);
                    a1 = ((FloatVector) v3.lanewise(VectorOperators.LSHR, 20)
                                    .and(15)
                                    .convertShape(VectorOperators.I2F, Lanes.FLOAT, 0))
                            .fma(scale3, eight3)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x1 + i + 7 * L), a1);
                    a2 = ((FloatVector) v3.lanewise(VectorOperators.LSHR, 24)
                                    .and(15)
                                    .convertShape(VectorOperators.I2F, Lanes.FLOAT, 0))
                            .fma(scale3, eight3)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x2 + i + 7 * L), a2);
                    a3 = ((FloatVector) v3.lanewise(VectorOperators.LSHR, 28)
                                    .convertShape(VectorOperators.I2F, Lanes.FLOAT, 0))
                            .fma(scale3, eight3)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x3 + i + 7 * L), a3);
                    at += 16 * L;
                    scaleAt += 2 * L;
                }
                run = run.add(a0).add(a1).add(a2).add(a3);
            }
            run.intoArray(lanes, lanesAt + (o - from) * L);
        }
    }
}

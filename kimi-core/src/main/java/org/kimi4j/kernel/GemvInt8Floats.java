package org.kimi4j.kernel;

import static org.kimi4j.kernel.Lanes.LE;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import org.kimi4j.tensor.Matrix;

/** Sums of INT8 weights (bytes offset by 128), as exact floats, times packed rows; an int lane holds four elements. */
final class GemvInt8Floats {

    private static final int L = Lanes.COUNT;
    /** A byte that was moved here and or-ed with {@link #F256} is the float 256 + byte, of which 384 is too much. */
    private static final int BYTE = 0x7f8000;

    private static final int F256 = 0x43800000;
    /** How many elements further a load's second group of 32 is, and its lanes; none below 512 bits. */
    private static final int UPPER = L > 8 ? 32 : 0;

    private static final VectorMask<Float> SECOND = second();

    private GemvInt8Floats() {}

    private static VectorMask<Float> second() {
        boolean[] lanes = new boolean[L];
        Arrays.fill(lanes, Math.min(8, L), L, true);
        return VectorMask.fromArray(Lanes.FLOAT, lanes, 0);
    }

    /**
     * Leaves the running vectors of weight rows {@code from} to {@code to} and one packed row in {@code lanes}, one after the
     * other. A weight is (256 + byte) * scale - 384 * scale, exact as its 16 bits fit a float; scales below 2^118.
     */
    static void rows(
            Matrix.Int8 matrix, int from, int to, ElementOrder order, float[] x, int xAt, float[] lanes, int lanesAt) {
        MemorySegment w = matrix.packed();
        MemorySegment scales = matrix.scales();
        int shift = Integer.numberOfTrailingZeros(matrix.group());
        for (int o = from; o < to; o++) {
            FloatVector run = FloatVector.zero(Lanes.FLOAT);
            long at = (long) o * matrix.cols();
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
                for (int i = 0; i < chain; i += 4 * L) {
                    IntVector v0 = IntVector.fromMemorySegment(Lanes.INT, w, at, LE);
                    FloatVector scale0 = FloatVector.broadcast(
                                    Lanes.FLOAT, Weights.bf16(scales, at >> shift))
                            .blend(Weights.bf16(scales, at + 0 * L + UPPER >> shift), SECOND);
                    FloatVector low0 = scale0.mul(-384);
                    a0 = v0.lanewise(VectorOperators.LSHL, 15)
                            .and(BYTE)
                            .or(F256)
                            .reinterpretAsFloats()
                            .fma(scale0, low0)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x0 + i), a0);
                    a0 = v0.lanewise(VectorOperators.LSHL, 7)
                            .and(BYTE)
                            .or(F256)
                            .reinterpretAsFloats()
                            .fma(scale0, low0)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x0 + i + 1 * L), a0);
                    a0 = v0.lanewise(VectorOperators.LSHR, 1)
                            .and(BYTE)
                            .or(F256)
                            .reinterpretAsFloats()
                            .fma(scale0, low0)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x0 + i + 2 * L), a0);
                    a0 = v0.lanewise(VectorOperators.LSHR, 9)
                            .and(BYTE)
                            .or(F256)
                            .reinterpretAsFloats()
                            .fma(scale0, low0)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x0 + i + 3 * L), a0);
                    IntVector v1 = IntVector.fromMemorySegment(Lanes.INT, w, at + 4 * L, LE);
                    FloatVector scale1 = FloatVector.broadcast(
                                    Lanes.FLOAT, Weights.bf16(scales, at + 4 * L >> shift))
                            .blend(Weights.bf16(scales, at + 4 * L + UPPER >> shift), SECOND);
                    FloatVector low1 = scale1.mul(-384);
                    a1 = v1.lanewise(VectorOperators.LSHL, 15)
                            .and(BYTE)
                            .or(F256)
                            .reinterpretAsFloats()
                            .fma(scale1, low1)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x1 + i), a1);
                    a1 = v1.lanewise(VectorOperators.LSHL, 7)
                            .and(BYTE)
                            .or(F256)
                            .reinterpretAsFloats()
                            .fma(scale1, low1)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x1 + i + 1 * L), a1);
                    a1 = v1.lanewise(VectorOperators.LSHR, 1)
                            .and(BYTE)
                            .or(F256)
                            .reinterpretAsFloats()
                            .fma(scale1, low1)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x1 + i + 2 * L), a1);
                    a1 = v1.lanewise(VectorOperators.LSHR, 9)
                            .and(BYTE)
                            .or(F256)
                            .reinterpretAsFloats()
                            .fma(scale1, low1)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x1 + i + 3 * L), a1);
                    IntVector v2 = IntVector.fromMemorySegment(Lanes.INT, w, at + 8 * L, LE);
                    FloatVector scale2 = FloatVector.broadcast(
                                    Lanes.FLOAT, Weights.bf16(scales, at + 8 * L >> shift))
                            .blend(Weights.bf16(scales, at + 8 * L + UPPER >> shift), SECOND);
                    FloatVector low2 = scale2.mul(-384);
                    a2 = v2.lanewise(VectorOperators.LSHL, 15)
                            .and(BYTE)
                            .or(F256)
                            .reinterpretAsFloats()
                            .fma(scale2, low2)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x2 + i), a2);
                    a2 = v2.lanewise(VectorOperators.LSHL, 7)
                            .and(BYTE)
                            .or(F256)
                            .reinterpretAsFloats()
                            .fma(scale2, low2)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x2 + i + 1 * L), a2);
                    a2 = v2.lanewise(VectorOperators.LSHR, 1)
                            .and(BYTE)
                            .or(F256)
                            .reinterpretAsFloats()
                            .fma(scale2, low2)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x2 + i + 2 * L), a2);
                    a2 = v2.lanewise(VectorOperators.LSHR, 9)
                            .and(BYTE)
                            .or(F256)
                            .reinterpretAsFloats()
                            .fma(scale2, low2)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x2 + i + 3 * L), a2);
                    IntVector v3 = IntVector.fromMemorySegment(Lanes.INT, w, at + 12 * L, LE);
                    FloatVector scale3 = FloatVector.broadcast(
                                    Lanes.FLOAT, Weights.bf16(scales, at + 12 * L >> shift))
                            .blend(Weights.bf16(scales, at + 12 * L + UPPER >> shift), SECOND);
                    FloatVector low3 = scale3.mul(-384);
                    a3 = v3.lanewise(VectorOperators.LSHL, 15)
                            .and(BYTE)
                            .or(F256)
                            .reinterpretAsFloats()
                            .fma(scale3, low3)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x3 + i), a3);
                    a3 = v3.lanewise(VectorOperators.LSHL, 7)
                            .and(BYTE)
                            .or(F256)
                            .reinterpretAsFloats()
                            .fma(scale3, low3)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x3 + i + 1 * L), a3);
                    a3 = v3.lanewise(VectorOperators.LSHR, 1)
                            .and(BYTE)
                            .or(F256)
                            .reinterpretAsFloats()
                            .fma(scale3, low3)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x3 + i + 2 * L), a3);
                    a3 = v3.lanewise(VectorOperators.LSHR, 9)
                            .and(BYTE)
                            .or(F256)
                            .reinterpretAsFloats()
                            .fma(scale3, low3)
                            .fma(FloatVector.fromArray(Lanes.FLOAT, x, x3 + i + 3 * L), a3);
                    at += 16 * L;
                }
                run = run.add(a0).add(a1).add(a2).add(a3);
            }
            run.intoArray(lanes, lanesAt + (o - from) * L);
        }
    }
}

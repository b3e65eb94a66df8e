package org.kimi4j.kernel;

import static org.kimi4j.kernel.Lanes.LE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;

/** Operations that take element by element, and the norm; one row at a time, any length. */
final class VectorElementwise {

    private static final int L = Lanes.COUNT;
    private static final float ROUND = 0x1.8p23f;

    /** Bring the upper half of 16, 8, 4 or 2 lanes to the lower. */
    private static final VectorShuffle<Float> DOWN8 = down(8);

    private static final VectorShuffle<Float> DOWN4 = down(4);
    private static final VectorShuffle<Float> DOWN2 = down(2);
    private static final VectorShuffle<Float> DOWN1 = down(1);

    private VectorElementwise() {}

    private static VectorShuffle<Float> down(int by) {
        return VectorShuffle.fromOp(Lanes.FLOAT, lane -> lane + by & L - 1);
    }

    /** {@link Lanes#tree} of {@code count} vectors, one after the other from {@code at} on. */
    static void trees(float[] vectors, int at, int count, float[] to) {
        for (int i = 0; i < count; i++) {
            FloatVector v = FloatVector.fromArray(Lanes.FLOAT, vectors, at + i * L);
            if (L > 8) {
                v = v.add(v.rearrange(DOWN8));
            }
            if (L > 4) {
                v = v.add(v.rearrange(DOWN4));
            }
            v = v.add(v.rearrange(DOWN2));
            to[i] = v.add(v.rearrange(DOWN1)).lane(0);
        }
    }

    /**
     * {@link Activations#quantize}, bit for bit: magnitudes are compared as integers, and what 1.5 * 2^23 is added to is
     * rounded to the nearest integer, ties to even, in its lowest bits.
     *
     * @param sums receives the sum of each group's integers at {@code scalesAt}
     * @param ints room for one group
     */
    static void quantize(
            float[] x,
            int at,
            int cols,
            byte[] codes,
            int codesAt,
            float[] scales,
            float[] sums,
            int scalesAt,
            int[] ints) {
        for (int g = 0; g < cols / Activations.GROUP; g++) {
            int from = at + g * Activations.GROUP;
            IntVector largest = IntVector.zero(Lanes.INT);
            for (int i = 0; i < Activations.GROUP; i += L) {
                largest = largest.max(FloatVector.fromArray(Lanes.FLOAT, x, from + i)
                        .reinterpretAsInts()
                        .and(0x7fffffff));
            }
            float max = Activations.counted(Float.intBitsToFloat(largest.reduceLanes(VectorOperators.MAX)));
            float inverse = Activations.inverse(max);
            scales[scalesAt + g] = max / 127f;
            IntVector sum = IntVector.zero(Lanes.INT);
            for (int i = 0; i < Activations.GROUP; i += L) {
                IntVector code = FloatVector.fromArray(Lanes.FLOAT, x, from + i)
                        .mul(inverse)
                        .add(ROUND)
                        .reinterpretAsInts()
                        .lanewise(VectorOperators.LSHL, 16)
                        .lanewise(VectorOperators.ASHR, 16);
                sum = sum.add(code);
                code.intoArray(ints, i);
            }
            sums[scalesAt + g] = sum.reduceLanes(VectorOperators.ADD);
            int to = codesAt + g * Activations.GROUP;
            for (int i = 0; i < Activations.GROUP; i++) {
                codes[to + i] = (byte) ints[i];
            }
        }
    }

    /** {@link Activations#round}, bit for bit: signs of zeros are kept as rounding to an integer keeps them. */
    static void round(float[] x, int at, int cols) {
        int end = at + cols / Activations.GROUP * Activations.GROUP;
        for (int from = at; from < end; from += Activations.GROUP) {
            IntVector largest = IntVector.zero(Lanes.INT);
            for (int i = 0; i < Activations.GROUP; i += L) {
                largest = largest.max(FloatVector.fromArray(Lanes.FLOAT, x, from + i)
                        .reinterpretAsInts()
                        .and(0x7fffffff));
            }
            float max = Activations.counted(Float.intBitsToFloat(largest.reduceLanes(VectorOperators.MAX)));
            float inverse = Activations.inverse(max);
            float scale = max / 127f;
            for (int i = 0; i < Activations.GROUP; i += L) {
                FloatVector v = FloatVector.fromArray(Lanes.FLOAT, x, from + i).mul(inverse);
                v.add(ROUND)
                        .sub(ROUND)
                        .reinterpretAsInts()
                        .or(v.reinterpretAsInts().and(0x80000000))
                        .reinterpretAsFloats()
                        .mul(scale)
                        .intoArray(x, from + i);
            }
        }
    }

    /** One row of x / sqrt(mean(x^2) + eps) * weight. */
    static void rmsNorm(
            MemorySegment x,
            long xAt,
            MemorySegment weight,
            float eps,
            MemorySegment out,
            long outAt,
            int cols,
            float[] lanes) {
        int bound = cols - cols % L;
        FloatVector squares = FloatVector.zero(Lanes.FLOAT);
        for (int i = 0; i < bound; i += L) {
            FloatVector v = FloatVector.fromMemorySegment(Lanes.FLOAT, x, xAt + 4L * i, LE);
            squares = v.fma(v, squares);
        }
        squares.intoArray(lanes, 0);
        float sum = Lanes.tree(lanes, 0);
        for (int i = bound; i < cols; i++) {
            float v = x.get(ValueLayout.JAVA_FLOAT, xAt + 4L * i);
            sum = Math.fma(v, v, sum);
        }
        float scale = ScalarKernels.inverseRms(sum, cols, eps);
        for (int i = 0; i < bound; i += L) {
            FloatVector.fromMemorySegment(Lanes.FLOAT, x, xAt + 4L * i, LE)
                    .mul(scale)
                    .mul(FloatVector.fromMemorySegment(Lanes.FLOAT, weight, 4L * i, LE))
                    .intoMemorySegment(out, outAt + 4L * i, LE);
        }
        for (int i = bound; i < cols; i++) {
            float v = x.get(ValueLayout.JAVA_FLOAT, xAt + 4L * i) * scale * weight.get(Weights.FLOAT, 4L * i);
            out.set(ValueLayout.JAVA_FLOAT, outAt + 4L * i, v);
        }
    }

    /** One row of silu(gate) * up. */
    static void siluMul(
            MemorySegment gate, long gateAt, MemorySegment up, long upAt, MemorySegment out, long outAt, int cols) {
        int bound = cols - cols % L;
        for (int i = 0; i < bound; i += L) {
            FloatVector g = FloatVector.fromMemorySegment(Lanes.FLOAT, gate, gateAt + 4L * i, LE);
            FloatVector x = g.neg().max(Exp.MIN).min(Exp.MAX);
            FloatVector n = x.fma(
                            FloatVector.broadcast(Lanes.FLOAT, Exp.LOG2E),
                            FloatVector.broadcast(Lanes.FLOAT, Exp.ROUND))
                    .sub(Exp.ROUND);
            FloatVector r = n.fma(
                    FloatVector.broadcast(Lanes.FLOAT, -Exp.LN2_LOW),
                    n.fma(FloatVector.broadcast(Lanes.FLOAT, -Exp.LN2_HIGH), x));
            FloatVector e = FloatVector.broadcast(Lanes.FLOAT, Exp.C6)
                    .fma(r, FloatVector.broadcast(Lanes.FLOAT, Exp.C5))
                    .fma(r, FloatVector.broadcast(Lanes.FLOAT, Exp.C4))
                    .fma(r, FloatVector.broadcast(Lanes.FLOAT, Exp.C3))
                    .fma(r, FloatVector.broadcast(Lanes.FLOAT, Exp.C2))
                    .fma(r, FloatVector.broadcast(Lanes.FLOAT, Exp.C1))
                    .fma(r.mul(r), r.add(1f))
                    .mul(((IntVector) n.convertShape(VectorOperators.F2I, Lanes.INT, 0))
                            .add(127)
                            .lanewise(VectorOperators.LSHL, 23)
                            .reinterpretAsFloats());
            g.mul(FloatVector.broadcast(Lanes.FLOAT, 1f).div(e.add(1f)))
                    .mul(FloatVector.fromMemorySegment(Lanes.FLOAT, up, upAt + 4L * i, LE))
                    .intoMemorySegment(out, outAt + 4L * i, LE);
        }
        for (int i = bound; i < cols; i++) {
            float g = gate.get(ValueLayout.JAVA_FLOAT, gateAt + 4L * i);
            float v = Exp.silu(g) * up.get(ValueLayout.JAVA_FLOAT, upAt + 4L * i);
            out.set(ValueLayout.JAVA_FLOAT, outAt + 4L * i, v);
        }
    }

    /** A stretch of gate = silu(gate) * up. */
    static void siluMul(MemorySegment gate, long gateAt, float[] up, int upAt, int cols) {
        int bound = cols - cols % L;
        for (int i = 0; i < bound; i += L) {
            FloatVector g = FloatVector.fromMemorySegment(Lanes.FLOAT, gate, gateAt + 4L * i, LE);
            FloatVector x = g.neg().max(Exp.MIN).min(Exp.MAX);
            FloatVector n = x.fma(
                            FloatVector.broadcast(Lanes.FLOAT, Exp.LOG2E),
                            FloatVector.broadcast(Lanes.FLOAT, Exp.ROUND))
                    .sub(Exp.ROUND);
            FloatVector r = n.fma(
                    FloatVector.broadcast(Lanes.FLOAT, -Exp.LN2_LOW),
                    n.fma(FloatVector.broadcast(Lanes.FLOAT, -Exp.LN2_HIGH), x));
            FloatVector e = FloatVector.broadcast(Lanes.FLOAT, Exp.C6)
                    .fma(r, FloatVector.broadcast(Lanes.FLOAT, Exp.C5))
                    .fma(r, FloatVector.broadcast(Lanes.FLOAT, Exp.C4))
                    .fma(r, FloatVector.broadcast(Lanes.FLOAT, Exp.C3))
                    .fma(r, FloatVector.broadcast(Lanes.FLOAT, Exp.C2))
                    .fma(r, FloatVector.broadcast(Lanes.FLOAT, Exp.C1))
                    .fma(r.mul(r), r.add(1f))
                    .mul(((IntVector) n.convertShape(VectorOperators.F2I, Lanes.INT, 0))
                            .add(127)
                            .lanewise(VectorOperators.LSHL, 23)
                            .reinterpretAsFloats());
            g.mul(FloatVector.broadcast(Lanes.FLOAT, 1f).div(e.add(1f)))
                    .mul(FloatVector.fromArray(Lanes.FLOAT, up, upAt + i))
                    .intoMemorySegment(gate, gateAt + 4L * i, LE);
        }
        for (int i = bound; i < cols; i++) {
            float g = gate.get(ValueLayout.JAVA_FLOAT, gateAt + 4L * i);
            gate.set(ValueLayout.JAVA_FLOAT, gateAt + 4L * i, Exp.silu(g) * up[upAt + i]);
        }
    }

    /** One row of x += y. */
    static void add(MemorySegment x, long xAt, MemorySegment y, long yAt, int cols) {
        int bound = cols - cols % L;
        for (int i = 0; i < bound; i += L) {
            FloatVector.fromMemorySegment(Lanes.FLOAT, x, xAt + 4L * i, LE)
                    .add(FloatVector.fromMemorySegment(Lanes.FLOAT, y, yAt + 4L * i, LE))
                    .intoMemorySegment(x, xAt + 4L * i, LE);
        }
        for (int i = bound; i < cols; i++) {
            float v = x.get(ValueLayout.JAVA_FLOAT, xAt + 4L * i) + y.get(ValueLayout.JAVA_FLOAT, yAt + 4L * i);
            x.set(ValueLayout.JAVA_FLOAT, xAt + 4L * i, v);
        }
    }

    /** One row of x += y * weight. */
    static void addScaled(MemorySegment x, long xAt, MemorySegment y, long yAt, float weight, int cols) {
        int bound = cols - cols % L;
        for (int i = 0; i < bound; i += L) {
            FloatVector.fromMemorySegment(Lanes.FLOAT, y, yAt + 4L * i, LE)
                    .fma(
                            FloatVector.broadcast(Lanes.FLOAT, weight),
                            FloatVector.fromMemorySegment(Lanes.FLOAT, x, xAt + 4L * i, LE))
                    .intoMemorySegment(x, xAt + 4L * i, LE);
        }
        for (int i = bound; i < cols; i++) {
            float v = Math.fma(
                    weight, y.get(ValueLayout.JAVA_FLOAT, yAt + 4L * i), x.get(ValueLayout.JAVA_FLOAT, xAt + 4L * i));
            x.set(ValueLayout.JAVA_FLOAT, xAt + 4L * i, v);
        }
    }

    /** A stretch of x += y * weight. */
    static void addScaled(MemorySegment x, long xAt, float[] y, int yAt, float weight, int cols) {
        int bound = cols - cols % L;
        for (int i = 0; i < bound; i += L) {
            FloatVector.fromArray(Lanes.FLOAT, y, yAt + i)
                    .fma(
                            FloatVector.broadcast(Lanes.FLOAT, weight),
                            FloatVector.fromMemorySegment(Lanes.FLOAT, x, xAt + 4L * i, LE))
                    .intoMemorySegment(x, xAt + 4L * i, LE);
        }
        for (int i = bound; i < cols; i++) {
            float sum = x.get(ValueLayout.JAVA_FLOAT, xAt + 4L * i);
            x.set(ValueLayout.JAVA_FLOAT, xAt + 4L * i, Math.fma(weight, y[yAt + i], sum));
        }
    }

    /** One row of the GELU with tanh, in place. */
    static void geluTanh(MemorySegment x, long at, int cols) {
        int bound = cols - cols % L;
        for (int i = 0; i < bound; i += L) {
            FloatVector v = FloatVector.fromMemorySegment(Lanes.FLOAT, x, at + 4L * i, LE);
            FloatVector y = v.mul(Gelu.CUBE)
                    .fma(v.mul(v), v)
                    .mul(Gelu.TWO_SQRT_2_OVER_PI)
                    .neg()
                    .max(Exp.MIN)
                    .min(Exp.MAX);
            FloatVector n = y.fma(
                            FloatVector.broadcast(Lanes.FLOAT, Exp.LOG2E),
                            FloatVector.broadcast(Lanes.FLOAT, Exp.ROUND))
                    .sub(Exp.ROUND);
            FloatVector r = n.fma(
                    FloatVector.broadcast(Lanes.FLOAT, -Exp.LN2_LOW),
                    n.fma(FloatVector.broadcast(Lanes.FLOAT, -Exp.LN2_HIGH), y));
            FloatVector e = FloatVector.broadcast(Lanes.FLOAT, Exp.C6)
                    .fma(r, FloatVector.broadcast(Lanes.FLOAT, Exp.C5))
                    .fma(r, FloatVector.broadcast(Lanes.FLOAT, Exp.C4))
                    .fma(r, FloatVector.broadcast(Lanes.FLOAT, Exp.C3))
                    .fma(r, FloatVector.broadcast(Lanes.FLOAT, Exp.C2))
                    .fma(r, FloatVector.broadcast(Lanes.FLOAT, Exp.C1))
                    .fma(r.mul(r), r.add(1f))
                    .mul(((IntVector) n.convertShape(VectorOperators.F2I, Lanes.INT, 0))
                            .add(127)
                            .lanewise(VectorOperators.LSHL, 23)
                            .reinterpretAsFloats());
            v.mul(FloatVector.broadcast(Lanes.FLOAT, 1f).div(e.add(1f))).intoMemorySegment(x, at + 4L * i, LE);
        }
        for (int i = bound; i < cols; i++) {
            x.set(ValueLayout.JAVA_FLOAT, at + 4L * i, Gelu.tanh(x.get(ValueLayout.JAVA_FLOAT, at + 4L * i)));
        }
    }
}

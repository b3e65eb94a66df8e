package org.kimi4j.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Attention of several queries to the same keys and values, a query to a lane: what stands in a lane never meets another
 * lane, so that each does exactly what a scalar loop would do for it, whatever the vector width. The queries are columns
 * of matrices [.., COLUMNS].
 */
final class LaneAttention {

    private static final int L = Lanes.COUNT;
    /** Queries of a register tile: two vectors. */
    static final int COLUMNS = 2 * L;
    /** Whether there are 32 vector registers: all machines with vectors of 512 bits have them. */
    private static final boolean IS_WIDE = L == 16;

    private LaneAttention() {}

    /**
     * weight[p, column] = scale * (keys[p] . query[column]): one chain over the width for each.
     *
     * @param query [width, COLUMNS]
     * @param keys the first key at {@code keysAt}, the next {@code stride} further
     * @param weight receives [count, COLUMNS]
     */
    static void scores(
            float[] query, int width, float[] keys, int keysAt, int stride, int count, float scale, float[] weight) {
        int p = IS_WIDE ? WideLaneAttention.scores(query, width, keys, keysAt, stride, count, scale, weight) : 0;
        for (; p + 4 <= count; p += 4) {
            FloatVector a00 = FloatVector.zero(Lanes.FLOAT);
            FloatVector a01 = a00;
            FloatVector a10 = a00;
            FloatVector a11 = a00;
            FloatVector a20 = a00;
            FloatVector a21 = a00;
            FloatVector a30 = a00;
            FloatVector a31 = a00;
            int t0 = keysAt + p * stride;
            int t1 = t0 + stride;
            int t2 = t1 + stride;
            int t3 = t2 + stride;
            for (int i = 0; i < width; i++) {
                FloatVector q0 = FloatVector.fromArray(Lanes.FLOAT, query, i * COLUMNS);
                FloatVector q1 = FloatVector.fromArray(Lanes.FLOAT, query, i * COLUMNS + L);
                FloatVector c = FloatVector.broadcast(Lanes.FLOAT, keys[t0 + i]);
                a00 = q0.fma(c, a00);
                a01 = q1.fma(c, a01);
                c = FloatVector.broadcast(Lanes.FLOAT, keys[t1 + i]);
                a10 = q0.fma(c, a10);
                a11 = q1.fma(c, a11);
                c = FloatVector.broadcast(Lanes.FLOAT, keys[t2 + i]);
                a20 = q0.fma(c, a20);
                a21 = q1.fma(c, a21);
                c = FloatVector.broadcast(Lanes.FLOAT, keys[t3 + i]);
                a30 = q0.fma(c, a30);
                a31 = q1.fma(c, a31);
            }
            a00.mul(scale).intoArray(weight, p * COLUMNS);
            a01.mul(scale).intoArray(weight, p * COLUMNS + L);
            a10.mul(scale).intoArray(weight, (p + 1) * COLUMNS);
            a11.mul(scale).intoArray(weight, (p + 1) * COLUMNS + L);
            a20.mul(scale).intoArray(weight, (p + 2) * COLUMNS);
            a21.mul(scale).intoArray(weight, (p + 2) * COLUMNS + L);
            a30.mul(scale).intoArray(weight, (p + 3) * COLUMNS);
            a31.mul(scale).intoArray(weight, (p + 3) * COLUMNS + L);
        }
        for (; p < count; p++) {
            FloatVector a0 = FloatVector.zero(Lanes.FLOAT);
            FloatVector a1 = a0;
            for (int i = 0; i < width; i++) {
                FloatVector c = FloatVector.broadcast(Lanes.FLOAT, keys[keysAt + p * stride + i]);
                a0 = FloatVector.fromArray(Lanes.FLOAT, query, i * COLUMNS).fma(c, a0);
                a1 = FloatVector.fromArray(Lanes.FLOAT, query, i * COLUMNS + L).fma(c, a1);
            }
            a0.mul(scale).intoArray(weight, p * COLUMNS);
            a1.mul(scale).intoArray(weight, p * COLUMNS + L);
        }
    }

    /**
     * Turns scores into weights relative to the new maximum.
     *
     * @param weight [count, COLUMNS]
     * @param max of each column, updated
     * @param total of each column, updated
     * @param decay receives what the old sums of each column are worth relative to the new maximum
     */
    static void weights(float[] weight, int count, float[] max, float[] total, float[] decay) {
        for (int lane = 0; lane < COLUMNS; lane += L) {
            FloatVector oldMax = FloatVector.fromArray(Lanes.FLOAT, max, lane);
            FloatVector newMax = oldMax;
            // Comparing and choosing rather than max: that has to order zeros and to keep NaN, which sums keep anyway.
            for (int p = 0; p < count; p++) {
                FloatVector score = FloatVector.fromArray(Lanes.FLOAT, weight, p * COLUMNS + lane);
                newMax = newMax.blend(score, score.compare(VectorOperators.GT, newMax));
            }
            FloatVector sum = FloatVector.zero(Lanes.FLOAT);
            for (int p = 0; p < count; p++) {
                // Never above zero, so that only the lower bound of exp is needed.
                FloatVector x = FloatVector.fromArray(Lanes.FLOAT, weight, p * COLUMNS + lane)
                        .sub(newMax);
                x = x.blend(Exp.MIN, x.compare(VectorOperators.LT, Exp.MIN));
                // The integer is in the last bits of the rounded sum already: a conversion also has to mind NaN and
                // overflow.
                FloatVector rounded = x.fma(
                        FloatVector.broadcast(Lanes.FLOAT, Exp.LOG2E), FloatVector.broadcast(Lanes.FLOAT, Exp.ROUND));
                FloatVector n = rounded.sub(Exp.ROUND);
                FloatVector r = n.fma(
                        FloatVector.broadcast(Lanes.FLOAT, -Exp.LN2_LOW),
                        n.fma(FloatVector.broadcast(Lanes.FLOAT, -Exp.LN2_HIGH), x));
                FloatVector e = FloatVector.broadcast(Lanes.FLOAT, Exp.C6)
                        .fma(r, FloatVector.broadcast(Lanes.FLOAT, Exp.C5))
                        .fma(r, FloatVector.broadcast(Lanes.FLOAT, Exp.C4))
                        .fma(r, FloatVector.broadcast(Lanes.FLOAT, Exp.C3))
                        .fma(r, FloatVector.broadcast(Lanes.FLOAT, Exp.C2))
                        .fma(r, FloatVector.broadcast(Lanes.FLOAT, Exp.C1))
                        .fma(r.mul(r), r.add(1f));
                e = e.mul(rounded.reinterpretAsInts()
                        .add(127)
                        .lanewise(VectorOperators.LSHL, 23)
                        .reinterpretAsFloats());
                e.intoArray(weight, p * COLUMNS + lane);
                sum = sum.add(e);
            }
            newMax.intoArray(max, lane);
            oldMax.intoArray(decay, lane);
            for (int i = lane; i < lane + L; i++) {
                decay[i] = ScalarAttention.decay(decay[i], max[i]);
            }
            FloatVector.fromArray(Lanes.FLOAT, total, lane)
                    .fma(FloatVector.fromArray(Lanes.FLOAT, decay, lane), sum)
                    .intoArray(total, lane);
        }
    }

    /** sum[c, column] /= total[column]. */
    static void divide(float[] sum, float[] total) {
        FloatVector t0 = FloatVector.fromArray(Lanes.FLOAT, total, 0);
        FloatVector t1 = FloatVector.fromArray(Lanes.FLOAT, total, L);
        for (int at = 0; at < sum.length; at += COLUMNS) {
            FloatVector.fromArray(Lanes.FLOAT, sum, at).div(t0).intoArray(sum, at);
            FloatVector.fromArray(Lanes.FLOAT, sum, at + L).div(t1).intoArray(sum, at + L);
        }
    }

    /**
     * sum[c, column] = sum[c, column] * decay + weight[., column] . values[., c]: one chain over the positions for each.
     *
     * @param values the first value at {@code valuesAt}, the next {@code stride} further
     * @param sum [values, COLUMNS], updated
     */
    static void accumulate(
            float[] weight, float[] values, int valuesAt, int stride, int count, float[] decay, float[] sum) {
        FloatVector d0 = FloatVector.fromArray(Lanes.FLOAT, decay, 0);
        FloatVector d1 = FloatVector.fromArray(Lanes.FLOAT, decay, L);
        int width = sum.length / COLUMNS;
        // Ten sums: with twelve the compiler runs out of sixteen registers and half the speed is lost.
        int c = IS_WIDE ? WideLaneAttention.accumulate(weight, values, valuesAt, stride, count, decay, sum) : 0;
        for (; c + 5 <= width; c += 5) {
            int at = c * COLUMNS;
            FloatVector a00 =
                    FloatVector.fromArray(Lanes.FLOAT, sum, at + 0 * L).mul(d0);
            FloatVector a01 =
                    FloatVector.fromArray(Lanes.FLOAT, sum, at + 1 * L).mul(d1);
            FloatVector a10 =
                    FloatVector.fromArray(Lanes.FLOAT, sum, at + 2 * L).mul(d0);
            FloatVector a11 =
                    FloatVector.fromArray(Lanes.FLOAT, sum, at + 3 * L).mul(d1);
            FloatVector a20 =
                    FloatVector.fromArray(Lanes.FLOAT, sum, at + 4 * L).mul(d0);
            FloatVector a21 =
                    FloatVector.fromArray(Lanes.FLOAT, sum, at + 5 * L).mul(d1);
            FloatVector a30 =
                    FloatVector.fromArray(Lanes.FLOAT, sum, at + 6 * L).mul(d0);
            FloatVector a31 =
                    FloatVector.fromArray(Lanes.FLOAT, sum, at + 7 * L).mul(d1);
            FloatVector a40 =
                    FloatVector.fromArray(Lanes.FLOAT, sum, at + 8 * L).mul(d0);
            FloatVector a41 =
                    FloatVector.fromArray(Lanes.FLOAT, sum, at + 9 * L).mul(d1);
            for (int p = 0; p < count; p++) {
                FloatVector w0 = FloatVector.fromArray(Lanes.FLOAT, weight, p * COLUMNS);
                FloatVector w1 = FloatVector.fromArray(Lanes.FLOAT, weight, p * COLUMNS + L);
                int t = valuesAt + p * stride + c;
                FloatVector v;
                v = FloatVector.broadcast(Lanes.FLOAT, values[t + 0]);
                a00 = w0.fma(v, a00);
                a01 = w1.fma(v, a01);
                v = FloatVector.broadcast(Lanes.FLOAT, values[t + 1]);
                a10 = w0.fma(v, a10);
                a11 = w1.fma(v, a11);
                v = FloatVector.broadcast(Lanes.FLOAT, values[t + 2]);
                a20 = w0.fma(v, a20);
                a21 = w1.fma(v, a21);
                v = FloatVector.broadcast(Lanes.FLOAT, values[t + 3]);
                a30 = w0.fma(v, a30);
                a31 = w1.fma(v, a31);
                v = FloatVector.broadcast(Lanes.FLOAT, values[t + 4]);
                a40 = w0.fma(v, a40);
                a41 = w1.fma(v, a41);
            }
            a00.intoArray(sum, at + 0 * L);
            a01.intoArray(sum, at + 1 * L);
            a10.intoArray(sum, at + 2 * L);
            a11.intoArray(sum, at + 3 * L);
            a20.intoArray(sum, at + 4 * L);
            a21.intoArray(sum, at + 5 * L);
            a30.intoArray(sum, at + 6 * L);
            a31.intoArray(sum, at + 7 * L);
            a40.intoArray(sum, at + 8 * L);
            a41.intoArray(sum, at + 9 * L);
        }
        for (; c < width; c++) {
            FloatVector a0 =
                    FloatVector.fromArray(Lanes.FLOAT, sum, c * COLUMNS).mul(d0);
            FloatVector a1 =
                    FloatVector.fromArray(Lanes.FLOAT, sum, c * COLUMNS + L).mul(d1);
            for (int p = 0; p < count; p++) {
                FloatVector v = FloatVector.broadcast(Lanes.FLOAT, values[valuesAt + p * stride + c]);
                a0 = FloatVector.fromArray(Lanes.FLOAT, weight, p * COLUMNS).fma(v, a0);
                a1 = FloatVector.fromArray(Lanes.FLOAT, weight, p * COLUMNS + L).fma(v, a1);
            }
            a0.intoArray(sum, c * COLUMNS);
            a1.intoArray(sum, c * COLUMNS + L);
        }
    }
}

package org.kimi4j.kernel;

import jdk.incubator.vector.FloatVector;

/**
 * The two products of {@link LaneAttention} where there are 32 vector registers, twelve numbers and two vectors at a time. A
 * processor that starts two multiplications of 512 bits in each cycle wants sixteen sums or more that do not wait for each other;
 * 24 also mean fewer loads and addresses for each multiplication, and one pass over the queries, which only the second
 * cache holds, for twelve keys instead of four. Counted loops in which every index is the loop variable plus something: only so are bounds checked
 * before the loop. Flat, because what crosses a call is boxed.
 */
final class WideLaneAttention {

    private static final int L = Lanes.COUNT;
    private static final int COLUMNS = LaneAttention.COLUMNS;
    /** Keys, or values of a row, of a register tile. */
    static final int STEP = 12;

    private WideLaneAttention() {}

    /** As {@link LaneAttention#scores}, for as many keys as fill tiles; returns how many. */
    static int scores(
            float[] query, int width, float[] keys, int keysAt, int stride, int count, float scale, float[] weight) {
        int p = 0;
        for (; p + STEP <= count; p += STEP) {
            FloatVector a0x = FloatVector.zero(Lanes.FLOAT);
            FloatVector a0y = a0x;
            FloatVector a1x = a0x;
            FloatVector a1y = a0x;
            FloatVector a2x = a0x;
            FloatVector a2y = a0x;
            FloatVector a3x = a0x;
            FloatVector a3y = a0x;
            FloatVector a4x = a0x;
            FloatVector a4y = a0x;
            FloatVector a5x = a0x;
            FloatVector a5y = a0x;
            FloatVector a6x = a0x;
            FloatVector a6y = a0x;
            FloatVector a7x = a0x;
            FloatVector a7y = a0x;
            FloatVector a8x = a0x;
            FloatVector a8y = a0x;
            FloatVector a9x = a0x;
            FloatVector a9y = a0x;
            FloatVector a10x = a0x;
            FloatVector a10y = a0x;
            FloatVector a11x = a0x;
            FloatVector a11y = a0x;
            int t0 = keysAt + (p + 0) * stride;
            int t1 = keysAt + (p + 1) * stride;
            int t2 = keysAt + (p + 2) * stride;
            int t3 = keysAt + (p + 3) * stride;
            int t4 = keysAt + (p + 4) * stride;
            int t5 = keysAt + (p + 5) * stride;
            int t6 = keysAt + (p + 6) * stride;
            int t7 = keysAt + (p + 7) * stride;
            int t8 = keysAt + (p + 8) * stride;
            int t9 = keysAt + (p + 9) * stride;
            int t10 = keysAt + (p + 10) * stride;
            int t11 = keysAt + (p + 11) * stride;
            for (int i = 0; i < width; i++) {
                FloatVector x = FloatVector.fromArray(Lanes.FLOAT, query, i * COLUMNS);
                FloatVector y = FloatVector.fromArray(Lanes.FLOAT, query, i * COLUMNS + L);
                FloatVector c = FloatVector.broadcast(Lanes.FLOAT, keys[t0 + i]);
                a0x = x.fma(c, a0x);
                a0y = y.fma(c, a0y);
                c = FloatVector.broadcast(Lanes.FLOAT, keys[t1 + i]);
                a1x = x.fma(c, a1x);
                a1y = y.fma(c, a1y);
                c = FloatVector.broadcast(Lanes.FLOAT, keys[t2 + i]);
                a2x = x.fma(c, a2x);
                a2y = y.fma(c, a2y);
                c = FloatVector.broadcast(Lanes.FLOAT, keys[t3 + i]);
                a3x = x.fma(c, a3x);
                a3y = y.fma(c, a3y);
                c = FloatVector.broadcast(Lanes.FLOAT, keys[t4 + i]);
                a4x = x.fma(c, a4x);
                a4y = y.fma(c, a4y);
                c = FloatVector.broadcast(Lanes.FLOAT, keys[t5 + i]);
                a5x = x.fma(c, a5x);
                a5y = y.fma(c, a5y);
                c = FloatVector.broadcast(Lanes.FLOAT, keys[t6 + i]);
                a6x = x.fma(c, a6x);
                a6y = y.fma(c, a6y);
                c = FloatVector.broadcast(Lanes.FLOAT, keys[t7 + i]);
                a7x = x.fma(c, a7x);
                a7y = y.fma(c, a7y);
                c = FloatVector.broadcast(Lanes.FLOAT, keys[t8 + i]);
                a8x = x.fma(c, a8x);
                a8y = y.fma(c, a8y);
                c = FloatVector.broadcast(Lanes.FLOAT, keys[t9 + i]);
                a9x = x.fma(c, a9x);
                a9y = y.fma(c, a9y);
                c = FloatVector.broadcast(Lanes.FLOAT, keys[t10 + i]);
                a10x = x.fma(c, a10x);
                a10y = y.fma(c, a10y);
                c = FloatVector.broadcast(Lanes.FLOAT, keys[t11 + i]);
                a11x = x.fma(c, a11x);
                a11y = y.fma(c, a11y);
            }
            int at = p * COLUMNS;
            a0x.mul(scale).intoArray(weight, at + 0 * L);
            a0y.mul(scale).intoArray(weight, at + 1 * L);
            a1x.mul(scale).intoArray(weight, at + 2 * L);
            a1y.mul(scale).intoArray(weight, at + 3 * L);
            a2x.mul(scale).intoArray(weight, at + 4 * L);
            a2y.mul(scale).intoArray(weight, at + 5 * L);
            a3x.mul(scale).intoArray(weight, at + 6 * L);
            a3y.mul(scale).intoArray(weight, at + 7 * L);
            a4x.mul(scale).intoArray(weight, at + 8 * L);
            a4y.mul(scale).intoArray(weight, at + 9 * L);
            a5x.mul(scale).intoArray(weight, at + 10 * L);
            a5y.mul(scale).intoArray(weight, at + 11 * L);
            a6x.mul(scale).intoArray(weight, at + 12 * L);
            a6y.mul(scale).intoArray(weight, at + 13 * L);
            a7x.mul(scale).intoArray(weight, at + 14 * L);
            a7y.mul(scale).intoArray(weight, at + 15 * L);
            a8x.mul(scale).intoArray(weight, at + 16 * L);
            a8y.mul(scale).intoArray(weight, at + 17 * L);
            a9x.mul(scale).intoArray(weight, at + 18 * L);
            a9y.mul(scale).intoArray(weight, at + 19 * L);
            a10x.mul(scale).intoArray(weight, at + 20 * L);
            a10y.mul(scale).intoArray(weight, at + 21 * L);
            a11x.mul(scale).intoArray(weight, at + 22 * L);
            a11y.mul(scale).intoArray(weight, at + 23 * L);
        }
        return p;
    }

    /** As {@link LaneAttention#accumulate}, for as many of the values of each row as fill tiles; returns how many. */
    static int accumulate(
            float[] weight, float[] values, int valuesAt, int stride, int count, float[] decay, float[] sum) {
        FloatVector dx = FloatVector.fromArray(Lanes.FLOAT, decay, 0);
        FloatVector dy = FloatVector.fromArray(Lanes.FLOAT, decay, L);
        int width = sum.length / COLUMNS;
        int c = 0;
        for (; c + STEP <= width; c += STEP) {
            int at = c * COLUMNS;
            FloatVector a0x =
                    FloatVector.fromArray(Lanes.FLOAT, sum, at + 0 * L).mul(dx);
            FloatVector a0y =
                    FloatVector.fromArray(Lanes.FLOAT, sum, at + 1 * L).mul(dy);
            FloatVector a1x =
                    FloatVector.fromArray(Lanes.FLOAT, sum, at + 2 * L).mul(dx);
            FloatVector a1y =
                    FloatVector.fromArray(Lanes.FLOAT, sum, at + 3 * L).mul(dy);
            FloatVector a2x =
                    FloatVector.fromArray(Lanes.FLOAT, sum, at + 4 * L).mul(dx);
            FloatVector a2y =
                    FloatVector.fromArray(Lanes.FLOAT, sum, at + 5 * L).mul(dy);
            FloatVector a3x =
                    FloatVector.fromArray(Lanes.FLOAT, sum, at + 6 * L).mul(dx);
            FloatVector a3y =
                    FloatVector.fromArray(Lanes.FLOAT, sum, at + 7 * L).mul(dy);
            FloatVector a4x =
                    FloatVector.fromArray(Lanes.FLOAT, sum, at + 8 * L).mul(dx);
            FloatVector a4y =
                    FloatVector.fromArray(Lanes.FLOAT, sum, at + 9 * L).mul(dy);
            FloatVector a5x =
                    FloatVector.fromArray(Lanes.FLOAT, sum, at + 10 * L).mul(dx);
            FloatVector a5y =
                    FloatVector.fromArray(Lanes.FLOAT, sum, at + 11 * L).mul(dy);
            FloatVector a6x =
                    FloatVector.fromArray(Lanes.FLOAT, sum, at + 12 * L).mul(dx);
            FloatVector a6y =
                    FloatVector.fromArray(Lanes.FLOAT, sum, at + 13 * L).mul(dy);
            FloatVector a7x =
                    FloatVector.fromArray(Lanes.FLOAT, sum, at + 14 * L).mul(dx);
            FloatVector a7y =
                    FloatVector.fromArray(Lanes.FLOAT, sum, at + 15 * L).mul(dy);
            FloatVector a8x =
                    FloatVector.fromArray(Lanes.FLOAT, sum, at + 16 * L).mul(dx);
            FloatVector a8y =
                    FloatVector.fromArray(Lanes.FLOAT, sum, at + 17 * L).mul(dy);
            FloatVector a9x =
                    FloatVector.fromArray(Lanes.FLOAT, sum, at + 18 * L).mul(dx);
            FloatVector a9y =
                    FloatVector.fromArray(Lanes.FLOAT, sum, at + 19 * L).mul(dy);
            FloatVector a10x =
                    FloatVector.fromArray(Lanes.FLOAT, sum, at + 20 * L).mul(dx);
            FloatVector a10y =
                    FloatVector.fromArray(Lanes.FLOAT, sum, at + 21 * L).mul(dy);
            FloatVector a11x =
                    FloatVector.fromArray(Lanes.FLOAT, sum, at + 22 * L).mul(dx);
            FloatVector a11y =
                    FloatVector.fromArray(Lanes.FLOAT, sum, at + 23 * L).mul(dy);
            int from = valuesAt + c;
            for (int p = 0; p < count; p++) {
                FloatVector x = FloatVector.fromArray(Lanes.FLOAT, weight, p * COLUMNS);
                FloatVector y = FloatVector.fromArray(Lanes.FLOAT, weight, p * COLUMNS + L);
                int t = from + p * stride;
                FloatVector v = FloatVector.broadcast(Lanes.FLOAT, values[t + 0]);
                a0x = x.fma(v, a0x);
                a0y = y.fma(v, a0y);
                v = FloatVector.broadcast(Lanes.FLOAT, values[t + 1]);
                a1x = x.fma(v, a1x);
                a1y = y.fma(v, a1y);
                v = FloatVector.broadcast(Lanes.FLOAT, values[t + 2]);
                a2x = x.fma(v, a2x);
                a2y = y.fma(v, a2y);
                v = FloatVector.broadcast(Lanes.FLOAT, values[t + 3]);
                a3x = x.fma(v, a3x);
                a3y = y.fma(v, a3y);
                v = FloatVector.broadcast(Lanes.FLOAT, values[t + 4]);
                a4x = x.fma(v, a4x);
                a4y = y.fma(v, a4y);
                v = FloatVector.broadcast(Lanes.FLOAT, values[t + 5]);
                a5x = x.fma(v, a5x);
                a5y = y.fma(v, a5y);
                v = FloatVector.broadcast(Lanes.FLOAT, values[t + 6]);
                a6x = x.fma(v, a6x);
                a6y = y.fma(v, a6y);
                v = FloatVector.broadcast(Lanes.FLOAT, values[t + 7]);
                a7x = x.fma(v, a7x);
                a7y = y.fma(v, a7y);
                v = FloatVector.broadcast(Lanes.FLOAT, values[t + 8]);
                a8x = x.fma(v, a8x);
                a8y = y.fma(v, a8y);
                v = FloatVector.broadcast(Lanes.FLOAT, values[t + 9]);
                a9x = x.fma(v, a9x);
                a9y = y.fma(v, a9y);
                v = FloatVector.broadcast(Lanes.FLOAT, values[t + 10]);
                a10x = x.fma(v, a10x);
                a10y = y.fma(v, a10y);
                v = FloatVector.broadcast(Lanes.FLOAT, values[t + 11]);
                a11x = x.fma(v, a11x);
                a11y = y.fma(v, a11y);
            }
            a0x.intoArray(sum, at + 0 * L);
            a0y.intoArray(sum, at + 1 * L);
            a1x.intoArray(sum, at + 2 * L);
            a1y.intoArray(sum, at + 3 * L);
            a2x.intoArray(sum, at + 4 * L);
            a2y.intoArray(sum, at + 5 * L);
            a3x.intoArray(sum, at + 6 * L);
            a3y.intoArray(sum, at + 7 * L);
            a4x.intoArray(sum, at + 8 * L);
            a4y.intoArray(sum, at + 9 * L);
            a5x.intoArray(sum, at + 10 * L);
            a5y.intoArray(sum, at + 11 * L);
            a6x.intoArray(sum, at + 12 * L);
            a6y.intoArray(sum, at + 13 * L);
            a7x.intoArray(sum, at + 14 * L);
            a7y.intoArray(sum, at + 15 * L);
            a8x.intoArray(sum, at + 16 * L);
            a8y.intoArray(sum, at + 17 * L);
            a9x.intoArray(sum, at + 18 * L);
            a9y.intoArray(sum, at + 19 * L);
            a10x.intoArray(sum, at + 20 * L);
            a10y.intoArray(sum, at + 21 * L);
            a11x.intoArray(sum, at + 22 * L);
            a11y.intoArray(sum, at + 23 * L);
        }
        return c;
    }
}

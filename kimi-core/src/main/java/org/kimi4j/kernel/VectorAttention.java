package org.kimi4j.kernel;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import org.kimi4j.cache.LatentCache;
import org.kimi4j.cache.PagePool;
import org.kimi4j.tensor.Tensor;

/**
 * Attention of many heads of one row at once, a head to a lane. All heads share the latents, so a tile of 64 positions is
 * one matrix for all of them: scores are [positions, heads] products and results [latent, heads] ones, in which every
 * lane does exactly what {@link ScalarAttention} does for its head. One instance per worker thread.
 */
final class VectorAttention {

    private static final int L = Lanes.COUNT;
    /** Heads of a register tile: two vectors. */
    static final int HEADS = 2 * L;

    private static final int TILE = PagePool.POSITIONS;

    private final MlaShape shape;
    private final int width;
    private final float[] tile;
    /** [width, HEADS] */
    private final float[] query;
    /** [TILE, HEADS] */
    private final float[] weight = new float[TILE * HEADS];
    /** [latent, HEADS], of the present segment and of all folded so far. */
    private final float[] segmentSum;

    private final float[] wholeSum;
    private final float[] segmentMax = new float[HEADS];
    private final float[] segmentTotal = new float[HEADS];
    private final float[] wholeMax = new float[HEADS];
    private final float[] wholeTotal = new float[HEADS];
    private final float[] decay = new float[HEADS];
    private final float[] row;

    VectorAttention(MlaShape shape) {
        this.shape = shape;
        this.width = shape.latentDim() + shape.ropeDim();
        this.tile = new float[TILE * width];
        this.query = new float[width * HEADS];
        this.segmentSum = new float[shape.latentDim() * HEADS];
        this.wholeSum = new float[shape.latentDim() * HEADS];
        this.row = new float[Math.max(shape.heads() * shape.latentDim(), shape.heads() * shape.queryDim())];
    }

    MlaShape shape() {
        return shape;
    }

    /** Floats that {@link #segment} leaves behind: largest scores, totals and sums. */
    int partialSize() {
        return (2 + shape.latentDim()) * HEADS;
    }

    /** All positions up to that of the row. */
    void whole(
            Tensor out, Tensor qLatent, Tensor q, int row, int firstHead, LatentCache cache, int layer, int position) {
        load(qLatent, q, row, firstHead);
        Arrays.fill(wholeMax, Float.NEGATIVE_INFINITY);
        Arrays.fill(wholeTotal, 0);
        Arrays.fill(wholeSum, 0);
        for (int start = 0; start <= position; start += ScalarAttention.SEGMENT) {
            positions(cache, layer, start, Math.min(position, start + ScalarAttention.SEGMENT - 1));
            fold();
        }
        store(out, row, firstHead);
    }

    /** One segment only; its partial result goes to {@code partial}. */
    void segment(
            Tensor qLatent,
            Tensor q,
            int row,
            int firstHead,
            LatentCache cache,
            int layer,
            int position,
            int segment,
            Tensor partial,
            int partialRow) {
        load(qLatent, q, row, firstHead);
        int start = segment * ScalarAttention.SEGMENT;
        positions(cache, layer, start, Math.min(position, start + ScalarAttention.SEGMENT - 1));
        Tensor to = partial.rows(partialRow, 1);
        to.columns(0, HEADS).setRow(0, segmentMax, 0);
        to.columns(HEADS, HEADS).setRow(0, segmentTotal, 0);
        to.columns(2 * HEADS, segmentSum.length).setRow(0, segmentSum, 0);
    }

    /** Folds the partial results of consecutive segments, rows of {@code partial}. */
    void merge(Tensor out, int row, int firstHead, Tensor partial, int partialRow, int segments) {
        Arrays.fill(wholeMax, Float.NEGATIVE_INFINITY);
        Arrays.fill(wholeTotal, 0);
        Arrays.fill(wholeSum, 0);
        for (int s = 0; s < segments; s++) {
            Tensor from = partial.rows(partialRow + s, 1);
            from.columns(0, HEADS).copyRow(0, segmentMax, 0);
            from.columns(HEADS, HEADS).copyRow(0, segmentTotal, 0);
            from.columns(2 * HEADS, segmentSum.length).copyRow(0, segmentSum, 0);
            fold();
        }
        store(out, row, firstHead);
    }

    /** Brings the queries of the heads from {@code firstHead} on into lanes; lanes without a head get zeros. */
    private void load(Tensor qLatent, Tensor q, int r, int firstHead) {
        int latent = shape.latentDim();
        int heads = Math.min(HEADS, shape.heads() - firstHead);
        if (heads < HEADS) {
            Arrays.fill(query, 0);
        }
        qLatent.copyRow(r, row, 0);
        for (int h = 0; h < heads; h++) {
            for (int c = 0; c < latent; c++) {
                query[c * HEADS + h] = row[(firstHead + h) * latent + c];
            }
        }
        q.copyRow(r, row, 0);
        for (int h = 0; h < heads; h++) {
            int from = (firstHead + h) * shape.queryDim() + shape.nopeDim();
            for (int i = 0; i < shape.ropeDim(); i++) {
                query[(latent + i) * HEADS + h] = row[from + i];
            }
        }
    }

    private void store(Tensor out, int r, int firstHead) {
        int latent = shape.latentDim();
        int heads = Math.min(HEADS, shape.heads() - firstHead);
        for (int h = 0; h < heads; h++) {
            for (int c = 0; c < latent; c++) {
                row[h * latent + c] = wholeSum[c * HEADS + h] / wholeTotal[h];
            }
        }
        out.columns(firstHead * latent, heads * latent).setRow(r, row, 0);
    }

    /** A segment from scratch: positions {@code start} to {@code last}. */
    private void positions(LatentCache cache, int layer, int start, int last) {
        Arrays.fill(segmentMax, Float.NEGATIVE_INFINITY);
        Arrays.fill(segmentTotal, 0);
        Arrays.fill(segmentSum, 0);
        for (int first = start; first <= last; first += TILE) {
            int count = Math.min(TILE, last - first + 1);
            CacheRows.load(cache.page(first / TILE), cache.rowOffset(layer, 0), cache.shape(), count, tile);
            scores(query, tile, width, count, shape.softmaxScale(), weight);
            weights(weight, count, segmentMax, segmentTotal, decay);
            accumulate(weight, tile, width, count, decay, segmentSum);
        }
    }

    /** weight[p, head] = scale * (tile[p] . query[head]): one chain over the width for each. */
    private static void scores(float[] query, float[] tile, int width, int count, float scale, float[] weight) {
        int p = 0;
        for (; p + 4 <= count; p += 4) {
            FloatVector a00 = FloatVector.zero(Lanes.FLOAT);
            FloatVector a01 = a00;
            FloatVector a10 = a00;
            FloatVector a11 = a00;
            FloatVector a20 = a00;
            FloatVector a21 = a00;
            FloatVector a30 = a00;
            FloatVector a31 = a00;
            int t0 = p * width;
            int t1 = t0 + width;
            int t2 = t1 + width;
            int t3 = t2 + width;
            for (int i = 0; i < width; i++) {
                FloatVector q0 = FloatVector.fromArray(Lanes.FLOAT, query, i * HEADS);
                FloatVector q1 = FloatVector.fromArray(Lanes.FLOAT, query, i * HEADS + L);
                FloatVector c = FloatVector.broadcast(Lanes.FLOAT, tile[t0 + i]);
                a00 = q0.fma(c, a00);
                a01 = q1.fma(c, a01);
                c = FloatVector.broadcast(Lanes.FLOAT, tile[t1 + i]);
                a10 = q0.fma(c, a10);
                a11 = q1.fma(c, a11);
                c = FloatVector.broadcast(Lanes.FLOAT, tile[t2 + i]);
                a20 = q0.fma(c, a20);
                a21 = q1.fma(c, a21);
                c = FloatVector.broadcast(Lanes.FLOAT, tile[t3 + i]);
                a30 = q0.fma(c, a30);
                a31 = q1.fma(c, a31);
            }
            a00.mul(scale).intoArray(weight, p * HEADS);
            a01.mul(scale).intoArray(weight, p * HEADS + L);
            a10.mul(scale).intoArray(weight, (p + 1) * HEADS);
            a11.mul(scale).intoArray(weight, (p + 1) * HEADS + L);
            a20.mul(scale).intoArray(weight, (p + 2) * HEADS);
            a21.mul(scale).intoArray(weight, (p + 2) * HEADS + L);
            a30.mul(scale).intoArray(weight, (p + 3) * HEADS);
            a31.mul(scale).intoArray(weight, (p + 3) * HEADS + L);
        }
        for (; p < count; p++) {
            FloatVector a0 = FloatVector.zero(Lanes.FLOAT);
            FloatVector a1 = a0;
            for (int i = 0; i < width; i++) {
                FloatVector c = FloatVector.broadcast(Lanes.FLOAT, tile[p * width + i]);
                a0 = FloatVector.fromArray(Lanes.FLOAT, query, i * HEADS).fma(c, a0);
                a1 = FloatVector.fromArray(Lanes.FLOAT, query, i * HEADS + L).fma(c, a1);
            }
            a0.mul(scale).intoArray(weight, p * HEADS);
            a1.mul(scale).intoArray(weight, p * HEADS + L);
        }
    }

    /** Turns scores into weights relative to the new maximum; {@code decay} is what the old sums are worth then. */
    private static void weights(float[] weight, int count, float[] max, float[] total, float[] decay) {
        for (int lane = 0; lane < HEADS; lane += L) {
            FloatVector oldMax = FloatVector.fromArray(Lanes.FLOAT, max, lane);
            FloatVector newMax = oldMax;
            for (int p = 0; p < count; p++) {
                newMax = newMax.max(FloatVector.fromArray(Lanes.FLOAT, weight, p * HEADS + lane));
            }
            FloatVector sum = FloatVector.zero(Lanes.FLOAT);
            for (int p = 0; p < count; p++) {
                FloatVector x = FloatVector.fromArray(Lanes.FLOAT, weight, p * HEADS + lane)
                        .sub(newMax)
                        .max(Exp.MIN)
                        .min(Exp.MAX);
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
                        .fma(r.mul(r), r.add(1f));
                e = e.mul(((IntVector) n.convert(VectorOperators.F2I, 0))
                        .add(127)
                        .lanewise(VectorOperators.LSHL, 23)
                        .reinterpretAsFloats());
                e.intoArray(weight, p * HEADS + lane);
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

    /** sum[c, head] = sum[c, head] * decay + weight[., head] . tile[., c]: one chain over the positions for each. */
    private static void accumulate(float[] weight, float[] tile, int width, int count, float[] decay, float[] sum) {
        FloatVector d0 = FloatVector.fromArray(Lanes.FLOAT, decay, 0);
        FloatVector d1 = FloatVector.fromArray(Lanes.FLOAT, decay, L);
        int latent = sum.length / HEADS;
        int c = 0;
        for (; c + 4 <= latent; c += 4) {
            int at = c * HEADS;
            FloatVector a00 = FloatVector.fromArray(Lanes.FLOAT, sum, at).mul(d0);
            FloatVector a01 = FloatVector.fromArray(Lanes.FLOAT, sum, at + L).mul(d1);
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
            for (int p = 0; p < count; p++) {
                FloatVector w0 = FloatVector.fromArray(Lanes.FLOAT, weight, p * HEADS);
                FloatVector w1 = FloatVector.fromArray(Lanes.FLOAT, weight, p * HEADS + L);
                int t = p * width + c;
                FloatVector v = FloatVector.broadcast(Lanes.FLOAT, tile[t]);
                a00 = w0.fma(v, a00);
                a01 = w1.fma(v, a01);
                v = FloatVector.broadcast(Lanes.FLOAT, tile[t + 1]);
                a10 = w0.fma(v, a10);
                a11 = w1.fma(v, a11);
                v = FloatVector.broadcast(Lanes.FLOAT, tile[t + 2]);
                a20 = w0.fma(v, a20);
                a21 = w1.fma(v, a21);
                v = FloatVector.broadcast(Lanes.FLOAT, tile[t + 3]);
                a30 = w0.fma(v, a30);
                a31 = w1.fma(v, a31);
            }
            a00.intoArray(sum, at);
            a01.intoArray(sum, at + L);
            a10.intoArray(sum, at + 2 * L);
            a11.intoArray(sum, at + 3 * L);
            a20.intoArray(sum, at + 4 * L);
            a21.intoArray(sum, at + 5 * L);
            a30.intoArray(sum, at + 6 * L);
            a31.intoArray(sum, at + 7 * L);
        }
        for (; c < latent; c++) {
            FloatVector a0 = FloatVector.fromArray(Lanes.FLOAT, sum, c * HEADS).mul(d0);
            FloatVector a1 =
                    FloatVector.fromArray(Lanes.FLOAT, sum, c * HEADS + L).mul(d1);
            for (int p = 0; p < count; p++) {
                FloatVector v = FloatVector.broadcast(Lanes.FLOAT, tile[p * width + c]);
                a0 = FloatVector.fromArray(Lanes.FLOAT, weight, p * HEADS).fma(v, a0);
                a1 = FloatVector.fromArray(Lanes.FLOAT, weight, p * HEADS + L).fma(v, a1);
            }
            a0.intoArray(sum, c * HEADS);
            a1.intoArray(sum, c * HEADS + L);
        }
    }

    /** Takes the segment's result up into the whole. */
    private void fold() {
        for (int h = 0; h < HEADS; h++) {
            float newMax = Math.max(wholeMax[h], segmentMax[h]);
            float before = ScalarAttention.decay(wholeMax[h], newMax);
            float after = ScalarAttention.decay(segmentMax[h], newMax);
            wholeTotal[h] = Math.fma(wholeTotal[h], before, segmentTotal[h] * after);
            wholeMax[h] = newMax;
            segmentMax[h] = before;
            segmentTotal[h] = after;
        }
        for (int c = 0; c < wholeSum.length; c += HEADS) {
            for (int h = 0; h < HEADS; h++) {
                wholeSum[c + h] = Math.fma(wholeSum[c + h], segmentMax[h], segmentSum[c + h] * segmentTotal[h]);
            }
        }
    }
}

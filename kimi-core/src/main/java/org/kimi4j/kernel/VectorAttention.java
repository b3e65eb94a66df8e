package org.kimi4j.kernel;

import java.util.Arrays;
import org.kimi4j.cache.LatentCache;
import org.kimi4j.cache.PagePool;
import org.kimi4j.tensor.Tensor;

/**
 * Attention of many heads of one row at once, a head to a lane. All heads share the latents, so a tile of 64 positions is
 * one matrix for all of them: scores are [positions, heads] products and results [latent, heads] ones, in which every
 * lane does exactly what {@link ScalarAttention} does for its head. One instance per worker thread.
 */
final class VectorAttention {

    /** Heads that are computed together. */
    static final int HEADS = LaneAttention.COLUMNS;

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
            VectorCacheRows.load(cache.page(first / TILE), cache.rowOffset(layer, 0), cache.shape(), count, tile);
            LaneAttention.scores(query, width, tile, 0, width, count, shape.softmaxScale(), weight);
            LaneAttention.weights(weight, count, segmentMax, segmentTotal, decay);
            LaneAttention.accumulate(weight, tile, 0, width, count, decay, segmentSum);
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

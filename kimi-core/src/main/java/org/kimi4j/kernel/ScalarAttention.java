package org.kimi4j.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.kimi4j.cache.LatentCache;
import org.kimi4j.cache.PagePool;
import org.kimi4j.tensor.Tensor;

/**
 * Attention of one head of one row over the latent cache, with a running softmax. The order of all sums is fixed: tiles
 * of 64 positions aligned to position 0, ascending; segments of {@value #SEGMENT} positions each from scratch, folded in
 * ascending order. A head's result is independent of the heads and rows beside it.
 */
final class ScalarAttention {

    /** Positions whose partial results are folded at the end, so that threads may share a long cache. */
    static final int SEGMENT = 4096;

    static final int TILE = PagePool.POSITIONS;

    private final MlaShape shape;
    private final LatentCache cache;
    private final int layer;
    private final float[] query;
    private final float[] tile;
    private final float[] score = new float[TILE];

    /** A running softmax: the largest score, the sum of weights and the weighted sum of latents, both relative to it. */
    private static final class Partial {
        float max = Float.NEGATIVE_INFINITY;
        float total;
        final float[] sum;

        Partial(int latentDim) {
            sum = new float[latentDim];
        }

        /** Takes up the partial result of later positions. */
        void fold(Partial next) {
            float newMax = Math.max(max, next.max);
            float decay = decay(max, newMax);
            float nextDecay = decay(next.max, newMax);
            total = Math.fma(total, decay, next.total * nextDecay);
            for (int c = 0; c < sum.length; c++) {
                sum[c] = Math.fma(sum[c], decay, next.sum[c] * nextDecay);
            }
            max = newMax;
        }
    }

    ScalarAttention(MlaShape shape, LatentCache cache, int layer) {
        this.shape = shape;
        this.cache = cache;
        this.layer = layer;
        this.query = new float[shape.latentDim() + shape.ropeDim()];
        this.tile = new float[TILE * query.length];
    }

    /** Writes the result of one head of one row, which stands at {@code position}. */
    void run(Tensor out, Tensor qLatent, Tensor q, int row, int head, int position) {
        int latent = shape.latentDim();
        float[] buffer = new float[Math.max(qLatent.cols(), q.cols())];
        qLatent.copyRow(row, buffer, 0);
        System.arraycopy(buffer, head * latent, query, 0, latent);
        q.copyRow(row, buffer, 0);
        System.arraycopy(buffer, head * shape.queryDim() + shape.nopeDim(), query, latent, shape.ropeDim());

        Partial whole = new Partial(latent);
        for (int start = 0; start <= position; start += SEGMENT) {
            Partial segment = new Partial(latent);
            int last = Math.min(position, start + SEGMENT - 1);
            for (int first = start; first <= last; first += TILE) {
                tile(segment, first, Math.min(TILE, last - first + 1));
            }
            whole.fold(segment);
        }
        for (int c = 0; c < latent; c++) {
            whole.sum[c] /= whole.total;
        }
        long at = out.offset(row) + 4L * head * latent;
        MemorySegment.copy(whole.sum, 0, out.memory(), ValueLayout.JAVA_FLOAT, at, latent);
    }

    /** What a weight relative to an old maximum is worth relative to a new one. */
    static float decay(float oldMax, float newMax) {
        return oldMax == Float.NEGATIVE_INFINITY ? 0 : Exp.exp(oldMax - newMax);
    }

    /** Adds the positions of one tile. */
    private void tile(Partial partial, int first, int count) {
        int width = query.length;
        CacheRows.load(cache.page(first / TILE), cache.rowOffset(layer, 0), cache.shape(), count, tile);
        float newMax = partial.max;
        for (int p = 0; p < count; p++) {
            float chain = 0;
            for (int i = 0; i < width; i++) {
                chain = Math.fma(query[i], tile[p * width + i], chain);
            }
            score[p] = chain * shape.softmaxScale();
            newMax = Math.max(newMax, score[p]);
        }
        float decay = decay(partial.max, newMax);
        float total = 0;
        for (int p = 0; p < count; p++) {
            score[p] = Exp.exp(score[p] - newMax);
            total += score[p];
        }
        partial.total = Math.fma(partial.total, decay, total);
        for (int c = 0; c < partial.sum.length; c++) {
            float chain = partial.sum[c] * decay;
            for (int p = 0; p < count; p++) {
                chain = Math.fma(score[p], tile[p * width + c], chain);
            }
            partial.sum[c] = chain;
        }
        partial.max = newMax;
    }
}

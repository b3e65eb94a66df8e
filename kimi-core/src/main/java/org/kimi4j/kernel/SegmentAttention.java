package org.kimi4j.kernel;

import org.kimi4j.cache.LatentCache;
import org.kimi4j.tensor.Tensor;

/**
 * Attention over part of a cache in another way than by lanes of the Vector API. For one thread at a time, which keeps it
 * with the memory that it needs.
 */
public interface SegmentAttention extends AutoCloseable {

    /**
     * A row of the batch and what it looks at.
     *
     * @param qLatent absorbed queries, [rows, heads * latent]
     * @param q the queries, of which the rotated parts are used, [rows, heads * (nope + rope)]
     * @param position of the row
     */
    record Query(Tensor qLatent, Tensor q, int row, LatentCache cache, int layer, int position) {}

    /**
     * A softmax from scratch over the positions from {@code first}, a multiple of 64, to {@code last}, for {@code heads} heads
     * from {@code head} on.
     */
    void run(Query query, int first, int last, int head, int heads);

    /**
     * What the last {@link #run} found, for as many heads as there is room for from its {@code head}-th one on.
     *
     * @param max receives the largest scores, [columns]
     * @param total receives the sums of weights relative to them, [columns]
     * @param sum receives the latents summed with these weights, [latent, columns]
     */
    void result(int head, float[] max, float[] total, float[] sum);

    /** Gives back what lies outside the heap. */
    @Override
    void close();
}

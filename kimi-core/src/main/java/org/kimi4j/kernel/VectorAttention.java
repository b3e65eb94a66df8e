package org.kimi4j.kernel;

import java.util.Arrays;
import java.util.Optional;
import org.kimi4j.cache.LatentCache;
import org.kimi4j.cache.PagePool;
import org.kimi4j.kernel.SegmentAttention.Query;
import org.kimi4j.tensor.Tensor;

/**
 * Attention of many heads of one row at once, a head to a lane. All heads share the latents, so a tile of 64 positions is
 * read and widened once and is one matrix for all of them: scores are [positions, heads] products and results [latent, heads] ones, in which every
 * lane does exactly what {@link ScalarAttention} does for its head. One instance per worker thread.
 */
final class VectorAttention {

    /** Heads that are computed together. */
    static final int HEADS = LaneAttention.COLUMNS;

    private static final int TILE = PagePool.POSITIONS;
    /** Floats of a cache line: what is transposed goes by so many at a time, so that lines stay until all of one is used. */
    private static final int LINE = 16;

    private final MlaShape shape;
    private final Optional<SegmentAttention> other;
    private final int width;
    private final float[] tile;
    /** [TILE, HEADS] */
    private final float[] weight = new float[TILE * HEADS];

    private final float[] decay = new float[HEADS];
    private final float[] row;
    private final Block[] blocks;

    /** The queries and the sums of {@link #HEADS} heads. */
    private static final class Block {
        /** [width, HEADS] */
        final float[] query;
        /** [latent, HEADS], of the present segment and of all folded so far. */
        final float[] segmentSum;

        final float[] wholeSum;
        final float[] segmentMax = new float[HEADS];
        final float[] segmentTotal = new float[HEADS];
        final float[] wholeMax = new float[HEADS];
        final float[] wholeTotal = new float[HEADS];

        Block(int width, int latent) {
            this.query = new float[width * HEADS];
            this.segmentSum = new float[latent * HEADS];
            this.wholeSum = new float[latent * HEADS];
        }

        void clearSegment() {
            Arrays.fill(segmentMax, Float.NEGATIVE_INFINITY);
            Arrays.fill(segmentTotal, 0);
            Arrays.fill(segmentSum, 0);
        }

        void clearWhole() {
            Arrays.fill(wholeMax, Float.NEGATIVE_INFINITY);
            Arrays.fill(wholeTotal, 0);
            Arrays.fill(wholeSum, 0);
        }

        /** Takes the segment's result up into the whole. */
        void fold() {
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

    /** @param other what attends to segments instead */
    VectorAttention(MlaShape shape, Optional<SegmentAttention> other) {
        this.shape = shape;
        this.other = other;
        this.width = shape.latentDim() + shape.ropeDim();
        this.tile = new float[TILE * width];
        this.row = new float[Math.max(shape.heads() * shape.latentDim(), shape.heads() * shape.queryDim())];
        this.blocks = new Block[blocks(shape)];
        for (int b = 0; b < blocks.length; b++) {
            blocks[b] = new Block(width, shape.latentDim());
        }
    }

    /** Blocks of {@link #HEADS} heads. */
    static int blocks(MlaShape shape) {
        return (shape.heads() + HEADS - 1) / HEADS;
    }

    /** Gives back what lies outside the heap. */
    void close() {
        other.ifPresent(SegmentAttention::close);
    }

    MlaShape shape() {
        return shape;
    }

    /** Floats that {@link #segment} leaves behind for a block: largest scores, totals and sums. */
    int partialSize() {
        return (2 + shape.latentDim()) * HEADS;
    }

    /** All positions up to that of the row, for blocks {@code from} to {@code to}, which share each tile. */
    void whole(Tensor out, Query query, int from, int to) {
        load(query, from, to);
        for (int b = from; b < to; b++) {
            blocks[b].clearWhole();
        }
        for (int start = 0; start <= query.position(); start += ScalarAttention.SEGMENT) {
            positions(query, start, from, to);
            for (int b = from; b < to; b++) {
                blocks[b].fold();
            }
        }
        for (int b = from; b < to; b++) {
            store(out, query.row(), b);
        }
    }

    /**
     * One segment only, for blocks {@code from} to {@code to}; the partial result of each goes to a row of {@code partial},
     * those of the next block {@code stride} rows further.
     */
    void segment(Query query, int segment, int from, int to, Tensor partial, int partialRow, int stride) {
        load(query, from, to);
        positions(query, segment * ScalarAttention.SEGMENT, from, to);
        for (int b = from; b < to; b++) {
            Block block = blocks[b];
            Tensor into = partial.rows(partialRow + (b - from) * stride, 1);
            into.columns(0, HEADS).setRow(0, block.segmentMax, 0);
            into.columns(HEADS, HEADS).setRow(0, block.segmentTotal, 0);
            into.columns(2 * HEADS, block.segmentSum.length).setRow(0, block.segmentSum, 0);
        }
    }

    /** Folds the partial results of consecutive segments of a block, rows of {@code partial}. */
    void merge(Tensor out, int row, int b, Tensor partial, int partialRow, int segments) {
        Block block = blocks[b];
        block.clearWhole();
        for (int s = 0; s < segments; s++) {
            Tensor from = partial.rows(partialRow + s, 1);
            from.columns(0, HEADS).copyRow(0, block.segmentMax, 0);
            from.columns(HEADS, HEADS).copyRow(0, block.segmentTotal, 0);
            from.columns(2 * HEADS, block.segmentSum.length).copyRow(0, block.segmentSum, 0);
            block.fold();
        }
        store(out, row, b);
    }

    /** Brings the queries of the blocks into lanes; lanes without a head get zeros. */
    private void load(Query from, int first, int last) {
        if (other.isPresent()) {
            return;
        }
        int latent = shape.latentDim();
        from.qLatent().copyRow(from.row(), row, 0);
        for (int b = first; b < last; b++) {
            float[] query = blocks[b].query;
            int heads = Math.min(HEADS, shape.heads() - b * HEADS);
            if (heads < HEADS) {
                Arrays.fill(query, 0);
            }
            for (int c = 0; c < latent; c += LINE) {
                int end = Math.min(latent, c + LINE);
                for (int h = 0; h < heads; h++) {
                    int at = (b * HEADS + h) * latent;
                    for (int i = c; i < end; i++) {
                        query[i * HEADS + h] = row[at + i];
                    }
                }
            }
        }
        from.q().copyRow(from.row(), row, 0);
        for (int b = first; b < last; b++) {
            float[] query = blocks[b].query;
            int heads = Math.min(HEADS, shape.heads() - b * HEADS);
            for (int h = 0; h < heads; h++) {
                int at = (b * HEADS + h) * shape.queryDim() + shape.nopeDim();
                for (int i = 0; i < shape.ropeDim(); i++) {
                    query[(latent + i) * HEADS + h] = row[at + i];
                }
            }
        }
    }

    private void store(Tensor out, int r, int b) {
        Block block = blocks[b];
        int latent = shape.latentDim();
        int firstHead = b * HEADS;
        int heads = Math.min(HEADS, shape.heads() - firstHead);
        float[] sum = block.wholeSum;
        LaneAttention.divide(sum, block.wholeTotal);
        for (int c = 0; c < latent; c += LINE) {
            int end = Math.min(latent, c + LINE);
            for (int h = 0; h < heads; h++) {
                for (int i = c; i < end; i++) {
                    row[h * latent + i] = sum[i * HEADS + h];
                }
            }
        }
        out.columns(firstHead * latent, heads * latent).setRow(r, row, 0);
    }

    /** The segment from position {@code start} on, from scratch: each tile is read once for all blocks. */
    private void positions(Query query, int start, int from, int to) {
        LatentCache cache = query.cache();
        int last = Math.min(query.position(), start + ScalarAttention.SEGMENT - 1);
        if (other.isPresent()) {
            int head = from * HEADS;
            other.get().run(query, start, last, head, Math.min(shape.heads(), to * HEADS) - head);
            for (int b = from; b < to; b++) {
                Block block = blocks[b];
                other.get().result((b - from) * HEADS, block.segmentMax, block.segmentTotal, block.segmentSum);
            }
            return;
        }
        for (int b = from; b < to; b++) {
            blocks[b].clearSegment();
        }
        for (int first = start; first <= last; first += TILE) {
            int count = Math.min(TILE, last - first + 1);
            VectorCacheRows.load(
                    cache.page(first / TILE), cache.rowOffset(query.layer(), 0), cache.shape(), count, tile);
            for (int b = from; b < to; b++) {
                Block block = blocks[b];
                LaneAttention.scores(block.query, width, tile, 0, width, count, shape.softmaxScale(), weight);
                LaneAttention.weights(weight, count, block.segmentMax, block.segmentTotal, decay);
                LaneAttention.accumulate(weight, tile, 0, width, count, decay, block.segmentSum);
            }
        }
    }
}

package org.kimi4j.nativecpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.kimi4j.cache.LatentCache;
import org.kimi4j.config.KvType;
import org.kimi4j.kernel.MlaShape;
import org.kimi4j.kernel.SegmentAttention;

/**
 * Attention in C: with the bits of the Java kernels, or, over a bfloat16 cache and where asked for, by the tiles of AMX. Not for
 * {@link Isa#AVX2}.
 */
final class NativeAttention implements SegmentAttention {

    private final MlaShape shape;
    private final Buffer out = new Buffer();
    private final Buffer scratch = new Buffer();
    private final Buffer pages = new Buffer();
    private final boolean byTiles;
    private int heads;

    NativeAttention(MlaShape shape, boolean byTiles) {
        this.shape = shape;
        this.byTiles = byTiles;
    }

    @Override
    public void run(Query query, int first, int last, int head, int count) {
        int latent = shape.latentDim();
        LatentCache cache = query.cache();
        int firstPage = first / Functions.POSITIONS;
        int pageCount = last / Functions.POSITIONS - firstPage + 1;
        MemorySegment addresses = pages.atLeast((long) Long.BYTES * pageCount);
        for (int p = 0; p < pageCount; p++) {
            long at = cache.page(firstPage + p).address() + cache.rowOffset(query.layer(), 0);
            addresses.setAtIndex(ValueLayout.JAVA_LONG, p, at);
        }
        heads = count;
        out.atLeast((long) Float.BYTES * blocks() * blockSize());
        int rope = shape.ropeDim();
        KvType type = cache.shape().type();
        boolean tiles = byTiles && type == KvType.BF16;
        scratch.atLeast(
                tiles
                        ? Functions.attentionTilesScratch(count, latent, rope)
                        : Functions.attentionScratch(count, latent, rope));
        long latentQueries = query.qLatent().memory().address()
                + query.qLatent().offset(query.row())
                + (long) Float.BYTES * head * latent;
        long ropeQueries = query.q().memory().address()
                + query.q().offset(query.row())
                + (long) Float.BYTES * ((long) head * shape.queryDim() + shape.nopeDim());
        int stride = shape.queryDim();
        float scale = shape.softmaxScale();
        int positions = last - first + 1;
        if (tiles) {
            Functions.attentionTiles(
                    out.address(),
                    scratch.address(),
                    latentQueries,
                    ropeQueries,
                    stride,
                    count,
                    latent,
                    rope,
                    scale,
                    pages.address(),
                    positions);
        } else {
            Functions.attention(
                    out.address(),
                    scratch.address(),
                    latentQueries,
                    ropeQueries,
                    stride,
                    count,
                    latent,
                    rope,
                    scale,
                    number(type),
                    pages.address(),
                    positions);
        }
    }

    /** {@code KIMI_CACHE_...} */
    private static int number(KvType type) {
        return switch (type) {
            case F32 -> 0;
            case BF16 -> 1;
            case I8 -> 2;
        };
    }

    private int blocks() {
        return (heads + Functions.HEADS - 1) / Functions.HEADS;
    }

    /** Floats that C leaves for a block of heads. */
    private int blockSize() {
        return (2 + shape.latentDim()) * Functions.HEADS;
    }

    /** As many columns as there are lanes in two vectors, which divide {@link Functions#HEADS}. */
    @Override
    public void result(int head, float[] max, float[] total, float[] sum) {
        int columns = max.length;
        long at = (long) head / Functions.HEADS * blockSize() + head % Functions.HEADS;
        copy(at, max, 0, columns);
        at += Functions.HEADS;
        copy(at, total, 0, columns);
        at += Functions.HEADS;
        if (columns == Functions.HEADS) {
            copy(at, sum, 0, sum.length);
            return;
        }
        for (int to = 0; to < sum.length; to += columns) {
            copy(at, sum, to, columns);
            at += Functions.HEADS;
        }
    }

    private void copy(long from, float[] to, int at, int count) {
        MemorySegment.copy(out.segment(), ValueLayout.JAVA_FLOAT, Float.BYTES * from, to, at, count);
    }

    @Override
    public void close() {
        out.close();
        scratch.close();
        pages.close();
    }
}

package org.kimi4j.benchmarks.suite;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.kimi4j.benchmarks.measure.Work;
import org.kimi4j.cache.CacheShape;
import org.kimi4j.cache.LatentCache;
import org.kimi4j.cache.PagePool;
import org.kimi4j.config.KvType;
import org.kimi4j.config.Precision;
import org.kimi4j.kernel.Kernels;
import org.kimi4j.kernel.MlaShape;
import org.kimi4j.kernel.Rows;
import org.kimi4j.kernel.WorkerPool;
import org.kimi4j.tensor.Tensor;

/** Attention of generated tokens over random latents, in K2.5's shape; one layer. */
final class AttentionCase {

    private static final MlaShape MLA = new MlaShape(64, 128, 64, 128, 512, 0.1f);
    /** Positions that are filled in one operation. */
    private static final int FILL = 1_024;

    private AttentionCase() {}

    /** Rows at the end of a cache of so many positions, all of one sequence. */
    static Case of(KernelSet kernels, WorkerPool denominators, int depth, int rows) {
        int queryDim = MLA.heads() * MLA.queryDim();
        double perPosition = 2.0 * MLA.heads() * (2 * MLA.latentDim() + MLA.ropeDim());
        List<Work> works = new ArrayList<>();
        List<MemorySegment> memory = new ArrayList<>();
        double bytes = 0;
        for (KernelSet.Named named : kernels.all()) {
            Kernels k = named.kernels();
            KvType type = k.precision() == Precision.EXACT ? KvType.F32 : KvType.BF16;
            LatentCache cache = filled(k, type, depth);
            Tensor qLatent = KernelSet.activations(k, rows, MLA.heads() * MLA.latentDim(), 2);
            Tensor q = KernelSet.activations(k, rows, queryDim, 3);
            Rows at = Rows.of(cache, depth - rows, rows, false);
            double read = (double) depth * cache.shape().rowBytes();
            works.add(new Work(
                    named.name() + " " + type.name().toLowerCase(Locale.ROOT), read, rows * perPosition * depth, () -> {
                        long mark = k.workspace().mark();
                        k.latentAttention(qLatent, q, 0, at, MLA);
                        k.workspace().release(mark);
                    }));
            if (memory.isEmpty()) {
                for (int page = 0; page < depth / PagePool.POSITIONS; page++) {
                    memory.add(cache.page(page));
                }
                bytes = read;
            }
        }
        List<MemorySegment> first = List.copyOf(memory);
        if (works.getFirst().bytes() != bytes) {
            throw new IllegalStateException("the read pass must read what the first work does");
        }
        return new Case("attention", "depth " + depth, denominators, works, () -> first, false);
    }

    private static LatentCache filled(Kernels k, KvType type, int depth) {
        if (depth % FILL != 0) {
            throw new IllegalArgumentException("depth " + depth + ": expected a multiple of " + FILL);
        }
        CacheShape shape = new CacheShape(1, MLA.latentDim(), MLA.ropeDim(), type);
        // Its memory is given back when the JVM ends: pages must outlive the works that read them.
        LatentCache cache = new PagePool(shape, shape.bytesFor(depth)).newCache();
        cache.grow(depth);
        long mark = k.workspace().mark();
        Tensor latents = KernelSet.activations(k, FILL, MLA.latentDim(), 4);
        Tensor keys = KernelSet.activations(k, FILL, MLA.ropeDim(), 5);
        for (int start = 0; start < depth; start += FILL) {
            k.append(0, latents, keys, Rows.of(cache, start, FILL, true));
        }
        k.workspace().release(mark);
        return cache;
    }
}

package org.kimi4j.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.kimi4j.cache.CacheShape;
import org.kimi4j.cache.LatentCache;
import org.kimi4j.cache.PagePool;
import org.kimi4j.config.KvType;
import org.kimi4j.kernel.RandomWeights.Encoding;
import org.kimi4j.tensor.Matrix;
import org.kimi4j.tensor.Tensor;

/**
 * Every operation as a function from some of {@value #ROWS} rows to as many result rows. Row r has its own values, role,
 * position and sequence, the same in every call.
 */
final class RowOps implements AutoCloseable {

    static final int ROWS = 128;

    /** An operation on chosen rows. */
    interface Op {
        float[][] run(Kernels k, int[] rows);
    }

    /**
     * @param repeats whether a call may have a row twice; append may not, because a pass holds a position once
     */
    record Named(String name, boolean repeats, Op op) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static final int SHORT = 96;

    private static final MlaShape MLA = new MlaShape(5, 24, 6, 20, 64, 0.17f);
    private static final int SEQUENCES = 6;

    private final Arena arena = Arena.ofShared();
    private final int longCols;
    private final int outputs;
    private final int longCache;
    private final RandomWeights random;
    private final boolean[] prompt = new boolean[ROWS];
    private final List<PagePool> opened = new ArrayList<>();

    private RowOps(long seed, int longCols, int outputs, int longCache) {
        this.longCols = longCols;
        this.outputs = outputs;
        this.longCache = longCache;
        random = new RandomWeights(seed, arena);
        SplittableRandom roles = new SplittableRandom(seed);
        for (int r = 0; r < ROWS; r++) {
            prompt[r] = roles.nextBoolean();
        }
    }

    /**
     * Rows of weights beyond one superblock of the vector kernels, outputs in several tiles and a part of one, so many
     * that one row is shared over threads, and a cache of more than one segment.
     */
    static RowOps wide(long seed) {
        return new RowOps(seed, 4096 + 96, 37, ScalarAttention.SEGMENT + 70);
    }

    /** Sizes that an interpreter gets through. */
    static RowOps narrow(long seed) {
        return new RowOps(seed, 512 + 96, 21, 70);
    }

    List<Named> all() {
        List<Named> ops = new ArrayList<>();
        for (Encoding encoding : Encoding.values()) {
            ops.add(product(encoding, longCols));
            ops.add(product(encoding, SHORT));
            ops.add(productByRole(encoding, longCols));
            ops.add(productByRole(encoding, SHORT));
            ops.add(embed(encoding));
        }
        ops.add(rmsNorm());
        ops.add(siluMul());
        ops.add(add());
        ops.add(rope());
        for (KvType type : KvType.values()) {
            ops.add(append(type));
            ops.add(attention("latentAttention " + type, MLA, type, Math.min(200, longCache)));
        }
        ops.add(attention(
                "latentAttention over a long cache", new MlaShape(3, 4, 2, 4, 6, 0.2f), KvType.F32, longCache));
        ops.add(absorbQuery("absorbQuery", MLA, Encoding.BF16));
        ops.add(absorbQuery("absorbQuery of odd width", new MlaShape(3, 13, 2, 7, 31, 1f), Encoding.BF16));
        ops.add(absorbQuery("absorbQuery INT8", MLA, Encoding.INT8));
        ops.add(expandValue("expandValue", MLA, Encoding.BF16));
        ops.add(expandValue("expandValue of odd width", new MlaShape(3, 13, 2, 7, 31, 1f), Encoding.BF16));
        ops.add(expandValue("expandValue INT8", MLA, Encoding.INT8));
        ops.add(route("route", new RouterConfig(24, 3, 1, 1, true, 2.5f)));
        ops.add(route("route by groups", new RouterConfig(24, 3, 4, 2, true, 2.5f)));
        ops.add(gatherAndScatter());
        ops.add(swiglu());
        ops.add(moe());
        return ops;
    }

    private float[][] values(int cols) {
        return IntStream.range(0, ROWS).mapToObj(_ -> random.row(cols)).toArray(float[][]::new);
    }

    private static float[][] pick(float[][] all, int[] rows) {
        return IntStream.of(rows).mapToObj(r -> all[r]).toArray(float[][]::new);
    }

    private boolean[] roles(int[] rows) {
        boolean[] roles = new boolean[rows.length];
        for (int i = 0; i < rows.length; i++) {
            roles[i] = prompt[rows[i]];
        }
        return roles;
    }

    private Named product(Encoding encoding, int cols) {
        float[][] x = values(cols);
        Matrix w = random.matrix(encoding, outputs, cols, 2);
        return new Named(
                "matmul " + encoding + " " + cols,
                true,
                (k, rows) -> Backends.rows(k, k.matmul(Backends.tensor(k, pick(x, rows)), w)));
    }

    private Named productByRole(Encoding encoding, int cols) {
        float[][] x = values(cols);
        Matrix w = random.matrix(encoding, outputs, cols, 2);
        return new Named(
                "matmul by role " + encoding + " " + cols,
                true,
                (k, rows) -> Backends.rows(k, k.matmul(Backends.tensor(k, pick(x, rows)), w, roles(rows))));
    }

    private Named embed(Encoding encoding) {
        Matrix table = random.matrix(encoding, ROWS, SHORT, 2);
        return new Named("embed " + encoding, true, (k, rows) -> Backends.rows(k, k.embed(rows, table)));
    }

    private Named rmsNorm() {
        float[][] x = values(207);
        Matrix.F32 weight = random.vector(1, 207, 1, 0);
        return new Named(
                "rmsNorm",
                true,
                (k, rows) -> Backends.rows(k, k.rmsNorm(Backends.tensor(k, pick(x, rows)), weight, 1e-5f)));
    }

    private Named siluMul() {
        float[][] gate = values(207);
        float[][] up = values(207);
        return new Named(
                "siluMul",
                true,
                (k, rows) -> Backends.rows(
                        k, k.siluMul(Backends.tensor(k, pick(gate, rows)), Backends.tensor(k, pick(up, rows)))));
    }

    private Named add() {
        float[][] x = values(207);
        float[][] y = values(207);
        return new Named("add", true, (k, rows) -> {
            Tensor sum = Backends.tensor(k, pick(x, rows));
            k.add(sum, Backends.tensor(k, pick(y, rows)));
            return Backends.rows(k, sum);
        });
    }

    /** Caches of {@link #SEQUENCES} sequences; row r is in sequence r % SEQUENCES. */
    private final class Caches {
        final LatentCache[] caches = new LatentCache[SEQUENCES];
        final int[] position = new int[ROWS];

        Caches(MlaShape shape, KvType type, int length) {
            PagePool pool = new PagePool(new CacheShape(2, shape.latentDim(), shape.ropeDim(), type), 1L << 30);
            opened.add(pool);
            for (int s = 0; s < SEQUENCES; s++) {
                caches[s] = pool.newCache();
                caches[s].grow(length);
            }
            for (int r = 0; r < ROWS; r++) {
                // Ascending from the end, so that the long cache is read to its end by some rows and hardly by others.
                position[r] = r % 3 == 0 ? r / SEQUENCES : length - 1 - r / SEQUENCES;
            }
        }

        Rows rows(int[] rows) {
            int[] positions = new int[rows.length];
            int[] sequences = new int[rows.length];
            for (int i = 0; i < rows.length; i++) {
                positions[i] = position[rows[i]];
                sequences[i] = rows[i] % SEQUENCES;
            }
            return new Rows(positions, sequences, roles(rows), caches);
        }
    }

    private Named rope() {
        float[][] x = values(3 * 20);
        Rope rope = new Rope(new double[] {1, 0.3, 0.04, 0.001}, 1);
        Caches caches = new Caches(MLA, KvType.F32, 300);
        return new Named("rope", true, (k, rows) -> {
            Tensor turned = Backends.tensor(k, pick(x, rows));
            k.rope(turned, 3, 12, rope, caches.rows(rows));
            return Backends.rows(k, turned);
        });
    }

    private Named append(KvType type) {
        float[][] latent = values(MLA.latentDim());
        float[][] keys = values(MLA.ropeDim());
        Caches caches = new Caches(MLA, type, 300);
        return new Named("append " + type, false, (k, rows) -> {
            Rows at = caches.rows(rows);
            k.append(1, Backends.tensor(k, pick(latent, rows)), Backends.tensor(k, pick(keys, rows)), at);
            float[][] stored = new float[rows.length][MLA.latentDim() + MLA.ropeDim()];
            for (int i = 0; i < rows.length; i++) {
                LatentCache cache = at.cache(i);
                int position = at.position()[i];
                MemorySegment page = cache.page(position / PagePool.POSITIONS);
                long offset = cache.rowOffset(1, position % PagePool.POSITIONS);
                CacheRows.load(page, offset, cache.shape(), 1, stored[i]);
                page.asSlice(offset, cache.shape().rowBytes()).fill((byte) 0x7f);
            }
            return stored;
        });
    }

    private Named attention(String name, MlaShape shape, KvType type, int length) {
        float[][] qLatent = values(shape.heads() * shape.latentDim());
        float[][] q = values(shape.heads() * shape.queryDim());
        Caches caches = new Caches(shape, type, length);
        float[] row = new float[shape.latentDim() + shape.ropeDim()];
        for (LatentCache cache : caches.caches) {
            for (int p = 0; p < length; p++) {
                System.arraycopy(random.row(row.length), 0, row, 0, row.length);
                MemorySegment page = cache.page(p / PagePool.POSITIONS);
                CacheRows.store(page, cache.rowOffset(1, p % PagePool.POSITIONS), cache.shape(), row);
            }
        }
        return new Named(
                name,
                true,
                (k, rows) -> Backends.rows(
                        k,
                        k.latentAttention(
                                Backends.tensor(k, pick(qLatent, rows)),
                                Backends.tensor(k, pick(q, rows)),
                                1,
                                caches.rows(rows),
                                shape)));
    }

    private Named absorbQuery(String name, MlaShape shape, Encoding encoding) {
        float[][] q = values(shape.heads() * shape.queryDim());
        Matrix kvB = random.matrix(encoding, shape.heads() * shape.kvDim(), shape.latentDim(), 2);
        return new Named(
                name,
                true,
                (k, rows) -> Backends.rows(k, k.absorbQuery(Backends.tensor(k, pick(q, rows)), kvB, shape)));
    }

    private Named expandValue(String name, MlaShape shape, Encoding encoding) {
        float[][] o = values(shape.heads() * shape.latentDim());
        Matrix kvB = random.matrix(encoding, shape.heads() * shape.kvDim(), shape.latentDim(), 2);
        return new Named(
                name,
                true,
                (k, rows) -> Backends.rows(k, k.expandValue(Backends.tensor(k, pick(o, rows)), kvB, shape)));
    }

    /** Logits on a coarse grid, so that ties are common. */
    private float[][] routerLogits(int experts) {
        float[][] logits = values(experts);
        for (float[] row : logits) {
            for (int e = 0; e < experts; e++) {
                row[e] = Math.round(row[e] * 4) / 4f;
            }
        }
        return logits;
    }

    private Named route(String name, RouterConfig config) {
        float[][] logits = routerLogits(config.experts());
        Matrix.F32 bias = random.vector(1, config.experts(), 0.01f, 0);
        return new Named(name, true, (k, rows) -> {
            Routing routing = k.route(Backends.tensor(k, pick(logits, rows)), bias, config);
            float[][] chosen = new float[rows.length][2 * config.topK()];
            for (int i = 0; i < rows.length; i++) {
                for (int rank = 0; rank < config.topK(); rank++) {
                    chosen[i][2 * rank] = routing.expert(i, rank);
                    chosen[i][2 * rank + 1] = routing.weight(i, rank);
                }
            }
            return chosen;
        });
    }

    private Named gatherAndScatter() {
        RouterConfig config = new RouterConfig(7, 3, 1, 1, true, 2.5f);
        float[][] logits = routerLogits(config.experts());
        float[][] x = values(207);
        float[][] start = values(207);
        Matrix.F32 bias = random.vector(1, config.experts(), 0.01f, 0);
        return new Named("gather and scatterAdd", true, (k, rows) -> {
            Routing routing = k.route(Backends.tensor(k, pick(logits, rows)), bias, config);
            Tensor from = Backends.tensor(k, pick(x, rows));
            Tensor out = Backends.tensor(k, pick(start, rows));
            for (int i = 0; i < routing.distinctCount(); i++) {
                k.scatterAdd(out, k.gather(from, routing, i), routing, i);
            }
            return Backends.rows(k, out);
        });
    }

    private GatedMlp gated(Encoding encoding) {
        return new GatedMlp(
                random.matrix(encoding, 64, SHORT, 0),
                random.matrix(encoding, 64, SHORT, 0),
                random.matrix(encoding, SHORT, 64, 0));
    }

    private Named swiglu() {
        float[][] x = values(SHORT);
        GatedMlp mlp = gated(Encoding.INT4);
        return new Named(
                "swiglu",
                true,
                (k, rows) -> Backends.rows(k, k.swiglu(Backends.tensor(k, pick(x, rows)), mlp, roles(rows))));
    }

    private Named moe() {
        RouterConfig config = new RouterConfig(12, 4, 1, 1, true, 2.5f);
        float[][] logits = routerLogits(config.experts());
        float[][] x = values(SHORT);
        float[][] start = values(SHORT);
        Matrix.F32 bias = random.vector(1, config.experts(), 0.01f, 0);
        List<GatedMlp> experts = IntStream.range(0, config.experts())
                .mapToObj(e -> gated(e % 2 == 0 ? Encoding.INT4 : Encoding.INT8))
                .toList();
        return new Named("moe", true, (k, rows) -> {
            Routing routing = k.route(Backends.tensor(k, pick(logits, rows)), bias, config);
            Tensor out = Backends.tensor(k, pick(start, rows));
            k.moe(out, Backends.tensor(k, pick(x, rows)), routing, experts::get, roles(rows));
            return Backends.rows(k, out);
        });
    }

    @Override
    public void close() {
        for (PagePool o : opened) {
            o.close();
        }
        arena.close();
    }
}

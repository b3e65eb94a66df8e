package org.kimi4j.benchmarks.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.kimi4j.benchmarks.denominator.Peak;
import org.kimi4j.benchmarks.denominator.ReadPass;
import org.kimi4j.benchmarks.measure.Alternation;
import org.kimi4j.benchmarks.measure.Work;
import org.kimi4j.benchmarks.suite.KernelSet;
import org.kimi4j.benchmarks.suite.WeightPool;
import org.kimi4j.cache.CacheShape;
import org.kimi4j.cache.LatentCache;
import org.kimi4j.cache.PagePool;
import org.kimi4j.config.KvType;
import org.kimi4j.config.Precision;
import org.kimi4j.kernel.Kernels;
import org.kimi4j.kernel.MlaShape;
import org.kimi4j.kernel.PanamaKernels;
import org.kimi4j.kernel.Rows;
import org.kimi4j.kernel.WorkerPool;
import org.kimi4j.tensor.Matrix;
import org.kimi4j.tensor.Tensor;
import org.kimi4j.tensor.Workspace;

/**
 * The vector kernels, each beside its scalar twin and what the machine can do, on one thread; an owner. Bounds are far
 * below what kernels reach and above what is left of one that boxes, so that a busy machine does not fail the check.
 */
public final class Regression implements AutoCloseable {

    private static final Alternation SHORT = new Alternation(7, 10, 200);
    /** A few objects a run, and none a vector. */
    private static final long FEW_BYTES = 64 << 10;

    private static final MlaShape MLA = new MlaShape(64, 128, 64, 128, 512, 0.1f);
    private static final int POSITIONS = 512;

    private final WeightPool weights;
    private final WorkerPool limits = new WorkerPool("limits", 1);
    private final List<Kernels> owned = new ArrayList<>();

    /** @param weights stays the caller's; need not be cold, for both twins read the same */
    public Regression(WeightPool weights) {
        this.weights = weights;
    }

    /**
     * Checks kernels, one after the other.
     *
     * @param names which, by the beginnings of their names; all if there are none
     */
    public void run(List<String> names, Consumer<Verdict> to) {
        Matrix packed = weights.nextInt4(false);
        Matrix bf16 = weights.nextBf16(1_536, WeightPool.HIDDEN);
        Matrix int8 = weights.nextInt8(1_536, WeightPool.HIDDEN, 128);
        for (Precision precision : Precision.values()) {
            // The exact product unpacks every weight to a float for a single row: far from either limit.
            double int4 = precision == Precision.EXACT ? 0.012 : 0.04;
            Stream.of(
                            product("int4 x 1", precision, packed, 1, new Verdict.Bound(FEW_BYTES, 3, int4)),
                            product("bf16 x 1", precision, bf16, 1, new Verdict.Bound(FEW_BYTES, 2.5, 0.1)),
                            product("int8 x 1", precision, int8, 1, new Verdict.Bound(FEW_BYTES, 2.5, 0.015)),
                            product("int4 x 32", precision, packed, 32, new Verdict.Bound(FEW_BYTES, 5, 0.15)),
                            product("bf16 x 32", precision, bf16, 32, new Verdict.Bound(FEW_BYTES, 5, 0.15)),
                            attention(precision, new Verdict.Bound(FEW_BYTES, 4, 0.1)))
                    .filter(check -> names.isEmpty() || names.stream().anyMatch(check.name::startsWith))
                    .forEach(check -> to.accept(verdict(check)));
        }
    }

    /** A kernel and its twin with what both work on. */
    @FunctionalInterface
    private interface Body {
        Work on(Kernels kernels, String name);
    }

    private record Check(String name, Precision precision, Verdict.Bound bound, List<Work> denominators, Body body) {}

    private Verdict verdict(Check check) {
        Kernels vector = new PanamaKernels(check.precision, new WorkerPool("vector", 1), new Workspace());
        owned.add(vector);
        Kernels scalar = KernelSet.scalar(check.precision, 1);
        owned.add(scalar);
        return Verdict.of(
                check.bound,
                check.body.on(vector, check.name),
                check.body.on(scalar, check.name),
                check.denominators,
                SHORT);
    }

    private Check product(String name, Precision precision, Matrix w, int rows, Verdict.Bound bound) {
        boolean[] roles = new boolean[rows];
        Arrays.fill(roles, rows > 1);
        List<Work> denominators =
                rows == 1 ? ReadPass.works(limits, w.byteSize(), () -> WeightPool.memory(w)) : Peak.fma(limits);
        return new Check(name(name, precision), precision, bound, denominators, (k, full) -> {
            Tensor x = KernelSet.activations(k, rows, w.cols(), 1);
            return new Work(full, w.byteSize(), 2.0 * rows * w.rows() * w.cols(), () -> {
                long mark = k.workspace().mark();
                k.matmul(x, w, roles);
                k.workspace().release(mark);
            });
        });
    }

    private Check attention(Precision precision, Verdict.Bound bound) {
        String name = name("attention over " + POSITIONS, precision);
        return new Check(name, precision, bound, Peak.fma(limits), (k, full) -> {
            CacheShape shape = new CacheShape(1, MLA.latentDim(), MLA.ropeDim(), KvType.BF16);
            // Its memory is given back when the JVM ends: pages must outlive the work.
            LatentCache cache = new PagePool(shape, shape.bytesFor(POSITIONS)).newCache();
            cache.grow(POSITIONS);
            long mark = k.workspace().mark();
            k.append(
                    0,
                    KernelSet.activations(k, POSITIONS, MLA.latentDim(), 4),
                    KernelSet.activations(k, POSITIONS, MLA.ropeDim(), 5),
                    Rows.of(cache, 0, POSITIONS, true));
            k.workspace().release(mark);
            Tensor qLatent = KernelSet.activations(k, 1, MLA.heads() * MLA.latentDim(), 2);
            Tensor q = KernelSet.activations(k, 1, MLA.heads() * MLA.queryDim(), 3);
            Rows at = Rows.of(cache, POSITIONS - 1, 1, false);
            double flops = 2.0 * MLA.heads() * (2 * MLA.latentDim() + MLA.ropeDim()) * POSITIONS;
            return new Work(full, 0, flops, () -> {
                long inner = k.workspace().mark();
                k.latentAttention(qLatent, q, 0, at, MLA);
                k.workspace().release(inner);
            });
        });
    }

    private static String name(String name, Precision precision) {
        return name + " " + precision.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public void close() {
        owned.forEach(Kernels::close);
        limits.close();
    }
}

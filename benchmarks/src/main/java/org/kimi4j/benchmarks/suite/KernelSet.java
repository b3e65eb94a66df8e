package org.kimi4j.benchmarks.suite;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.SplittableRandom;
import org.kimi4j.config.Precision;
import org.kimi4j.kernel.Kernels;
import org.kimi4j.kernel.PanamaKernels;
import org.kimi4j.kernel.ScalarKernels;
import org.kimi4j.kernel.WorkerPool;
import org.kimi4j.spi.KernelsProvider;
import org.kimi4j.tensor.Tensor;
import org.kimi4j.tensor.Workspace;

/**
 * The kernels that can run here, each on as many threads as asked; an owner. A work's kernels compute on a pool of their
 * own, whose threads are parked while others have their turn.
 */
public final class KernelSet implements AutoCloseable {

    /** Kernels with the name that tables use. */
    public record Named(String name, Kernels kernels) {}

    private final List<Named> all = new ArrayList<>();

    private KernelSet() {}

    /** The fast kernels: vector in both precisions, and native where that is on the class path and can run. */
    public static KernelSet fast(int threads) {
        KernelSet set = new KernelSet();
        for (Precision precision : new Precision[] {Precision.FAST, Precision.EXACT}) {
            set.all.add(new Named(
                    "vector " + precision.name().toLowerCase(Locale.ROOT),
                    new PanamaKernels(precision, new WorkerPool("vector", threads), new Workspace())));
            provider()
                    .ifPresent(p -> set.all.add(new Named(
                            "native " + precision.name().toLowerCase(Locale.ROOT),
                            p.create(new KernelsProvider.Request(
                                    precision, new WorkerPool("native", threads), new Workspace())))));
        }
        return set;
    }

    /**
     * Kernels of one kind, which the caller owns.
     *
     * @param kind {@code vector}, {@code native} or {@code scalar}
     */
    public static Kernels of(String kind, Precision precision, int threads) {
        WorkerPool pool = new WorkerPool(kind, threads);
        return switch (kind) {
            case "scalar" -> new ScalarKernels(precision, pool, new Workspace());
            case "vector" -> new PanamaKernels(precision, pool, new Workspace());
            case "native" ->
                provider()
                        .orElseThrow(() -> new IllegalStateException("the native kernels cannot run here"))
                        .create(new KernelsProvider.Request(precision, pool, new Workspace()));
            default -> throw new IllegalArgumentException(kind + ": expected vector, native or scalar");
        };
    }

    /** The scalar twin. */
    public static Kernels scalar(Precision precision, int threads) {
        return new ScalarKernels(precision, new WorkerPool("scalar", threads), new Workspace());
    }

    private static Optional<KernelsProvider> provider() {
        return ServiceLoader.load(KernelsProvider.class, KernelsProvider.class.getClassLoader()).stream()
                .map(ServiceLoader.Provider::get)
                .filter(p -> p.name().equals("native") && p.unusable().isEmpty())
                .findFirst();
    }

    public List<Named> all() {
        return all;
    }

    /** Activations [rows, cols] from N(0, 1), at the bottom of the kernels' workspace: they stay. */
    public static Tensor activations(Kernels kernels, int rows, int cols, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Tensor x = kernels.workspace().allocate(rows, cols);
        float[] row = new float[cols];
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < cols; c++) {
                row[c] = (float) random.nextGaussian();
            }
            kernels.write(x, r, row);
        }
        return x;
    }

    @Override
    public void close() {
        all.forEach(named -> named.kernels.close());
    }
}

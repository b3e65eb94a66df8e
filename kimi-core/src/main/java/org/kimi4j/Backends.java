package org.kimi4j;

import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.function.Supplier;
import org.kimi4j.config.Precision;
import org.kimi4j.error.BackendUnavailableException;
import org.kimi4j.kernel.Kernels;
import org.kimi4j.kernel.PanamaKernels;
import org.kimi4j.kernel.ScalarKernels;
import org.kimi4j.kernel.WorkerPool;
import org.kimi4j.os.Processors;
import org.kimi4j.spi.KernelsProvider;
import org.kimi4j.tensor.Workspace;

/** The choice of kernels, the same for every model: a straight list of reasons, each with what to do about it. */
public final class Backends {

    private static final System.Logger LOG = System.getLogger("org.kimi4j");

    /** A model that reads more per token than this would crawl on the scalar kernels. */
    private static final long SCALAR_LIMIT_BYTES = 256L << 20;

    private static final String FLAG = "start java with --add-modules jdk.incubator.vector";

    private Backends() {}

    /**
     * A backend as it stands in this JVM.
     *
     * @param unusable why it cannot be used, with the remedy; empty if it can
     */
    public record Status(Backend backend, Optional<String> unusable) {}

    /** All backends but {@link Backend#AUTO}, fastest last. */
    public static List<Status> list() {
        List<Status> all = new ArrayList<>();
        all.add(new Status(Backend.SCALAR, Optional.empty()));
        all.add(new Status(Backend.VECTOR, vectorUnusable()));
        all.add(new Status(Backend.NATIVE, unusable(Backend.NATIVE)));
        all.add(new Status(Backend.GPU, unusable(Backend.GPU)));
        return all;
    }

    private static Optional<String> vectorUnusable() {
        return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()
                ? Optional.empty()
                : Optional.of("Vector API module not available: " + FLAG);
    }

    /** Whether what runs beside these kernels may use the Vector API: if it is there, and they were not chosen to avoid it. */
    static boolean mayUseVectors(Kernels kernels) {
        return vectorUnusable().isEmpty() && !(kernels instanceof ScalarKernels);
    }

    private static Optional<KernelsProvider> provider(Backend backend) {
        return ServiceLoader.load(KernelsProvider.class, KernelsProvider.class.getClassLoader()).stream()
                .map(ServiceLoader.Provider::get)
                .filter(p -> p.name().equals(backend.label()))
                .findFirst();
    }

    private static Optional<String> unusable(Backend backend) {
        return provider(backend)
                .map(KernelsProvider::unusable)
                .orElseGet(
                        () -> Optional.of("artifact org.kimi4j:kimi-" + backend.label() + " is not on the class path"));
    }

    /**
     * Kernels of their own for one model, as the options say.
     *
     * @param bytesPerToken weight bytes that a token reads
     */
    static Kernels choose(KimiOptions options, long bytesPerToken, String name) {
        Backend chosen = options.backend() == Backend.AUTO ? auto(bytesPerToken) : options.backend();
        Optional<String> unusable = list().stream()
                .filter(s -> s.backend() == chosen)
                .flatMap(s -> s.unusable().stream())
                .findFirst();
        if (unusable.isPresent()) {
            throw new BackendUnavailableException(
                    "backend " + chosen.label() + ": " + unusable.get() + ", or choose another backend");
        }
        int threads = options.threads().orElseGet(Processors::physicalCores);
        Kernels kernels = create(chosen, options.precision(), name, threads);
        LOG.log(
                Level.INFO,
                "{0}: kernels {1}, precision {2}, KV {3}, {4} threads",
                name,
                kernels.name(),
                options.precision(),
                options.kvType(),
                threads);
        return kernels;
    }

    /** Kernels of the same kind on one thread, for warming up; empty where that means nothing or they cannot be used. */
    static Optional<Kernels> another(KimiOptions options, String name) {
        Backend chosen = options.backend();
        if (chosen == Backend.AUTO) {
            chosen = unusable(Backend.NATIVE).isEmpty() ? Backend.NATIVE : Backend.VECTOR;
        }
        boolean usable = switch (chosen) {
            case SCALAR -> true;
            case VECTOR -> vectorUnusable().isEmpty();
            case NATIVE -> unusable(chosen).isEmpty();
            case GPU, AUTO -> false;
        };
        return usable ? Optional.of(create(chosen, options.precision(), name, 1)) : Optional.empty();
    }

    private static Backend auto(long bytesPerToken) {
        if (unusable(Backend.NATIVE).isEmpty()) {
            return Backend.NATIVE;
        }
        if (vectorUnusable().isEmpty()) {
            return Backend.VECTOR;
        }
        if (bytesPerToken < SCALAR_LIMIT_BYTES) {
            LOG.log(Level.WARNING, "Vector API module not available, using the scalar kernels: " + FLAG);
            return Backend.SCALAR;
        }
        throw new BackendUnavailableException("Vector API module not available: " + FLAG
                + "; the scalar kernels are too slow for a model that reads " + bytesPerToken / 1_000_000
                + " MB per token (choose backend scalar to use them all the same)");
    }

    private static Kernels create(Backend backend, Precision precision, String name, int threads) {
        Supplier<WorkerPool> pool = () -> new WorkerPool(name, threads);
        return switch (backend) {
            case SCALAR -> new ScalarKernels(precision, pool.get(), new Workspace());
            case VECTOR -> new PanamaKernels(precision, pool.get(), new Workspace());
            case NATIVE, GPU ->
                provider(backend)
                        .orElseThrow()
                        .create(new KernelsProvider.Request(precision, pool.get(), new Workspace()));
            case AUTO -> throw new IllegalArgumentException("auto is not a backend of its own");
        };
    }
}

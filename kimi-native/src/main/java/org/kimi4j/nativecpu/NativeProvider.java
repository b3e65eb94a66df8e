package org.kimi4j.nativecpu;

import java.util.Optional;
import org.kimi4j.kernel.Kernels;
import org.kimi4j.kernel.PanamaKernels;
import org.kimi4j.spi.KernelsProvider;

/** Offers the backend {@code native}: the Vector API kernels, with the products of FAST and of bfloat16 weights in C. */
public final class NativeProvider implements KernelsProvider {

    /** For the service loader. */
    public NativeProvider() {}

    @Override
    public String name() {
        return "native";
    }

    @Override
    public Optional<String> unusable() {
        if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
            return Optional.of("much is left to the Vector API, whose module is not available: start java with "
                    + "--add-modules jdk.incubator.vector");
        }
        return Checked.PROBLEM;
    }

    /** Kernels for one model. */
    @Override
    public Kernels create(Request request) {
        int threads = request.pool().threads();
        return new PanamaKernels(request.precision(), request.pool(), request.workspace(), new NativeForms(threads));
    }

    /** Loaded and checked once in a process, by the first who asks. */
    private static final class Checked {
        static final Optional<String> PROBLEM = Library.problem().or(SelfCheck::run);
    }
}

package org.kimi4j;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.kimi4j.kernel.Kernels;
import org.kimi4j.kernel.WatchedKernels;
import org.kimi4j.spi.KernelsProvider;

/** The Java kernels under the name {@code gpu}, with a watch of the test's: the same door that other artifacts use. */
public final class WatchedBackend implements KernelsProvider {

    private static final AtomicReference<WatchedKernels.Watch> NEXT = new AtomicReference<>();

    /** Options for a model that one watch sees everything of; a test opens one such model at a time. */
    static KimiOptions watchedBy(WatchedKernels.Watch watch) {
        NEXT.set(watch);
        return KimiOptions.DEFAULTS.with(o -> o.backend(Backend.GPU).threads(1));
    }

    @Override
    public String name() {
        return Backend.GPU.label();
    }

    @Override
    public Optional<String> unusable() {
        return NEXT.get() == null ? Optional.of("no test is watching") : Optional.empty();
    }

    @Override
    public Kernels create(Request request) {
        return new WatchedKernels(request.java(), NEXT.get());
    }
}

package org.kimi4j.spi;

import java.util.Optional;
import org.kimi4j.config.Precision;
import org.kimi4j.kernel.Kernels;
import org.kimi4j.kernel.WorkerPool;

/** Kernels from another artifact. */
public interface KernelsProvider {

    /** The name by which options choose it: {@code native} or {@code gpu}. */
    String name();

    /** Why these kernels cannot run here, with the remedy; empty if they can. */
    Optional<String> unusable();

    /** Kernels for one model. They own what the request hands over. */
    Kernels create(Request request);

    /**
     * What kernels are made of.
     *
     * @param java the kernels in Java, for what the provider does not do itself; closing them is part of closing the
     *     provider's
     */
    record Request(Precision precision, WorkerPool pool, Kernels java) {}
}

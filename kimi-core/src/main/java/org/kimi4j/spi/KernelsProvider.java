package org.kimi4j.spi;

import java.util.Optional;
import org.kimi4j.config.Precision;
import org.kimi4j.kernel.Kernels;
import org.kimi4j.kernel.PanamaKernels;
import org.kimi4j.kernel.ScalarKernels;
import org.kimi4j.kernel.WorkerPool;
import org.kimi4j.tensor.Workspace;

/** Kernels from another artifact. */
public interface KernelsProvider {

    /** The name by which options choose it: {@code native} or {@code gpu}. */
    String name();

    /** Why these kernels cannot run here, with the remedy; empty if they can. */
    Optional<String> unusable();

    /** Kernels for one model. They own what the request hands over. */
    Kernels create(Request request);

    /**
     * What kernels are made of: a pool and a workspace that are theirs from here on, and closed with them.
     */
    record Request(Precision precision, WorkerPool pool, Workspace workspace) {

        /** The fastest kernels in Java on the pool and the workspace, for what the provider does not do itself. */
        public Kernels java() {
            return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()
                    ? new PanamaKernels(precision, pool, workspace)
                    : new ScalarKernels(precision, pool, workspace);
        }
    }
}

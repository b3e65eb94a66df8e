package org.kimi4j.model;

import org.kimi4j.kernel.GatedMlp;
import org.kimi4j.kernel.Routing;

/** Where the routed experts of a layer come from: mapped memory, or a pool that is filled from disk. */
public interface Experts {

    /** The chosen experts of a layer, kept where they are until the lease is closed. */
    Lease acquire(int layer, Routing routing);

    /** Experts in use. */
    interface Lease extends AutoCloseable {

        /** The weights of an expert that the routing has chosen. */
        GatedMlp expert(int id);

        @Override
        void close();
    }
}

package org.kimi4j.trace;

import org.kimi4j.tensor.Tensor;

/** Is shown the named activations of a pass as they are made. The tensors are valid during the call only. */
@FunctionalInterface
public interface Trace {

    /** Looks at nothing. */
    Trace NONE = (_, _, _) -> {};

    /** The layer of activations that belong to none: the embedding and what follows the last layer. */
    int NO_LAYER = -1;

    void record(String name, int layer, Tensor tensor);
}

/** Activations ({@link org.kimi4j.tensor.Tensor}), weights ({@link org.kimi4j.tensor.Matrix}) and the memory of the former. */
@NullMarked
package org.kimi4j.tensor;

import org.jspecify.annotations.NullMarked;

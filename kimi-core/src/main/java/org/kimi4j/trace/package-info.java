/** Watching activations by name, for dumps and comparisons. */
@NullMarked
package org.kimi4j.trace;

import org.jspecify.annotations.NullMarked;

/**
 * The operations the model is made of, behind one narrow interface, with a plain and a vectorised implementation that
 * obey the same numeric contract (docs/determinism.md).
 */
@NullMarked
package org.kimi4j.kernel;

import org.jspecify.annotations.NullMarked;

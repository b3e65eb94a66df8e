/** Implementations of {@link org.kimi4j.model.Experts}. */
@NullMarked
package org.kimi4j.expert;

import org.jspecify.annotations.NullMarked;

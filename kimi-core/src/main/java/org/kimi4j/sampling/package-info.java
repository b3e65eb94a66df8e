/** Logits to tokens. */
@NullMarked
package org.kimi4j.sampling;

import org.jspecify.annotations.NullMarked;

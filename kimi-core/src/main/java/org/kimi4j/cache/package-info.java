/** The latent cache of multi-head latent attention, in pages. */
@NullMarked
package org.kimi4j.cache;

import org.jspecify.annotations.NullMarked;

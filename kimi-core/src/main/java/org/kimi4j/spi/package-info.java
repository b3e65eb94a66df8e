/** The two doors through which other artifacts join: kernels and media. Found by ServiceLoader. */
@NullMarked
package org.kimi4j.spi;

import org.jspecify.annotations.NullMarked;

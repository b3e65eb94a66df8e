/** The kernels in C behind the same interface as those in Java. */
@NullMarked
package org.kimi4j.nativecpu;

import org.jspecify.annotations.NullMarked;

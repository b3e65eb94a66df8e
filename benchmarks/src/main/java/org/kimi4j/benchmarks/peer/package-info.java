/** Other engines' kernels, measured in the same run. */
@NullMarked
package org.kimi4j.benchmarks.peer;

import org.jspecify.annotations.NullMarked;

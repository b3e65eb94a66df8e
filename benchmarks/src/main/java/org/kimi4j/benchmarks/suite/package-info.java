/** The kernels and shapes that are measured. */
@NullMarked
package org.kimi4j.benchmarks.suite;

import org.jspecify.annotations.NullMarked;

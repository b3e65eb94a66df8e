/** The per-kernel suite, for JMH. */
@NullMarked
package org.kimi4j.benchmarks.jmh;

import org.jspecify.annotations.NullMarked;

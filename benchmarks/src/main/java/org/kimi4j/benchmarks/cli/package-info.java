/** The command line of the benchmarks. */
@NullMarked
package org.kimi4j.benchmarks.cli;

import org.jspecify.annotations.NullMarked;

@NullMarked
package org.kimi4j.benchmarks.suite;

import org.jspecify.annotations.NullMarked;

@NullMarked
package org.kimi4j.benchmarks.denominator;

import org.jspecify.annotations.NullMarked;

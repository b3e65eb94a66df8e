/** A check that no vector kernel has become slow without anybody noticing. */
@NullMarked
package org.kimi4j.benchmarks.check;

import org.jspecify.annotations.NullMarked;

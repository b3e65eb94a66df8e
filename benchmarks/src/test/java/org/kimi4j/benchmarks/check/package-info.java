@NullMarked
package org.kimi4j.benchmarks.check;

import org.jspecify.annotations.NullMarked;

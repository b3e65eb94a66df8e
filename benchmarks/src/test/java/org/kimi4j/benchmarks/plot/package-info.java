@NullMarked
package org.kimi4j.benchmarks.plot;

import org.jspecify.annotations.NullMarked;

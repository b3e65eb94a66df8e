@NullMarked
package org.kimi4j.benchmarks.measure;

import org.jspecify.annotations.NullMarked;

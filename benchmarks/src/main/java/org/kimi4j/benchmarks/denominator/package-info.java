/** What a machine can do at most: reading memory, and multiplying and adding. */
@NullMarked
package org.kimi4j.benchmarks.denominator;

import org.jspecify.annotations.NullMarked;

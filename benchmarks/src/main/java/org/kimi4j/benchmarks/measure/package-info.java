/** Timing of things beside each other: alternations, medians, and how busy the machine was with something else. */
@NullMarked
package org.kimi4j.benchmarks.measure;

import org.jspecify.annotations.NullMarked;

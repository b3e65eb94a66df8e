/**
 * Checkpoints in Kimi K2.5's layout for tests.
 *
 * <ul>
 *   <li>{@link org.kimi4j.testkit.TinyCheckpoint} writes a complete checkpoint of under a megabyte in milliseconds.
 *   <li>{@link org.kimi4j.testkit.SyntheticCheckpoint} writes one of any shape, up to the true one, with or without data.
 *   <li>{@link org.kimi4j.testkit.DamagedCheckpoints} has ways to break one, each with what an error must name.
 *   <li>{@link org.kimi4j.testkit.TensorAssert} compares results with expected values.
 * </ul>
 */
@NullMarked
package org.kimi4j.testkit;

import org.jspecify.annotations.NullMarked;

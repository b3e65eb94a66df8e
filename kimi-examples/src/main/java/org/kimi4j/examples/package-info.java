/**
 * One program for each thing the README shows. All run on the bundled model; a checkpoint directory as the first argument
 * runs them on that one.
 */
@NullMarked
package org.kimi4j.examples;

import org.jspecify.annotations.NullMarked;

/** The {@code kimi} command line. */
@NullMarked
package org.kimi4j.cli;

import org.jspecify.annotations.NullMarked;

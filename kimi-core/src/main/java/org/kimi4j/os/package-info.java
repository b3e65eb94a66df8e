/** The few calls of the C library that Java does not offer; everything works without them, only less well. */
@NullMarked
package org.kimi4j.os;

import org.jspecify.annotations.NullMarked;

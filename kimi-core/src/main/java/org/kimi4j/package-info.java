/**
 * Kimi K2.5 in this process. Start at {@link org.kimi4j.Kimi}: {@code Kimi.load(directory)}, then {@code chat()}.
 */
@NullMarked
package org.kimi4j;

import org.jspecify.annotations.NullMarked;

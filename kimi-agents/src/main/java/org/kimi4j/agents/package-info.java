/**
 * Tools in Java, and the loop in which a model calls them until it answers. Start at {@link org.kimi4j.agents.ToolLoop}.
 */
@NullMarked
package org.kimi4j.agents;

import org.jspecify.annotations.NullMarked;

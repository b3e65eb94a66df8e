@NullMarked
package org.kimi4j.agents;

import org.jspecify.annotations.NullMarked;

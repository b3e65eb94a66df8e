/** Everything the library throws on purpose: one sealed family, each message naming the thing, what was found and the remedy. */
@NullMarked
package org.kimi4j.error;

import org.jspecify.annotations.NullMarked;

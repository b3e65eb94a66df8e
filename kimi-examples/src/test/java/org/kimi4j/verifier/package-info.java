/** Replays conversations with tools, many of them as they went wrong in other engines and clients. */
@NullMarked
package org.kimi4j.verifier;

import org.jspecify.annotations.NullMarked;

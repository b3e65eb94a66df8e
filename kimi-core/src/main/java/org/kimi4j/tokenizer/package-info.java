/** Text to token ids and back. */
@NullMarked
package org.kimi4j.tokenizer;

import org.jspecify.annotations.NullMarked;

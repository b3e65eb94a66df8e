/** The OpenAI-compatible endpoint of the starter. */
@NullMarked
package org.kimi4j.spring.openai;

import org.jspecify.annotations.NullMarked;

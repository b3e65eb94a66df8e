/**
 * Conversations: messages and tools, the prompt they become, and the reply read back from the model's tokens. Knows
 * tokens by name and nothing of tensors, so all of it works without a checkpoint.
 */
@NullMarked
package org.kimi4j.chat;

import org.jspecify.annotations.NullMarked;

package org.kimi4j.agents;

import org.jspecify.annotations.Nullable;

/**
 * What a tool does. It runs on a virtual thread of its own, at the same time as the other calls of the same reply, and is
 * interrupted when the episode is cancelled or its time is over.
 *
 * @param <A> what the arguments come as
 */
@FunctionalInterface
public interface ToolFunction<A> {

    /**
     * @return what the model is told: a text, a {@link org.kimi4j.chat.Content} or a list of them as it is; a number, truth
     *     value or enum constant as its name; null as {@code ok}
     * @throws Exception if it fails; see {@link ToolErrors} for what becomes of it
     */
    @Nullable
    Object call(A arguments) throws Exception;
}

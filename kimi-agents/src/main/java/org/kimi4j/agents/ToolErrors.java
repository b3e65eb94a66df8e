package org.kimi4j.agents;

import java.util.concurrent.CompletionException;
import org.kimi4j.chat.ToolCall;

/** What becomes of the exception of a tool: a result that the model is told, or the end of the episode. */
@FunctionalInterface
public interface ToolErrors {

    /** Tells the model the kind and the message of the exception, so that it can try again or explain. */
    ToolErrors TELL = (_, cause) -> cause.getMessage() == null
            ? cause.getClass().getSimpleName()
            : cause.getClass().getSimpleName() + ": " + cause.getMessage();

    /** Ends the episode with the exception; a checked one is the cause of a {@link CompletionException}. */
    ToolErrors RETHROW = (call, cause) -> {
        if (cause instanceof RuntimeException unchecked) {
            throw unchecked;
        }
        throw new CompletionException("tool " + call.name() + ": " + cause.getMessage(), cause);
    };

    /**
     * Called on the thread of the loop, for the calls of a reply in their order.
     *
     * @return what the model is told; {@code Error: } is put before it
     */
    String tell(ToolCall call, Exception cause);
}

package org.kimi4j.error;

import org.jspecify.annotations.Nullable;

/** Prompt and answer together do not fit the context; raised before any work, with the numbers. */
public final class ContextLengthException extends KimiException {

    public ContextLengthException(String message) {
        super(message, null);
    }

    public ContextLengthException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}

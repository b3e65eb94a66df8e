package org.kimi4j.error;

import org.jspecify.annotations.Nullable;

/** A model or session was used after it had been closed. */
public final class ClosedException extends KimiException {

    public ClosedException(String message) {
        super(message, null);
    }

    public ClosedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}

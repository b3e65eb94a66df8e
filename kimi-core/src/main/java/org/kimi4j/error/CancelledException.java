package org.kimi4j.error;

import org.jspecify.annotations.Nullable;

/** The work was stopped by its caller before it was finished. */
public final class CancelledException extends KimiException {

    public CancelledException(String message) {
        super(message, null);
    }

    public CancelledException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}

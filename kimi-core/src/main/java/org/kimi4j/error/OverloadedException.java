package org.kimi4j.error;

import org.jspecify.annotations.Nullable;

/** The queue or the cache budget is full; nothing was started, the caller may try again later. */
public final class OverloadedException extends KimiException {

    public OverloadedException(String message) {
        super(message, null);
    }

    public OverloadedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}

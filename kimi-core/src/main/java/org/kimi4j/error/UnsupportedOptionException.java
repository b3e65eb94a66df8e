package org.kimi4j.error;

import org.jspecify.annotations.Nullable;

/** An option is unknown, out of range or not supported together with another; it is never ignored. */
public final class UnsupportedOptionException extends KimiException {

    public UnsupportedOptionException(String message) {
        super(message, null);
    }

    public UnsupportedOptionException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}

package org.kimi4j.error;

import org.jspecify.annotations.Nullable;

/** The checkpoint is sound but describes something this library does not compute. */
public final class UnsupportedModelException extends KimiException {

    public UnsupportedModelException(String message) {
        super(message, null);
    }

    public UnsupportedModelException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}

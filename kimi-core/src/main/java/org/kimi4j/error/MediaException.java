package org.kimi4j.error;

import org.jspecify.annotations.Nullable;

/** A picture or video could not be read, is too large, or cannot be placed in the prompt. */
public final class MediaException extends KimiException {

    public MediaException(String message) {
        super(message, null);
    }

    public MediaException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}

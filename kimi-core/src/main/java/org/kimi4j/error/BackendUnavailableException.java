package org.kimi4j.error;

import org.jspecify.annotations.Nullable;

/** The kernels asked for cannot run in this JVM or on this machine; the message has the flag or artifact that helps. */
public final class BackendUnavailableException extends KimiException {

    public BackendUnavailableException(String message) {
        super(message, null);
    }

    public BackendUnavailableException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}

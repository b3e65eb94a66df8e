package org.kimi4j.error;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The root of all failures this library reports. Its message names the file or option concerned, what was expected,
 * what was found and what to do about it.
 */
public abstract sealed class KimiException extends RuntimeException
        permits BackendUnavailableException,
                CancelledException,
                CheckpointException,
                ClosedException,
                ContextLengthException,
                MediaException,
                OverloadedException,
                SchemaException,
                UnsupportedModelException,
                UnsupportedOptionException {

    KimiException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** All problems found, one per entry and in full; a single-problem failure has its message here. */
    public List<String> problems() {
        return List.of(getMessage());
    }
}

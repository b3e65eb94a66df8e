package org.kimi4j.error;

import org.jspecify.annotations.Nullable;

/** A JSON schema, pattern or choice cannot be enforced, or a Java type cannot be described by one. */
public final class SchemaException extends KimiException {

    public SchemaException(String message) {
        super(message, null);
    }

    public SchemaException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}

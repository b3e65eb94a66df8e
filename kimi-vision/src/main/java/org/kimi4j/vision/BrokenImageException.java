package org.kimi4j.vision;

import org.jspecify.annotations.Nullable;

/** Why an encoded picture cannot be decoded; the file's name is added where it leaves the library. */
final class BrokenImageException extends Exception {

    private static final long serialVersionUID = 1;

    BrokenImageException(String reason) {
        this(reason, null);
    }

    BrokenImageException(String reason, @Nullable Throwable cause) {
        super(reason, cause);
    }
}

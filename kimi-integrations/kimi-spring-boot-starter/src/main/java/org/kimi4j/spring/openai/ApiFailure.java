package org.kimi4j.spring.openai;

import org.jspecify.annotations.Nullable;
import org.kimi4j.error.BackendUnavailableException;
import org.kimi4j.error.CancelledException;
import org.kimi4j.error.CheckpointException;
import org.kimi4j.error.ClosedException;
import org.kimi4j.error.ContextLengthException;
import org.kimi4j.error.KimiException;
import org.kimi4j.error.MediaException;
import org.kimi4j.error.OverloadedException;
import org.kimi4j.error.SchemaException;
import org.kimi4j.error.UnsupportedModelException;
import org.kimi4j.error.UnsupportedOptionException;

/** A request that is refused or failed, in the words of the protocol. */
final class ApiFailure extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final int status;
    private final String code;
    private final @Nullable String field;

    ApiFailure(int status, String code, @Nullable String field, String message) {
        super(message);
        this.status = status;
        this.code = code;
        this.field = field;
    }

    static ApiFailure field(String field, String message) {
        return new ApiFailure(400, "invalid_value", field, field + ": " + message);
    }

    static ApiFailure of(Throwable failure) {
        return switch (failure) {
            case ApiFailure known -> known;
            case KimiException kimi -> of(kimi);
            default -> new ApiFailure(500, "internal_error", null, "the request failed: " + failure);
        };
    }

    private static ApiFailure of(KimiException failure) {
        String message = failure.getMessage();
        return switch (failure) {
            case OverloadedException _ -> new ApiFailure(429, "rate_limit_exceeded", null, message);
            case ContextLengthException _ -> new ApiFailure(400, "context_length_exceeded", "messages", message);
            case MediaException _ -> new ApiFailure(400, "invalid_image", "messages", message);
            case SchemaException _ -> new ApiFailure(400, "invalid_json_schema", "response_format", message);
            case UnsupportedOptionException _ -> new ApiFailure(400, "invalid_value", place(message), message);
            case ClosedException _ -> new ApiFailure(503, "shutting_down", null, message);
            case CancelledException _ -> new ApiFailure(503, "cancelled", null, message);
            case BackendUnavailableException _ -> new ApiFailure(503, "model_unavailable", null, message);
            case CheckpointException _ -> new ApiFailure(503, "model_unavailable", null, message);
            case UnsupportedModelException _ -> new ApiFailure(503, "model_unavailable", null, message);
        };
    }

    /** Messages of refused options begin with their place. */
    private static @Nullable String place(String message) {
        int colon = message.indexOf(':');
        return colon > 0 && colon < 80 ? message.substring(0, colon) : null;
    }

    int status() {
        return status;
    }

    String code() {
        return code;
    }

    @Nullable
    String field() {
        return field;
    }

    String type() {
        return status == 401 || status == 403
                ? "authentication_error"
                : status == 429 ? "rate_limit_error" : status < 500 ? "invalid_request_error" : "server_error";
    }
}

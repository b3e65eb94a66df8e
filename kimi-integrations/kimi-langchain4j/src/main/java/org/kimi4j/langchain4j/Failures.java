package org.kimi4j.langchain4j;

import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.LangChain4jException;
import dev.langchain4j.exception.NonRetriableException;
import dev.langchain4j.exception.RateLimitException;
import dev.langchain4j.exception.UnsupportedFeatureException;
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

/** Kimi's exceptions as LangChain4j's, by whether asking again may help; the original is always the cause. */
final class Failures {

    private Failures() {}

    static RuntimeException of(RuntimeException failure) {
        return failure instanceof KimiException kimi ? of(kimi) : failure;
    }

    private static LangChain4jException of(KimiException failure) {
        return switch (failure) {
            case OverloadedException e -> new RateLimitException(e.getMessage(), e);
            case ContextLengthException e -> new InvalidRequestException(e.getMessage(), e);
            case MediaException e -> new InvalidRequestException(e.getMessage(), e);
            case SchemaException e -> new InvalidRequestException(e.getMessage(), e);
            case UnsupportedOptionException e -> new InvalidRequestException(e.getMessage(), e);
            case CancelledException e -> new LangChain4jException(e.getMessage(), e);
            case ClosedException e -> new NonRetriableException(e.getMessage(), e);
            case BackendUnavailableException e -> new NonRetriableException(e.getMessage(), e);
            case CheckpointException e -> new NonRetriableException(e.getMessage(), e);
            case UnsupportedModelException e -> new NonRetriableException(e.getMessage(), e);
        };
    }

    /** A feature that is refused, by its name. */
    static UnsupportedFeatureException unsupported(String feature, String remedy) {
        return new UnsupportedFeatureException(
                feature + " not supported by this model" + (remedy.isEmpty() ? "" : ": ") + remedy);
    }
}

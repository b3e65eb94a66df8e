package org.kimi4j.error;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The checkpoint is sound but describes something this library does not compute. */
public final class UnsupportedModelException extends KimiException {

    private final List<String> problems;

    public UnsupportedModelException(String message) {
        this(message, null);
    }

    public UnsupportedModelException(String message, @Nullable Throwable cause) {
        super(message, cause);
        this.problems = List.of(message);
    }

    private UnsupportedModelException(List<String> problems, String message) {
        super(message, null);
        this.problems = problems;
    }

    /** Everything about one subject that is not supported, summed up as in {@link CheckpointException#of}. */
    public static UnsupportedModelException of(String subject, List<String> problems) {
        if (problems.isEmpty()) {
            throw new IllegalArgumentException("no problems of " + subject);
        }
        List<String> all = ProblemSummary.sanitised(problems);
        return new UnsupportedModelException(all, ProblemSummary.message(subject, all));
    }

    @Override
    public List<String> problems() {
        return problems;
    }
}

package org.kimi4j.error;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The files of a checkpoint are missing, damaged or contradict each other. All problems are reported together. */
public final class CheckpointException extends KimiException {

    private final List<String> problems;

    /** One problem, which is the message. */
    public CheckpointException(String message) {
        this(message, (Throwable) null);
    }

    /** One problem and what caused it. */
    public CheckpointException(String message, @Nullable Throwable cause) {
        super(message, cause);
        this.problems = List.of(message);
    }

    /**
     * Several problems.
     *
     * @param summary the message: short enough to read, see {@link #problems()} for everything
     * @param problems every problem in full
     */
    public CheckpointException(String summary, List<String> problems) {
        super(summary, null);
        this.problems = List.copyOf(problems);
    }

    @Override
    public List<String> problems() {
        return problems;
    }
}

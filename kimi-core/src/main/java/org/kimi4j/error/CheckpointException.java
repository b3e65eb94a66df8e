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

    private CheckpointException(List<String> problems, String message) {
        super(message, null);
        this.problems = problems;
    }

    /**
     * All problems of one subject. The message stays under 3,500 characters whatever their number: at most ten problems
     * in full, one of each kind first, the others as counts by kind with layer, expert and shard numbers replaced by
     * {@code *}. {@link #problems()} has every one.
     *
     * @param subject what they are problems of, normally the directory or file
     * @param problems at least one; the first line of each says where, the following lines what was expected, what was
     *     found and the remedy
     */
    public static CheckpointException of(String subject, List<String> problems) {
        if (problems.isEmpty()) {
            throw new IllegalArgumentException("no problems of " + subject);
        }
        List<String> all = ProblemSummary.sanitised(problems);
        return new CheckpointException(all, ProblemSummary.message(subject, all));
    }

    @Override
    public List<String> problems() {
        return problems;
    }
}

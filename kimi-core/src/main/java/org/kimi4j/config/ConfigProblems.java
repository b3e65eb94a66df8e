package org.kimi4j.config;

import java.util.ArrayList;
import java.util.List;
import org.kimi4j.error.CheckpointException;
import org.kimi4j.error.UnsupportedModelException;

/** Everything wrong with one configuration file. */
final class ConfigProblems {

    private final String file;
    private final List<String> problems = new ArrayList<>();
    private boolean damaged;

    ConfigProblems(String file) {
        this.file = file;
    }

    /** The file contradicts itself or its format. */
    void invalid(String key, String problem) {
        damaged = true;
        problems.add(file + ": key " + key + "\n  " + problem);
    }

    /** The file is sound but asks for something that is not computed. */
    void unsupported(String key, String problem) {
        problems.add(file + ": key " + key + "\n  " + problem);
    }

    boolean isEmpty() {
        return problems.isEmpty();
    }

    void throwIfAny(String subject) {
        if (problems.isEmpty()) {
            return;
        }
        if (damaged) {
            throw CheckpointException.of(subject, problems);
        }
        throw UnsupportedModelException.of(subject, problems);
    }
}

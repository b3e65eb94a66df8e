package org.kimi4j.testkit;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * One way to break a checkpoint that {@link TinyCheckpoint#writeWithVision} wrote.
 *
 * @param name what is wrong, in a few words
 * @param mustName what the message of the error must contain: the file, the tensor or key if one is concerned, and where
 *     there is one the remedy
 * @param edit does the damage
 */
public record Damage(String name, List<String> mustName, Edit edit) {

    /** Changes files of a directory. */
    @FunctionalInterface
    public interface Edit {
        void apply(Path directory) throws IOException;

        /** This change, then another. */
        default Edit then(Edit next) {
            return directory -> {
                apply(directory);
                next.apply(directory);
            };
        }
    }

    public Damage {
        mustName = List.copyOf(mustName);
    }

    static Damage of(String name, Edit edit, String... mustName) {
        return new Damage(name, List.of(mustName), edit);
    }

    /** Breaks the checkpoint in this directory. */
    public void apply(Path directory) throws IOException {
        edit.apply(directory);
    }

    /** The name, so that parameterised tests read well. */
    @Override
    public String toString() {
        return name;
    }
}

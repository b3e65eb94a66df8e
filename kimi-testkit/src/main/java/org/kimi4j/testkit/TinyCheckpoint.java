package org.kimi4j.testkit;

import java.io.IOException;
import java.nio.file.Path;

/**
 * The checkpoint most tests want: three layers (one dense), 8 experts with 2 per token, all names, files, encodings and
 * the tokenizer of Kimi K2.5, under 2 MB, seed 42.
 */
public final class TinyCheckpoint {

    private TinyCheckpoint() {}

    /** To be changed before it is written. */
    public static SyntheticCheckpoint configure() {
        return SyntheticCheckpoint.of(ModelShape.tiny());
    }

    /**
     * Writes the text model into a directory, which is created.
     *
     * @return the directory
     */
    public static Path write(Path directory) throws IOException {
        return configure().write(directory);
    }

    /** As {@link #write}, with a vision tower of two blocks and its projector. */
    public static Path writeWithVision(Path directory) throws IOException {
        return configure().vision(true).write(directory);
    }
}

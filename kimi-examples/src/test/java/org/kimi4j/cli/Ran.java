package org.kimi4j.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A command that was run, and what it left. */
record Ran(int exitCode, String out, String err) {

    /** Checkpoints of the reference models, with the logits they should give. */
    static final Path GOLDEN = Path.of("../kimi-core/src/test/golden/models");

    /** Runs a command in pipes. */
    static Ran kimi(String... args) {
        return with("", args);
    }

    /** Runs a command in pipes, with this on standard input. */
    static Ran with(String in, String... args) {
        return with(in, Terminal.Interactive.NONE, args);
    }

    static Ran with(String in, Terminal.Interactive interactive, String... args) {
        return with(in.getBytes(StandardCharsets.UTF_8), interactive, args);
    }

    static Ran with(byte[] in, Terminal.Interactive interactive, String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int exitCode = Main.run(Terminal.of(new ByteArrayInputStream(in), out, err, interactive), args);
        return new Ran(exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }
}

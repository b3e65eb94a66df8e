package org.kimi4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * A file that appears under its name only when it is whole; an owner of the unfinished one, which closing removes. What is
 * there and no ordinary file, /dev/null for example, is written to as it is.
 */
final class NewFile implements AutoCloseable {

    private final Path target;
    private final Path written;

    NewFile(Path target) throws IOException {
        boolean exists = Files.exists(target);
        this.target = exists ? target.toRealPath() : target.toAbsolutePath();
        if (exists && !Files.isRegularFile(target)) {
            this.written = this.target;
            return;
        }
        Path folder = this.target.getParent();
        if (!Files.isDirectory(folder)) {
            throw new CommandFailure(folder + ": no such folder");
        }
        this.written = Files.createFile(folder.resolve(
                this.target.getFileName() + "." + ProcessHandle.current().pid() + ".unfinished"));
    }

    /** Where to write. */
    Path path() {
        return written;
    }

    /** Gives the file its name, replacing another. */
    void finish() throws IOException {
        if (!written.equals(target)) {
            Files.move(written, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        }
    }

    @Override
    public void close() throws IOException {
        if (!written.equals(target)) {
            Files.deleteIfExists(written);
        }
    }
}

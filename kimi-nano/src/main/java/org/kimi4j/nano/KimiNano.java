package org.kimi4j.nano;

import java.io.UncheckedIOException;
import java.nio.file.Path;

/**
 * The bundled model as a checkpoint directory. A resource inside a jar cannot be mapped into memory, so the files are
 * unpacked once into a folder that all programs of the user share.
 */
public final class KimiNano {

    private KimiNano() {}

    /**
     * The directory with the model's files, unpacked if it is not there yet or damaged. The files are compared with their
     * checksums on each call, which reads 8 MB. Safe for all threads and for several processes at once: nobody ever sees a
     * half-written directory.
     *
     * <p>It lies in the folder of the system property {@code kimi.home}, else of the environment variable {@code KIMI_HOME},
     * else {@code kimi4j} in the user's cache folder: {@code $XDG_CACHE_HOME} or {@code ~/.cache}, on macOS
     * {@code ~/Library/Caches}, on Windows {@code %LOCALAPPDATA%}. Its name depends on the model's content, so that
     * versions do not meet.
     *
     * @throws UncheckedIOException if the folder cannot be written; the message names it and the remedy
     */
    public static Path path() {
        return new Unpacker(CacheFolder.choose(System::getProperty, System::getenv)).directory();
    }
}

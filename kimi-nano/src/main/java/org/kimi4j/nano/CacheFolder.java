package org.kimi4j.nano;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Where unpacked files go. */
final class CacheFolder {

    private static final String NAME = "kimi4j";

    private CacheFolder() {}

    /** The folder that properties and environment variables choose; it may not exist yet. */
    static Path choose(UnaryOperator<@Nullable String> property, UnaryOperator<@Nullable String> environment) {
        Optional<String> chosen = given(property.apply("kimi.home")).or(() -> given(environment.apply("KIMI_HOME")));
        return chosen.map(home -> Path.of(home).toAbsolutePath().normalize())
                .orElseGet(() -> userCache(property, environment).resolve(NAME));
    }

    private static Path userCache(
            UnaryOperator<@Nullable String> property, UnaryOperator<@Nullable String> environment) {
        String os = given(property.apply("os.name")).orElse("").toLowerCase(Locale.ROOT);
        if (os.startsWith("windows")) {
            return given(environment.apply("LOCALAPPDATA"))
                    .map(Path::of)
                    .orElseGet(() -> userHome(property).resolve("AppData").resolve("Local"));
        }
        if (os.startsWith("mac")) {
            return userHome(property).resolve("Library").resolve("Caches");
        }
        // A relative path is to be ignored by the base directory specification.
        return given(environment.apply("XDG_CACHE_HOME"))
                .map(Path::of)
                .filter(Path::isAbsolute)
                .orElseGet(() -> userHome(property).resolve(".cache"));
    }

    private static Path userHome(UnaryOperator<@Nullable String> property) {
        // The JVM says "?" for a user without an entry in the password file, as containers have them.
        return given(property.apply("user.home"))
                .filter(home -> !home.equals("?"))
                .map(Path::of)
                .orElseThrow(() -> new UncheckedIOException(new IOException("the bundled model needs a folder to be "
                        + "unpacked to: expected a home folder of the user, found none; set -Dkimi.home or KIMI_HOME to "
                        + "a folder that can be written")));
    }

    private static Optional<String> given(@Nullable String value) {
        return Optional.ofNullable(value).filter(text -> !text.isBlank());
    }
}

package org.kimi4j.examples;

import java.nio.file.Path;
import org.kimi4j.nano.KimiNano;

/** Which model an example runs on. */
final class ExampleModel {

    private ExampleModel() {}

    /** The first argument as a directory, else the bundled model. */
    static Path of(String... args) {
        return args.length > 0 ? Path.of(args[0]) : KimiNano.path();
    }
}

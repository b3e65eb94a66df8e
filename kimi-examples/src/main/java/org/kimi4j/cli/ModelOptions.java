package org.kimi4j.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.kimi4j.Backend;
import org.kimi4j.Kimi;
import org.kimi4j.KimiOptions;
import org.kimi4j.config.KvType;
import org.kimi4j.config.Precision;
import org.kimi4j.nano.KimiNano;
import picocli.CommandLine.Option;

/** How a model is run, for every command that runs one. */
final class ModelOptions {

    /** What {@code --model} calls the bundled model. */
    private static final String BUNDLED = "nano";

    @Option(
            names = "--backend",
            paramLabel = "auto|scalar|vector|native|gpu",
            description = "Kernels that compute; default: auto, or what the property kimi.backend says.")
    private @Nullable Backend backend;

    @Option(names = "--precision", paramLabel = "exact|fast", description = "Arithmetic; default: exact.")
    private @Nullable Precision precision;

    @Option(
            names = "--kv",
            paramLabel = "f32|bf16|i8",
            description = "What the cache stores; default: f32 with exact, bf16 with fast.")
    private @Nullable KvType kv;

    @Option(names = "--threads", paramLabel = "N", description = "Threads that compute; default: one per core.")
    private @Nullable Integer threads;

    /** The options of the library. */
    KimiOptions toOptions() {
        return KimiOptions.DEFAULTS.with(o -> {
            if (backend != null) {
                o.backend(backend);
            }
            if (precision != null) {
                o.precision(precision);
            }
            if (kv != null) {
                o.kvType(kv);
            }
            return threads == null ? o : o.threads(threads);
        });
    }

    /** The directory that a {@code --model} names: a path, a model of the local hub cache, or {@code nano}. */
    static Path locate(String model) {
        return isBundled(model) ? KimiNano.path() : Kimi.locate(model);
    }

    /** Whether a {@code --model} means the bundled model. */
    static boolean isBundled(String model) {
        return model.equals(BUNDLED) && !Files.exists(Path.of(model));
    }
}

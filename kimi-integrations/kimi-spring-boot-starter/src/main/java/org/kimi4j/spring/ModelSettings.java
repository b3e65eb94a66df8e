package org.kimi4j.spring;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.kimi4j.Backend;
import org.kimi4j.Backends;
import org.kimi4j.Kimi;
import org.kimi4j.KimiOptions;
import org.kimi4j.error.KimiException;
import org.kimi4j.error.UnsupportedOptionException;
import org.kimi4j.nano.KimiNano;
import org.springframework.util.ClassUtils;

/** The model's properties, checked as far as can be done without opening it. */
record ModelSettings(Path directory, String name, KimiOptions options) {

    private static final String BUNDLED = "bundled";

    /** @throws WrongPropertyException naming the property */
    static ModelSettings of(KimiProperties p) {
        KimiOptions options = options(p);
        requireBackend(options.backend());
        Path directory = directory(p.path());
        String name = p.name() != null && !p.name().isBlank() ? p.name() : name(p.path(), directory);
        return new ModelSettings(directory, name, options);
    }

    private static String name(@Nullable String path, Path directory) {
        return BUNDLED.equals(path)
                ? "kimi-nano"
                : directory.toAbsolutePath().normalize().getFileName().toString();
    }

    private static Path directory(@Nullable String path) {
        if (path == null || path.isBlank()) {
            throw new WrongPropertyException(
                    "kimi.path",
                    "not set",
                    "set it to a checkpoint directory, to a model of the local Hugging Face cache"
                            + " (moonshotai/Kimi-K2.5), or to bundled for the small model that comes with the starter");
        }
        if (path.equals(BUNDLED)) {
            if (!ClassUtils.isPresent("org.kimi4j.nano.KimiNano", ModelSettings.class.getClassLoader())) {
                throw new WrongPropertyException(
                        "kimi.path", "is bundled, and no model is on the class path", "add org.kimi4j:kimi-nano");
            }
            return KimiNano.path();
        }
        Path directory;
        try {
            directory = Kimi.locate(path);
        } catch (KimiException | IllegalArgumentException e) {
            throw new WrongPropertyException("kimi.path", String.valueOf(e.getMessage()), "set it to a checkpoint");
        }
        if (!Files.isRegularFile(directory.resolve("config.json"))) {
            throw new WrongPropertyException(
                    "kimi.path",
                    "expected a directory with config.json and the safetensors files, found "
                            + (Files.isDirectory(directory) ? "no config.json in " : "no directory ")
                            + directory.toAbsolutePath(),
                    "set it to the checkpoint's directory, or to bundled for the small model");
        }
        return directory;
    }

    private static void requireBackend(Backend backend) {
        for (Backends.Status status : Backends.list()) {
            if (status.backend() == backend && status.unusable().isPresent()) {
                throw new WrongPropertyException(
                        "kimi.backend",
                        backend.label() + " cannot be used: "
                                + status.unusable().get(),
                        "do so, or set it to auto");
            }
        }
    }

    private static KimiOptions options(KimiProperties p) {
        try {
            return KimiOptions.DEFAULTS.with(o -> {
                set(o, p.backend(), KimiOptions.Builder::backend);
                set(o, p.precision(), KimiOptions.Builder::precision);
                set(o, p.kvType(), KimiOptions.Builder::kvType);
                set(o, p.threads(), KimiOptions.Builder::threads);
                set(o, p.kvBudget() == null ? null : p.kvBudget().toBytes(), KimiOptions.Builder::kvBudget);
                set(o, p.chunk(), KimiOptions.Builder::chunk);
                set(o, p.maxBatch(), KimiOptions.Builder::maxBatch);
                set(o, p.queueCapacity(), KimiOptions.Builder::queueCapacity);
                set(o, p.perCaller(), KimiOptions.Builder::perCaller);
                set(o, p.chatFormat(), KimiOptions.Builder::chatFormat);
                return o;
            });
        } catch (UnsupportedOptionException e) {
            throw WrongPropertyException.ofOption("kimi.", e);
        }
    }

    private static <T> void set(
            KimiOptions.Builder options,
            @Nullable T value,
            BiFunction<KimiOptions.Builder, T, KimiOptions.Builder> setter) {
        if (value != null) {
            setter.apply(options, value);
        }
    }
}

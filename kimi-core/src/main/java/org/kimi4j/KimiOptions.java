package org.kimi4j;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.kimi4j.chat.ChatFormat;
import org.kimi4j.chat.MediaOptions;
import org.kimi4j.config.KvType;
import org.kimi4j.config.Precision;
import org.kimi4j.error.UnsupportedOptionException;

/** How a model is opened. Immutable; {@link #DEFAULTS} suit most, {@link #with} changes them. */
public final class KimiOptions {

    /** Everything chosen by the library. */
    public static final KimiOptions DEFAULTS = new Builder().build();

    private static final String BACKEND_PROPERTY = "kimi.backend";

    private final Builder b;

    private KimiOptions(Builder builder) {
        this.b = builder;
    }

    /** These options with changes: {@code KimiOptions.DEFAULTS.with(o -> o.threads(8))}. */
    public KimiOptions with(UnaryOperator<Builder> changes) {
        return changes.apply(new Builder(b)).build();
    }

    /** Which kernels compute; default {@link Backend#AUTO}, or what the property {@code kimi.backend} says. */
    public Backend backend() {
        return b.backend.orElseGet(KimiOptions::ofProperty);
    }

    private static Backend ofProperty() {
        String label = System.getProperty(BACKEND_PROPERTY, Backend.AUTO.label());
        try {
            return Backend.of(label);
        } catch (UnsupportedOptionException e) {
            throw new UnsupportedOptionException("property " + BACKEND_PROPERTY + ": " + e.getMessage(), e);
        }
    }

    /** Which arithmetic; default {@link Precision#EXACT}. */
    public Precision precision() {
        return b.precision;
    }

    /** How the cache stores its values; default F32 with EXACT and BF16 with FAST. */
    public KvType kvType() {
        return b.kvType.orElse(b.precision == Precision.EXACT ? KvType.F32 : KvType.BF16);
    }

    /** Threads that compute; default one per physical core. */
    public OptionalInt threads() {
        return b.threads;
    }

    /** The most bytes of cache for all conversations together; default a quarter of the machine's memory at most. */
    public OptionalLong kvBudget() {
        return b.kvBudget;
    }

    /** Prompt tokens that are read in one pass; default 512. Never changes a result in EXACT. */
    public int chunk() {
        return b.chunk;
    }

    /** Requests whose tokens are computed together; default 8. Never changes a result in EXACT. */
    public int maxBatch() {
        return b.maxBatch;
    }

    /** Requests that may wait; one more is refused. Default 1024. */
    public int queueCapacity() {
        return b.queueCapacity;
    }

    /** Requests of one caller that may wait or run; one more is refused. Default 1024. */
    public int perCaller() {
        return b.perCaller;
    }

    /** The prompt format; default what the checkpoint's files say. */
    public Optional<ChatFormat> chatFormat() {
        return b.chatFormat;
    }

    /**
     * eps of the norms on the query and key-value latents; default 1e-6 as in the official code. Some servers use
     * rms_norm_eps, 1e-5.
     */
    public double latentEps() {
        return b.latentEps;
    }

    /** Whether kernels are compiled beside opening; default for models of more than 1 GB. */
    public Optional<Boolean> warmUp() {
        return b.warmUp;
    }

    /** How pictures and videos are read. */
    public MediaOptions media() {
        return b.media;
    }

    /** Is told what opening is doing; default nobody. Called on the opening thread and on a thread of the library. */
    public Consumer<LoadProgress> progress() {
        return b.progress;
    }

    /** Collects options; each setter checks its value and names the option if it is refused. */
    public static final class Builder {
        private Optional<Backend> backend = Optional.empty();
        private Precision precision = Precision.EXACT;
        private Optional<KvType> kvType = Optional.empty();
        private OptionalInt threads = OptionalInt.empty();
        private OptionalLong kvBudget = OptionalLong.empty();
        private int chunk = 512;
        private int maxBatch = 8;
        private int queueCapacity = 1024;
        private int perCaller = 1024;
        private Optional<ChatFormat> chatFormat = Optional.empty();
        private double latentEps = 1e-6;
        private Optional<Boolean> warmUp = Optional.empty();
        private MediaOptions media = MediaOptions.DEFAULTS;
        private Consumer<LoadProgress> progress = _ -> {};

        private Builder() {}

        private Builder(Builder from) {
            backend = from.backend;
            precision = from.precision;
            kvType = from.kvType;
            threads = from.threads;
            kvBudget = from.kvBudget;
            chunk = from.chunk;
            maxBatch = from.maxBatch;
            queueCapacity = from.queueCapacity;
            perCaller = from.perCaller;
            chatFormat = from.chatFormat;
            latentEps = from.latentEps;
            warmUp = from.warmUp;
            media = from.media;
            progress = from.progress;
        }

        public Builder backend(Backend value) {
            backend = Optional.of(value);
            return this;
        }

        public Builder precision(Precision value) {
            precision = value;
            return this;
        }

        public Builder kvType(KvType value) {
            kvType = Optional.of(value);
            return this;
        }

        public Builder threads(int value) {
            threads = OptionalInt.of(range("threads", value, 1, 4096));
            return this;
        }

        public Builder kvBudget(long bytes) {
            if (bytes < 1) {
                throw new UnsupportedOptionException("kvBudget: expected at least 1 byte, found " + bytes);
            }
            kvBudget = OptionalLong.of(bytes);
            return this;
        }

        public Builder chunk(int tokens) {
            chunk = range("chunk", tokens, 1, 8192);
            return this;
        }

        public Builder maxBatch(int requests) {
            maxBatch = range("maxBatch", requests, 1, 1024);
            return this;
        }

        public Builder queueCapacity(int requests) {
            queueCapacity = range("queueCapacity", requests, 0, 1 << 20);
            return this;
        }

        public Builder perCaller(int requests) {
            perCaller = range("perCaller", requests, 1, 1 << 20);
            return this;
        }

        public Builder chatFormat(ChatFormat value) {
            chatFormat = Optional.of(value);
            return this;
        }

        public Builder latentEps(double value) {
            if (!(value > 0 && value <= 1e-2)) {
                throw new UnsupportedOptionException("latentEps: expected above 0 and at most 0.01, found " + value);
            }
            latentEps = value;
            return this;
        }

        public Builder warmUp(boolean value) {
            warmUp = Optional.of(value);
            return this;
        }

        public Builder media(MediaOptions value) {
            media = value;
            return this;
        }

        public Builder progress(Consumer<LoadProgress> listener) {
            progress = listener;
            return this;
        }

        private static int range(String option, int value, int min, int max) {
            if (value < min || value > max) {
                throw new UnsupportedOptionException(option + ": expected " + min + " to " + max + ", found " + value);
            }
            return value;
        }

        private KimiOptions build() {
            return new KimiOptions(new Builder(this));
        }
    }
}

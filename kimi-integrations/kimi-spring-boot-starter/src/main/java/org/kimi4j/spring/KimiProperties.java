package org.kimi4j.spring;

import org.jspecify.annotations.Nullable;
import org.kimi4j.Backend;
import org.kimi4j.chat.ChatFormat;
import org.kimi4j.config.KvType;
import org.kimi4j.config.Precision;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * The model bean: which checkpoint, and what it may use.
 *
 * @param path checkpoint directory, model of the local Hugging Face cache (moonshotai/Kimi-K2.5), or bundled for the small
 *     model of the artifact kimi-nano
 * @param name what the model is called in responses, meters and the OpenAI endpoint; the directory's name if not set
 * @param load when the model is opened: background opens it beside the application, which refuses traffic until then;
 *     startup makes the application's start wait, and fail if the model cannot be opened
 * @param backend which kernels compute
 * @param precision which arithmetic
 * @param kvType how the cache stores its values; f32 with precision exact and bf16 with fast if not set
 * @param threads threads that compute; one per physical core if not set
 * @param kvBudget the most memory for the caches of all conversations; a quarter of the machine's at most if not set
 * @param chunk prompt tokens that are read in one pass; 512 if not set
 * @param maxBatch requests whose tokens are computed together; 8 if not set
 * @param queueCapacity requests that may wait, one more is refused; 1024 if not set
 * @param perCaller requests of one caller that may wait or run, one more is refused; 1024 if not set
 * @param chatFormat prompt format; what the checkpoint's files say if not set
 */
@ConfigurationProperties("kimi")
public record KimiProperties(
        @Nullable String path,
        @Nullable String name,
        @DefaultValue("background") Load load,
        @Nullable Backend backend,
        @Nullable Precision precision,
        @Nullable KvType kvType,
        @Nullable Integer threads,
        @Nullable DataSize kvBudget,
        @Nullable Integer chunk,
        @Nullable Integer maxBatch,
        @Nullable Integer queueCapacity,
        @Nullable Integer perCaller,
        @Nullable ChatFormat chatFormat) {

    /** When the model is opened. */
    public enum Load {
        /** Beside the application, on a thread of its own. */
        BACKGROUND,
        /** While the application starts. */
        STARTUP
    }
}

package org.kimi4j.spi;

import java.nio.file.Path;
import java.util.Optional;
import org.kimi4j.chat.MediaOptions;
import org.kimi4j.checkpoint.WeightReader;
import org.kimi4j.config.ModelConfig;
import org.kimi4j.kernel.WorkerPool;

/** A media encoder from another artifact. */
public interface MediaEncoderProvider {

    /** Name for messages: the artifact. */
    String name();

    /**
     * Claims the encoder's tensors while the checkpoint is bound.
     *
     * @param reader at the root of the checkpoint
     * @return empty if the checkpoint has none
     */
    Optional<Claimed> claim(WeightReader reader, ModelConfig config);

    /** Tensors that are claimed; an encoder is made of them if the checkpoint is sound. */
    @FunctionalInterface
    interface Claimed {
        MediaEncoder create(Request request);
    }

    /**
     * What an encoder is made of.
     *
     * @param directory of the checkpoint, for preprocessor_config.json
     * @param pool the model's threads
     * @param vector whether the Vector API may be used
     * @param options as the caller gave them
     */
    record Request(Path directory, WorkerPool pool, boolean vector, MediaOptions options) {}
}

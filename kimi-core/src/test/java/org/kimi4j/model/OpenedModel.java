package org.kimi4j.model;

import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.kimi4j.cache.LatentCache;
import org.kimi4j.cache.PagePool;
import org.kimi4j.checkpoint.Checkpoint;
import org.kimi4j.config.KvType;
import org.kimi4j.config.ModelConfig;
import org.kimi4j.expert.MappedExperts;
import org.kimi4j.kernel.Kernels;
import org.kimi4j.kernel.Rows;
import org.kimi4j.tensor.Tensor;
import org.kimi4j.trace.Trace;

/** A text model on given kernels without the engine around it. */
public final class OpenedModel implements AutoCloseable {

    public final ModelConfig config;
    public final Checkpoint checkpoint;
    public final TextWeights weights;
    public final Kernels kernels;
    public final PagePool pool;
    public final TextModel model;

    public OpenedModel(Path directory, Kernels kernels, KvType type, Trace trace) {
        this(directory, kernels, type, trace, UnaryOperator.identity());
    }

    public OpenedModel(Path directory, Kernels kernels, KvType type, Trace trace, UnaryOperator<Kernels> decorate) {
        config = ModelConfig.read(directory);
        checkpoint = Checkpoint.open(directory);
        LayerRange all = new LayerRange(0, config.textConfig().numHiddenLayers());
        weights = checkpoint.bind(r -> TextWeights.read(r.at(config.textPrefix()), config.textConfig(), all));
        this.kernels = kernels;
        model = new TextModel(
                weights, config.textConfig(), new MappedExperts(weights), decorate.apply(kernels), 1e-6, trace);
        pool = new PagePool(model.cacheShape(type), 1L << 30);
    }

    /** Replaces the embedding of some tokens before the first layer. */
    public interface Overwrite {
        void apply(Tensor x, int firstPosition);
    }

    /** Logits of all positions, the prompt taken in chunks. */
    public float[][] logits(int[] tokens, int chunk, Overwrite overwrite) {
        float[][] logits = new float[tokens.length][];
        try (LatentCache cache = pool.newCache()) {
            for (int start = 0; start < tokens.length; start += chunk) {
                int count = Math.min(chunk, tokens.length - start);
                int[] part = java.util.Arrays.copyOfRange(tokens, start, start + count);
                cache.grow(start + count);
                Tensor x = model.embed(part);
                overwrite.apply(x, start);
                model.forward(x, Rows.of(cache, start, count, true), () -> false);
                Tensor result = model.logits(x);
                for (int r = 0; r < count; r++) {
                    logits[start + r] = new float[result.cols()];
                    kernels.read(result, r, logits[start + r]);
                }
                kernels.workspace().release(0);
            }
        }
        return logits;
    }

    public float[][] logits(int[] tokens, int chunk) {
        return logits(tokens, chunk, (_, _) -> {});
    }

    @Override
    public void close() {
        kernels.close();
        pool.close();
        checkpoint.close();
    }
}

package org.kimi4j;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.kimi4j.cache.LatentCache;
import org.kimi4j.chat.ChatMessage;
import org.kimi4j.chat.Prompt;
import org.kimi4j.chat.ReplyParser;
import org.kimi4j.config.TextConfig;
import org.kimi4j.error.CancelledException;
import org.kimi4j.kernel.Kernels;
import org.kimi4j.kernel.Rows;
import org.kimi4j.kernel.WorkerPool;
import org.kimi4j.measure.ModelProbe;
import org.kimi4j.model.TextWeights;
import org.kimi4j.tensor.Tensor;

/** Measuring a model from within. */
final class EngineProbe implements ModelProbe {

    /** Positions filled by one operation: a few hundred KB of tensors. */
    private static final int FILL_ROWS = 512;

    /** Normal values to take rows from; a row begins anywhere. */
    private static final int VALUES = 1 << 16;

    private static final int EMPTY_REGIONS = 20_000;

    private final KimiModel model;
    private final Engine engine;
    private final Kernels kernels;
    private final TextWeights weights;

    EngineProbe(KimiModel model, Engine engine, Kernels kernels, TextWeights weights) {
        this.model = model;
        this.engine = engine;
        this.kernels = kernels;
        this.weights = weights;
    }

    @Override
    public void fill(int[] tokens, long seed) {
        long[] keys = keys(tokens);
        await(engine.call(() -> {
            engine.addIdle(keys, cache -> fill(cache, seed));
            return keys.length;
        }));
    }

    @Override
    public void forget() {
        await(engine.call(() -> {
            engine.clearIdle();
            return 0;
        }));
    }

    /** Latents as the norm leaves them, N(0, 1) times its weights, and keys from N(0, 1). */
    private void fill(LatentCache cache, long seed) {
        TextConfig c = model.config().textConfig();
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[VALUES];
        for (int i = 0; i < VALUES; i++) {
            values[i] = (float) random.nextGaussian();
        }
        Tensor latents = kernels.workspace().allocate(FILL_ROWS, c.kvLoraRank());
        Tensor keys = kernels.workspace().allocate(FILL_ROWS, c.qkRopeHeadDim());
        float[] latent = new float[c.kvLoraRank()];
        float[] key = new float[c.qkRopeHeadDim()];
        for (int layer = 0; layer < weights.range().count(); layer++) {
            float[] norm = norm(layer, latent.length);
            for (int start = 0; start < cache.length(); start += FILL_ROWS) {
                int count = Math.min(FILL_ROWS, cache.length() - start);
                for (int r = 0; r < count; r++) {
                    int from = random.nextInt(VALUES - latent.length);
                    for (int i = 0; i < latent.length; i++) {
                        latent[i] = values[from + i] * norm[i];
                    }
                    System.arraycopy(values, random.nextInt(VALUES - key.length), key, 0, key.length);
                    kernels.write(latents, r, latent);
                    kernels.write(keys, r, key);
                }
                kernels.append(layer, latents.rows(0, count), keys.rows(0, count), Rows.of(cache, start, count, true));
            }
        }
    }

    private float[] norm(int layer, int size) {
        float[] norm = new float[size];
        MemorySegment.copy(
                weights.layer(weights.range().first() + layer)
                        .selfAttn()
                        .kvALayernorm()
                        .values(),
                ValueLayout.JAVA_FLOAT_UNALIGNED,
                0,
                norm,
                0,
                size);
        return norm;
    }

    @Override
    public Timing generate(int[] prompt, int tokens) {
        GenerateOptions options = GenerateOptions.DEFAULTS.with(
                o -> o.thinking(false).temperature(0).maxTokens(tokens));
        Prompt rendered = model.render(List.of(ChatMessage.user("")), List.of(), options);
        PreparedRequest request = new PreparedRequest(
                prompt.clone(),
                keys(prompt),
                List.of(),
                ReplyParser.ofIds(model.tokenizer(), rendered),
                new int[0],
                new int[0],
                tokens,
                ReplyRules.NONE,
                options);
        long submitted = System.nanoTime();
        Generation generation = new Generation(
                request, new Object(), model.config().textConfig().vocabSize(), engine::signal);
        engine.submit(generation);
        Reply reply = new ReplyStream(generation, engine::signal).reply();
        Timings t = reply.timings();
        long first = submitted + t.firstToken().toNanos();
        return new Timing(
                reply.usage().cachedTokens(),
                t.prefillTokens(),
                submitted,
                first,
                t.decodeTokens(),
                first + t.decode().toNanos());
    }

    @Override
    public Dispatch dispatch() {
        Dispatch[] dispatch = new Dispatch[1];
        await(engine.call(() -> {
            WorkerPool pool = kernels.pool();
            long regions = pool.regions();
            long tasks = pool.tasks();
            double nanos = 0;
            for (int run = 0; run < 2; run++) { // the first compiles
                long began = System.nanoTime();
                for (int i = 0; i < EMPTY_REGIONS; i++) {
                    pool.run(pool.threads(), (_, _) -> {});
                }
                nanos = (double) (System.nanoTime() - began) / EMPTY_REGIONS;
            }
            dispatch[0] = new Dispatch(regions, tasks, pool.threads(), 2 * EMPTY_REGIONS, nanos);
            return EMPTY_REGIONS;
        }));
        return dispatch[0];
    }

    private static long[] keys(int[] tokens) {
        long[] keys = new long[tokens.length];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = tokens[i];
        }
        return keys;
    }

    private static void await(CompletableFuture<Integer> done) {
        try {
            done.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancelledException("interrupted while waiting for the engine", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(e.getCause());
        }
    }
}

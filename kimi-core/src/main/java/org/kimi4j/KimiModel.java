package org.kimi4j;

import java.lang.System.Logger.Level;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.kimi4j.cache.PagePool;
import org.kimi4j.chat.ChatInput;
import org.kimi4j.chat.ChatMessage;
import org.kimi4j.chat.ChatTemplate;
import org.kimi4j.chat.Content;
import org.kimi4j.chat.FormatChoice;
import org.kimi4j.chat.ModelFacts;
import org.kimi4j.chat.Prompt;
import org.kimi4j.chat.RenderOptions;
import org.kimi4j.chat.ToolChoice;
import org.kimi4j.chat.ToolSpec;
import org.kimi4j.checkpoint.Checkpoint;
import org.kimi4j.config.GenerationConfig;
import org.kimi4j.config.ModelConfig;
import org.kimi4j.config.TextConfig;
import org.kimi4j.error.ClosedException;
import org.kimi4j.error.KimiException;
import org.kimi4j.expert.MappedExperts;
import org.kimi4j.kernel.Kernels;
import org.kimi4j.measure.ModelProbe;
import org.kimi4j.model.LayerRange;
import org.kimi4j.model.TextModel;
import org.kimi4j.model.TextWeights;
import org.kimi4j.spi.MediaEncoder;
import org.kimi4j.spi.MediaEncoderProvider;
import org.kimi4j.tokenizer.Tokenizer;
import org.kimi4j.tokenizer.Tokenizers;
import org.kimi4j.trace.Trace;

/**
 * An opened checkpoint and everything that computes on it; an owner: closing it ends what runs, stops its threads and
 * unmaps the files. Safe for all threads, meant to be shared.
 */
public final class KimiModel implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger("org.kimi4j");

    private final Path directory;
    private final KimiOptions options;
    private final ModelConfig config;
    private final Checkpoint checkpoint;
    private final TextWeights weights;
    private final Kernels kernels;
    private final PagePool pool;
    private final Optional<MediaEncoder> encoder;
    private final MediaDoor media;
    private final TextModel text;
    private final Engine engine;
    private final Optional<WarmUp> warmUp;
    private final ReentrantLock opening = new ReentrantLock();
    private @Nullable Tokenizer tokenizer;
    private @Nullable ChatTemplate template;
    private @Nullable FormatChoice formatChoice;
    private @Nullable RequestPreparation preparation;
    private final AtomicBoolean closed = new AtomicBoolean();

    /** What is read from the checkpoint under one check that every tensor has one owner. */
    private record Weights(TextWeights text, Optional<MediaEncoderProvider.Claimed> media) {}

    private KimiModel(
            Path directory, KimiOptions options, ModelConfig config, Checkpoint checkpoint, Optional<WarmUp> warmUp) {
        this.directory = directory;
        this.warmUp = warmUp;
        this.options = options;
        this.config = config;
        this.checkpoint = checkpoint;
        TextConfig c = config.textConfig();
        Optional<MediaEncoderProvider> provider = mediaProvider();
        Weights bound = checkpoint.bind(r -> new Weights(
                TextWeights.read(r.at(config.textPrefix()), c, new LayerRange(0, c.numHiddenLayers())),
                provider.flatMap(p -> p.claim(r, config))));
        this.weights = bound.text;
        String name = threadName(directory);
        this.kernels = Backends.choose(options, weights.bytesPerToken(c.numExpertsPerTok()), name);
        try {
            this.text = new TextModel(weights, c, new MappedExperts(weights), kernels, options.latentEps(), Trace.NONE);
            this.pool = new PagePool(text.cacheShape(options.kvType()), kvBudget(text, c));
            this.encoder = bound.media.map(m -> m.create(new MediaEncoderProvider.Request(
                    directory, kernels.pool(), Backends.mayUseVectors(kernels), options.media())));
            this.media = new MediaDoor(
                    encoder.orElse(null),
                    provider.isEmpty()
                            ? "kimi-vision is not on the class path: add the artifact org.kimi4j:kimi-vision"
                            : "the checkpoint " + directory + " has no vision tower");
            this.engine = new Engine(text, kernels, pool, encoder.orElse(null), options, name);
        } catch (RuntimeException | Error e) {
            kernels.close();
            throw e;
        }
    }

    private static String threadName(Path directory) {
        return "kimi-" + directory.getFileName();
    }

    /** Opens a checkpoint directory with default options. */
    public static KimiModel open(Path directory) {
        return open(directory, KimiOptions.DEFAULTS);
    }

    /**
     * Opens a checkpoint directory: maps its files, checks every name, type and shape, reads no weights.
     *
     * @throws org.kimi4j.error.CheckpointException with all problems of the files together
     * @throws org.kimi4j.error.UnsupportedModelException if they describe what is not computed here
     * @throws org.kimi4j.error.BackendUnavailableException if the kernels asked for cannot run here
     */
    public static KimiModel open(Path directory, KimiOptions options) {
        ReplyRecording.LoadEvent recorded = new ReplyRecording.LoadEvent();
        recorded.begin();
        options.progress().accept(new LoadProgress("reading headers", 0, 0));
        ModelConfig config = ModelConfig.read(directory);
        Checkpoint checkpoint = Checkpoint.open(directory);
        Optional<WarmUp> warmUp = Optional.empty();
        KimiModel model;
        try {
            warmUp = WarmUp.start(options, checkpoint, config, threadName(directory));
            model = new KimiModel(directory, options, config, checkpoint, warmUp);
        } catch (RuntimeException | Error e) {
            warmUp.ifPresent(WarmUp::close);
            checkpoint.close();
            throw e;
        }
        try {
            recorded.directory = directory.toString();
            recorded.kernels = model.kernelsName();
            recorded.bytesPerToken = model.bytesPerToken();
            recorded.commit();
            options.progress().accept(new LoadProgress("ready", 1, 1));
            return model;
        } catch (RuntimeException | Error e) {
            model.close();
            throw e;
        }
    }

    private static Optional<MediaEncoderProvider> mediaProvider() {
        return ServiceLoader.load(MediaEncoderProvider.class, MediaEncoderProvider.class.getClassLoader())
                .findFirst();
    }

    /** A quarter of the machine's memory, but no more than eight contexts of full length need. */
    private long kvBudget(TextModel model, TextConfig c) {
        if (options.kvBudget().isPresent()) {
            return options.kvBudget().getAsLong();
        }
        long memory =
                ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean os
                        ? os.getTotalMemorySize()
                        : 4 * Runtime.getRuntime().maxMemory();
        return Math.min(memory / 4, 8 * model.cacheShape(options.kvType()).bytesFor(c.maxPositionEmbeddings()));
    }

    /** The checkpoint directory. */
    public Path directory() {
        return directory;
    }

    /** The options it was opened with. */
    public KimiOptions options() {
        return options;
    }

    /** config.json. */
    public ModelConfig config() {
        return config;
    }

    /** Positions a sequence may have. */
    public int contextLength() {
        return config.textConfig().maxPositionEmbeddings();
    }

    /** Name of the kernels in use, for logs and reports. */
    public String kernelsName() {
        return kernels.name();
    }

    /** Weight bytes that one generated token reads. */
    public long bytesPerToken() {
        return weights.bytesPerToken(config.textConfig().numExpertsPerTok());
    }

    /** The tokenizer, opened when first asked for. */
    public Tokenizer tokenizer() {
        opening.lock();
        try {
            requireOpen();
            if (tokenizer == null) {
                tokenizer = Tokenizers.open(directory);
            }
            return tokenizer;
        } finally {
            opening.unlock();
        }
    }

    /**
     * The prompt format, and why it was chosen.
     *
     * @throws org.kimi4j.error.UnsupportedModelException if the checkpoint's template is unknown and no format was named
     */
    public FormatChoice chatFormat() {
        opening.lock();
        try {
            if (formatChoice == null) {
                formatChoice = options.chatFormat()
                        .map(FormatChoice::named)
                        .orElseGet(() -> ModelFacts.read(directory).format());
                template = new ChatTemplate(formatChoice);
            }
            return formatChoice;
        } finally {
            opening.unlock();
        }
    }

    private RequestPreparation preparation() {
        chatFormat();
        Tokenizer t = tokenizer();
        opening.lock();
        try {
            if (preparation == null) {
                TreeSet<Integer> stop = new TreeSet<>(config.stopTokenIds(
                        GenerationConfig.read(directory, config.textConfig().vocabSize())));
                preparation = new RequestPreparation(t, stop, media, contextLength(), pool.shape(), pool.budgetBytes());
            }
            return preparation;
        } finally {
            opening.unlock();
        }
    }

    /** The prompt of a conversation. */
    public Prompt render(List<? extends ChatMessage> messages, List<ToolSpec> tools, GenerateOptions generate) {
        chatFormat();
        RenderOptions render = (generate.thinking() ? RenderOptions.THINKING : RenderOptions.INSTANT)
                .withPreserveThinking(generate.preserveThinking());
        List<ToolSpec> shown = generate.toolChoice() instanceof ToolChoice.None ? List.of() : tools;
        return template.render(new ChatInput("", List.copyOf(messages), shown, render));
    }

    /**
     * Starts a reply. The prompt is rendered and its pictures are decoded on this thread.
     *
     * @throws org.kimi4j.error.ContextLengthException if prompt and answer do not fit the context
     * @throws org.kimi4j.error.OverloadedException if the queue is full or the cache budget too small
     * @throws org.kimi4j.error.SchemaException if the response format or a strict tool's schema cannot be enforced
     */
    public ReplyStream open(List<? extends ChatMessage> messages, List<ToolSpec> tools, GenerateOptions generate) {
        return open(messages, tools, generate, Thread.currentThread());
    }

    /** As the other, on behalf of a thread that counts as the caller if the options name none. */
    ReplyStream open(
            List<? extends ChatMessage> messages, List<ToolSpec> tools, GenerateOptions generate, Thread behalf) {
        requireOpen();
        PreparedRequest request = preparation().prepare(render(messages, tools, generate), tools, generate);
        boolean queued = false;
        try {
            Object caller = generate.caller().isEmpty() ? behalf : generate.caller();
            Generation generation =
                    new Generation(request, caller, config.textConfig().vocabSize(), engine::signal);
            engine.submit(generation);
            queued = true;
            return new ReplyStream(generation, engine::signal);
        } finally {
            if (!queued) {
                request.closeMedia();
            }
        }
    }

    /** Runs a reply on a virtual thread of its own. */
    CompletableFuture<Reply> async(Supplier<ReplyStream> start, Consumer<Delta> listener) {
        CompletableFuture<Reply> future = new CompletableFuture<>();
        Thread.ofVirtual().name("kimi-reply").start(() -> run(future, start, listener));
        return future;
    }

    private static void run(CompletableFuture<Reply> future, Supplier<ReplyStream> start, Consumer<Delta> listener) {
        if (future.isDone()) {
            return;
        }
        try (ReplyStream opened = start.get()) {
            // However the future ends before the reply does, cancelled or by a timeout: nobody waits for the rest.
            future.whenComplete((_, _) -> opened.cancel());
            for (Optional<Delta> next = opened.next(); next.isPresent(); next = opened.next()) {
                listener.accept(next.get());
            }
            future.complete(opened.reply());
        } catch (Throwable e) {
            future.completeExceptionally(e);
        }
    }

    /** A timeline of tokens to work on directly. */
    public Session newSession() {
        return newSession(text);
    }

    /** As {@link #newSession()}, with a look at what is computed on the way. */
    public Session newSession(Session.ActivationListener listener) {
        return newSession(text.withTrace((name, layer, tensor) -> {
            if (listener.wants(name, layer)) {
                float[] values = new float[Math.multiplyExact(tensor.rows(), tensor.cols())];
                float[] row = new float[tensor.cols()];
                for (int r = 0; r < tensor.rows(); r++) {
                    kernels.read(tensor, r, row);
                    System.arraycopy(row, 0, values, r * row.length, row.length);
                }
                listener.activation(name, layer, tensor.rows(), tensor.cols(), values);
            }
        }));
    }

    private Session newSession(TextModel text) {
        requireOpen();
        return new Session(engine, text, kernels, pool.newCache(), config, media);
    }

    /**
     * The vectors that a picture or video becomes, which stand at its pads in the prompt: [vectors, hidden]. Decoded on
     * this thread, encoded on the model's engine, between the requests of others.
     *
     * @throws org.kimi4j.error.MediaException if the media cannot be read, or there is no vision tower
     * @throws org.kimi4j.error.CancelledException if this thread is interrupted
     */
    public float[][] mediaRows(Content item) {
        requireOpen();
        int hidden = config.textConfig().hiddenSize();
        List<float[]> rows = new ArrayList<>();
        List<MediaEncoder.Prepared> items = media.open(List.of(item));
        try {
            MediaDoor.decode(items, (_, _) -> {});
            MediaEncoder.Prepared prepared = items.getFirst();
            for (int chunk = 0; chunk < prepared.tokens().chunkCount(); chunk++) {
                int number = chunk;
                AtomicBoolean cancelled = new AtomicBoolean();
                MediaEncoder.Encoded encoded = Session.await(
                        engine.call(() -> encoder.orElseThrow()
                                .encode(prepared, number, () -> cancelled.get() || engine.isClosing(), (_, _) -> {})),
                        cancelled);
                for (int r = 0; r < encoded.tokens(); r++) {
                    float[] row = new float[hidden];
                    encoded.copyRow(r, row);
                    rows.add(row);
                }
            }
        } finally {
            MediaDoor.close(items);
        }
        return rows.toArray(float[][]::new);
    }

    /** The model as this project's measurements see it; the package of the result is not exported to others. */
    @SuppressWarnings("exports")
    public ModelProbe probe() {
        requireOpen();
        return new EngineProbe(this, engine, kernels, weights);
    }

    /** Counters of the moment. */
    public ModelStats stats() {
        return new ModelStats(
                engine.waitingCount(),
                engine.activeCount(),
                engine.idleTimelines(),
                pool.usedBytes(),
                pool.budgetBytes(),
                kernels.workspace().heldBytes());
    }

    private void requireOpen() {
        if (closed.get()) {
            throw new ClosedException("the model of " + directory + " is closed");
        }
    }

    /**
     * Refuses new work, ends what runs, waits for the pass in hand, then stops the threads and unmaps the files;
     * idempotent.
     */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        engine.close();
        List<AutoCloseable> owned = new ArrayList<>();
        warmUp.ifPresent(owned::add);
        encoder.ifPresent(owned::add);
        owned.add(kernels);
        owned.add(pool);
        if (tokenizer != null) {
            owned.add(tokenizer);
        }
        owned.add(checkpoint);
        for (AutoCloseable part : owned) {
            try {
                part.close();
            } catch (KimiException e) {
                LOG.log(Level.WARNING, "closing " + directory, e);
            } catch (Exception e) {
                throw new IllegalStateException("closing " + directory, e);
            }
        }
    }
}

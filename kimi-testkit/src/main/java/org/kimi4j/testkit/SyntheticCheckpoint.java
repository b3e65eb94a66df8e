package org.kimi4j.testkit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Writes a checkpoint of random weights in the layout of Kimi K2.5: shards, index, config.json, generation_config.json,
 * tokenizer_config.json and tiktoken.model. Same shape and seed, same bytes.
 *
 * <pre>{@code
 * SyntheticCheckpoint.of(ModelShape.k25().with(Size.NUM_HIDDEN_LAYERS, 2))
 *     .seed(42)
 *     .progress((done, total) -> System.err.println(done * 100 / total + " %"))
 *     .write(Path.of("k25-two-layers"));
 * }</pre>
 *
 * <p>Memory stays below 100 MB whatever the size; the true shape with one dense and one MoE layer has 15.5 GB.
 */
public final class SyntheticCheckpoint {

    /** Told from time to time how much is written, from several threads but never at the same moment. */
    @FunctionalInterface
    public interface Progress {
        void bytes(long done, long total);
    }

    private final ModelShape shape;
    private long seed = 42;
    private boolean vision;
    private boolean sparse;
    private boolean textOnly;
    private boolean singleFile;
    private Progress progress = (done, total) -> {};

    private SyntheticCheckpoint(ModelShape shape) {
        shape.check();
        this.shape = shape;
    }

    /** A checkpoint of this shape, with what follows at its default. */
    public static SyntheticCheckpoint of(ModelShape shape) {
        return new SyntheticCheckpoint(shape);
    }

    /** Seed of the weights; 42 by default. */
    public SyntheticCheckpoint seed(long value) {
        seed = value;
        return this;
    }

    /** Whether the vision tower and the projector are written; not by default. */
    public SyntheticCheckpoint vision(boolean value) {
        vision = value;
        return this;
    }

    /** Whether weights are left as holes, which read as zeros: a checkpoint of any size in a moment. */
    public SyntheticCheckpoint sparse(boolean value) {
        sparse = value;
        return this;
    }

    /** The layout of K2-Thinking: names without {@code language_model.}, config.json on one level, no vision. */
    public SyntheticCheckpoint textOnly() {
        textOnly = true;
        return this;
    }

    /** One model.safetensors without an index, instead of shards. */
    public SyntheticCheckpoint singleFile() {
        singleFile = true;
        return this;
    }

    /** Who is told how far writing is. */
    public SyntheticCheckpoint progress(Progress value) {
        progress = value;
        return this;
    }

    /** Every tensor, shard by shard in the order of its data. */
    public List<List<TensorSpec>> shards() {
        List<List<TensorSpec>> shards =
                K25Tensors.shards(shape, textOnly ? "" : "language_model.", vision && !textOnly);
        return singleFile ? List.of(shards.stream().flatMap(List::stream).toList()) : shards;
    }

    /** Bytes of all tensors. */
    public long tensorBytes() {
        return bytes(shards().stream().flatMap(List::stream).toList());
    }

    /** The bytes that {@link #write} gives a tensor; for small tensors. */
    public byte[] data(String name) {
        List<TensorSpec> all = shards().stream().flatMap(List::stream).toList();
        TensorSpec tensor = all.stream()
                .filter(t -> t.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no tensor " + name));
        ByteBuffer bytes =
                ByteBuffer.allocate(Math.toIntExact(tensor.byteSize())).order(ByteOrder.LITTLE_ENDIAN);
        new RandomWeights(seed, all).of(tensor).fill(bytes);
        return bytes.array();
    }

    /**
     * Writes all files into a directory, which is created; files of the same names are replaced.
     *
     * @return the directory
     * @throws IOException if the disk is full, for example; what was written until then is left
     */
    public Path write(Path directory) throws IOException {
        Files.createDirectories(directory);
        List<List<TensorSpec>> shards = shards();
        Map<String, @Nullable Object> weightMap = new LinkedHashMap<>();
        List<SafetensorsWriter> writers = new ArrayList<>();
        try {
            for (int i = 0; i < shards.size(); i++) {
                String name = singleFile
                        ? "model.safetensors"
                        : String.format("model-%05d-of-%06d.safetensors", i + 1, shards.size());
                writers.add(SafetensorsWriter.create(directory.resolve(name), shards.get(i), Map.of("format", "pt")));
                shards.get(i).forEach(tensor -> weightMap.put(tensor.name(), name));
            }
            fill(shards, writers);
        } finally {
            for (SafetensorsWriter writer : writers) {
                writer.close();
            }
        }
        if (!singleFile) {
            Map<String, @Nullable Object> index = new LinkedHashMap<>();
            index.put("metadata", Map.of("total_size", tensorBytes()));
            index.put("weight_map", weightMap);
            write(directory, "model.safetensors.index.json", index);
        }
        return writeConfiguration(directory);
    }

    /**
     * Writes all files but the weights and their index.
     *
     * @return the directory
     */
    public Path writeConfiguration(Path directory) throws IOException {
        Files.createDirectories(directory);
        boolean pictures = vision && !textOnly;
        write(directory, "config.json", textOnly ? ConfigFiles.text(shape) : ConfigFiles.nested(shape, pictures));
        write(directory, "generation_config.json", ConfigFiles.generation(shape));
        write(directory, "tokenizer_config.json", ControlTokens.tokenizerConfig(shape));
        if (pictures) {
            write(directory, "preprocessor_config.json", ConfigFiles.preprocessor(shape));
        }
        SyntheticRanks.write(directory.resolve("tiktoken.model"), shape.get(Size.VOCAB_SIZE) - ControlTokens.COUNT);
        return directory;
    }

    private static void write(Path directory, String name, Map<String, ?> content) throws IOException {
        Files.writeString(directory.resolve(name), JsonText.indented(content));
    }

    /** Threads take the next tensor of any shard, so that one large shard keeps all of them busy. */
    private void fill(List<List<TensorSpec>> shards, List<SafetensorsWriter> writers) throws IOException {
        List<TensorSpec> all = shards.stream().flatMap(List::stream).toList();
        RandomWeights weights = new RandomWeights(seed, all);
        Count count = new Count(bytes(all.stream().filter(this::isWritten).toList()), progress);
        try (ExecutorService threads =
                Executors.newFixedThreadPool(Math.min(4, Runtime.getRuntime().availableProcessors()))) {
            List<Future<?>> tasks = new ArrayList<>();
            for (int i = 0; i < shards.size(); i++) {
                SafetensorsWriter writer = writers.get(i);
                for (TensorSpec tensor : shards.get(i)) {
                    if (isWritten(tensor)) {
                        tasks.add(threads.submit(() -> {
                            writer.put(tensor, weights.of(tensor), count::add);
                            return null;
                        }));
                    }
                }
            }
            join(threads, tasks);
        }
    }

    private boolean isWritten(TensorSpec tensor) {
        return !sparse || tensor.name().endsWith(".weight_shape");
    }

    private static void join(ExecutorService threads, List<Future<?>> tasks) throws IOException {
        try {
            for (Future<?> task : tasks) {
                task.get();
            }
        } catch (ExecutionException e) {
            threads.shutdownNow();
            if (e.getCause() instanceof IOException io) {
                throw io;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            threads.shutdownNow();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while writing", e);
        }
    }

    private static long bytes(List<TensorSpec> tensors) {
        return tensors.stream().mapToLong(TensorSpec::byteSize).sum();
    }

    private static final class Count {
        private final long total;
        private final Progress progress;
        private long done;

        Count(long total, Progress progress) {
            this.total = total;
            this.progress = progress;
        }

        synchronized void add(long bytes) {
            done += bytes;
            progress.bytes(done, total);
        }
    }
}

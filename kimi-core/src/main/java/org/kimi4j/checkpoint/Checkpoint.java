package org.kimi4j.checkpoint;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.kimi4j.error.CancelledException;
import org.kimi4j.error.CheckpointException;
import org.kimi4j.error.ClosedException;

/**
 * Owns the mappings of all weight files of a checkpoint directory: close it after the last user of its matrices. Opening
 * reads the index and the headers, never weights. Immutable and thread-safe.
 *
 * <p>Opening does not fail for what the files contain: problems are collected, and {@link #bind} reports them together
 * with those of the names and shapes a model asks for. A checkpoint with problems has no mapping.
 *
 * <p>The files must not be shortened while the checkpoint is open; see {@link SafetensorsFile#map}.
 */
public final class Checkpoint implements AutoCloseable {

    private final ShardScan scan;
    private final Arena arena;
    private final Map<String, MemorySegment> mappings;
    private final List<String> problems;
    private final AtomicBoolean closed = new AtomicBoolean();

    private Checkpoint(ShardScan scan, Arena arena, Map<String, MemorySegment> mappings, List<String> problems) {
        this.scan = scan;
        this.arena = arena;
        this.mappings = mappings;
        this.problems = problems;
    }

    /**
     * Opens the weight files of a directory: those that model.safetensors.index.json names, or the only safetensors file.
     *
     * @throws CheckpointException if there is no such directory
     * @throws org.kimi4j.error.UnsupportedModelException if the names show a format that is not computed with, such as
     *     block FP8
     * @throws CancelledException if the calling thread is interrupted
     */
    public static Checkpoint open(Path directory) {
        ShardScan scan = ShardScan.of(directory);
        ForeignFormat.refuse(directory, scan.tensors().values());
        List<String> problems = new ArrayList<>(scan.problems());
        Arena arena = Arena.ofShared();
        Map<String, MemorySegment> mappings = new HashMap<>();
        try {
            if (problems.isEmpty()) {
                for (SafetensorsFile shard : scan.shards()) {
                    map(shard, arena, mappings, problems);
                }
            }
            return new Checkpoint(scan, arena, Map.copyOf(mappings), List.copyOf(problems));
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    /**
     * The headers of the weight files of a directory, for those who read the data themselves: nothing is mapped.
     *
     * @throws CheckpointException with everything that is wrong with the index and the headers
     * @throws org.kimi4j.error.UnsupportedModelException see {@link #open}
     */
    public static List<SafetensorsFile> headers(Path directory) {
        ShardScan scan = ShardScan.of(directory);
        ForeignFormat.refuse(directory, scan.tensors().values());
        if (!scan.problems().isEmpty()) {
            throw CheckpointException.of(directory.toString(), scan.problems());
        }
        return scan.shards();
    }

    private static void map(
            SafetensorsFile shard, Arena arena, Map<String, MemorySegment> mappings, List<String> problems) {
        try {
            mappings.put(shard.name(), shard.map(arena));
        } catch (ClosedByInterruptException e) {
            throw new CancelledException("opening " + shard.name() + " was interrupted", e);
        } catch (IOException e) {
            problems.add(
                    shard.name() + ": cannot be mapped: " + e.getMessage()
                            + "\n  64-bit address space, or the limit on mappings (vm.max_map_count, ulimit -v), may be too small");
        }
    }

    public Path directory() {
        return scan.directory();
    }

    /** The weight files whose headers could be read, by name. */
    public List<SafetensorsFile> shards() {
        return scan.shards();
    }

    /** All tensors, file by file in the order of their data. */
    public Collection<TensorInfo> tensors() {
        return scan.tensors().values();
    }

    public Optional<TensorInfo> tensor(String name) {
        return Optional.ofNullable(scan.tensors().get(name));
    }

    /** Whether any tensor's name starts so. */
    public boolean hasPrefix(String prefix) {
        return scan.tensors().keySet().stream().anyMatch(name -> name.startsWith(prefix));
    }

    /** Bytes of all tensors, headers not counted. */
    public long tensorBytes() {
        return tensors().stream().mapToLong(TensorInfo::byteSize).sum();
    }

    /** What is wrong with the files themselves; empty for a sound checkpoint. */
    public List<String> problems() {
        return problems;
    }

    /** What is odd about the files but harmless. */
    public List<String> notes() {
        return scan.notes();
    }

    /**
     * Reads weight records, checking that every tensor of the checkpoint has exactly one owner.
     *
     * <pre>{@code
     * TextWeights weights = checkpoint.bind(r -> TextWeights.read(r.at("language_model"), config));
     * }</pre>
     *
     * <p>While {@code read} runs, a tensor that is missing or wrong is noted and stands in as a matrix of [1, 1]; records
     * must therefore not look into matrices while they are read. What was read is handed out only if nothing was wrong.
     *
     * @param read asks the cursor, which starts at the root, for every tensor it owns
     * @throws CheckpointException with all problems of the files, names, types and shapes together
     */
    public <T> T bind(Function<WeightReader, T> read) {
        Binding<T> binding = tryBind(read);
        return binding.weights()
                .orElseThrow(() -> CheckpointException.of(directory().toString(), binding.problems()));
    }

    /** As {@link #bind}, but returns the problems, and what no one claimed by intention, instead of throwing. */
    public <T> Binding<T> tryBind(Function<WeightReader, T> read) {
        requireOpen();
        return new Claims(this).bind(read);
    }

    /**
     * Compares the two numbers in every {@code weight_shape} with the shape of its {@code weight_packed}. Opening and
     * binding take the shapes from the headers and the configuration and check these numbers only in checkpoints of up to
     * {@value Claims#MAX_SHAPES_READ} matrices, because they lie scattered over all files.
     *
     * @return problems, none for a sound checkpoint
     */
    public List<String> verifyShapes() {
        requireOpen();
        return PackedShapes.verify(this);
    }

    /** Parts, patterns and totals of the tensors. */
    public Inspection inspect() {
        return Inspection.of(this);
    }

    /** The data of a tensor, read-only; empty if the checkpoint has problems. */
    public Optional<MemorySegment> data(TensorInfo tensor) {
        MemorySegment mapping = mappings.get(tensor.file());
        return mapping == null ? Optional.empty() : Optional.of(mapping.asSlice(tensor.begin(), tensor.byteSize()));
    }

    /** Whether a tensor may be in what could not be read, which has been reported, so that its absence is no news. */
    boolean mayBeUnread(String name) {
        return !scan.namesAreKnown() || scan.unreadable().contains(name);
    }

    /** The file that a tensor should be named in. */
    String indexName() {
        return scan.indexName();
    }

    /** Memory that lives as long as the mappings. */
    MemorySegment allocate(long bytes) {
        return arena.allocate(bytes, Float.BYTES);
    }

    private void requireOpen() {
        if (closed.get()) {
            throw new ClosedException("checkpoint " + directory() + " is closed");
        }
    }

    /** Unmaps all files. Idempotent; using a matrix of this checkpoint afterwards fails with IllegalStateException. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            arena.close();
        }
    }
}

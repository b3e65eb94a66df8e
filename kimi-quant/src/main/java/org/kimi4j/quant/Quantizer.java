package org.kimi4j.quant;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.kimi4j.checkpoint.Checkpoint;
import org.kimi4j.checkpoint.SafetensorsFile;
import org.kimi4j.checkpoint.TensorInfo;
import org.kimi4j.config.ModelConfig;
import org.kimi4j.error.CancelledException;
import org.kimi4j.error.CheckpointException;
import org.kimi4j.json.Json;
import org.kimi4j.json.JsonFile;
import org.kimi4j.quant.QuantizationReport.Fields;
import org.kimi4j.quant.QuantizationReport.MatrixError;

/**
 * Writes a quantised copy of a checkpoint, in the format of compressed-tensors, which this library runs in place as it
 * runs the original.
 *
 * <pre>{@code
 * QuantizationReport report = Quantizer.of(Path.of("Kimi-K2.5"))
 *     .recipe(Recipe.trunkInt8())
 *     .progress((stage, done, total) -> System.err.println(stage + " " + 100 * done / total + " %"))
 *     .write(Path.of("Kimi-K2.5-trunk-int8"));
 * }</pre>
 *
 * <p>The result has the files of the source under the same names. Weights that the recipe does not name are copied byte
 * for byte. Files are read and written piece by piece at their places, never mapped; memory is about 16 MB per thread.
 *
 * <p>A process may end at any moment: a file gets its name when it is whole, config.json comes last, and the same call
 * goes on where the last one stopped. The same source and recipe give the same bytes, whatever was in between.
 */
public final class Quantizer {

    /** Is told how far quantising is, from several threads but never at the same moment. */
    @FunctionalInterface
    public interface Progress {
        /**
         * One step.
         *
         * @param stage the file in hand
         * @param done bytes of the source that are done with, those of earlier calls included
         * @param total bytes of the source
         */
        void step(String stage, long done, long total);
    }

    private static final int BLOCK_BYTES = 8 << 20;
    private static final long MAX_CONFIG_BYTES = 16L << 20;
    private static final long MAX_REPORT_BYTES = 256L << 20;
    private static final String INDEX = "model.safetensors.index.json";
    /** Files of the source that hold weights in other forms, or are no part of it. */
    private static final List<String> NOT_COPIED =
            List.of(".safetensors", ".bin", ".pt", ".pth", ".gguf", ".npz", ".incomplete", ".lock");

    private final Path source;
    private Recipe recipe = Recipe.trunkInt8();
    private int threads = Math.min(8, Runtime.getRuntime().availableProcessors());
    private int blockBytes = BLOCK_BYTES;
    private long usableBytes = -1;
    private Progress progress = (stage, done, total) -> {};

    private Quantizer(Path source) {
        this.source = source;
    }

    /** For the checkpoint in a directory. */
    public static Quantizer of(Path source) {
        return new Quantizer(source);
    }

    /** What is quantised, and how; {@link Recipe#trunkInt8()} by default. */
    public Quantizer recipe(Recipe value) {
        recipe = value;
        return this;
    }

    /** Threads that compute; by default one per core, at most 8. Changes no bit. */
    public Quantizer threads(int value) {
        if (value < 1) {
            throw new IllegalArgumentException("threads: expected at least 1, found " + value);
        }
        threads = value;
        return this;
    }

    /** Who is told how far quantising is. */
    public Quantizer progress(Progress value) {
        progress = value;
        return this;
    }

    /** Bytes that are read at a time; small ones let tests stop a process within a file. */
    Quantizer blockBytes(int value) {
        blockBytes = value;
        return this;
    }

    /** In place of what the disk has. */
    Quantizer usableBytes(long value) {
        usableBytes = value;
        return this;
    }

    /**
     * Writes the result, or the rest of it.
     *
     * @param result a new or empty folder, or one in which the same was begun or finished
     * @return what was done, earlier calls included
     * @throws CheckpointException if the source is incomplete or damaged, if the folder holds something else, or if the
     *     disk has too little room
     * @throws CancelledException if the calling thread is interrupted
     */
    public QuantizationReport write(Path result) {
        try {
            return new Run(result).all();
        } catch (ClosedByInterruptException e) {
            throw new CancelledException("quantising was interrupted; what is finished is kept, start it again", e);
        } catch (IOException e) {
            throw new CheckpointException(
                    result + ": quantising " + source + " failed: " + e
                            + "; what is finished is kept, start it again when the cause is removed",
                    e);
        }
    }

    /** One call of {@link #write}. */
    private final class Run {
        private final Path result;
        private final List<SafetensorsFile> shards;
        private final ModelConfig config;
        private final TrunkMatrices matrices;
        private final List<ShardPlan> plans;
        private final Map<String, Long> others;
        private final String job;
        private final long totalBytes;
        private long doneBytes;

        Run(Path result) throws IOException {
            this.result = result;
            if (result.toAbsolutePath()
                    .normalize()
                    .startsWith(source.toAbsolutePath().normalize())) {
                throw new CheckpointException(result + ": expected a folder outside of the source " + source);
            }
            shards = Checkpoint.headers(source);
            config = ModelConfig.read(source);
            matrices = TrunkMatrices.of(source.toString(), config, recipe, shards);
            plans = shards.stream()
                    .map(shard -> ShardPlan.of(shard, matrices.quantized()))
                    .toList();
            others = others();
            job = JobFolder.identity(recipe, ModelConfig.json(source), shards, others);
            totalBytes = shards.stream().mapToLong(SafetensorsFile::byteSize).sum();
        }

        QuantizationReport all() throws IOException {
            Path finished = result.resolve(QuantizationReport.FILE);
            if (!Files.exists(result.resolve(JobFolder.NAME)) && Files.exists(finished)) {
                Json.Obj json = JsonFile.read(finished, MAX_REPORT_BYTES);
                if (new Fields(finished, json).text("job").equals(job)) {
                    return QuantizationReport.of(finished, json);
                }
            }
            try (JobFolder folder = JobFolder.open(result, job)) {
                folder.removeUnfinished();
                requireRoom(folder);
                List<MatrixError> errors = new ArrayList<>();
                for (int i = 0; i < plans.size(); i++) {
                    errors.addAll(shard(folder, plans.get(i), shards.get(i)));
                }
                for (String name : others.keySet()) {
                    folder.put(name, Files.readAllBytes(source.resolve(name)));
                }
                if (Files.exists(source.resolve(INDEX))) {
                    folder.put(INDEX, bytes(index()));
                }
                QuantizationReport report = new QuantizationReport(
                        recipe,
                        shards.stream()
                                .flatMap(s -> s.tensors().stream())
                                .mapToLong(TensorInfo::byteSize)
                                .sum(),
                        plans.stream().mapToLong(ShardPlan::tensorBytes).sum(),
                        errors,
                        matrices.kept());
                folder.put(QuantizationReport.FILE, bytes(report.toJson(job)));
                folder.put(ModelConfig.FILE, bytes(config()));
                folder.remove();
                return report;
            }
        }

        private List<MatrixError> shard(JobFolder folder, ShardPlan plan, SafetensorsFile file) throws IOException {
            long before = doneBytes;
            var there = folder.finished(plan.name());
            List<MatrixError> errors = new ArrayList<>();
            if (there.isPresent()) {
                Fields fields = new Fields(result.resolve(JobFolder.NAME), there.get());
                fields.items("matrices").forEach(m -> errors.add(MatrixError.of(new Fields(result, m))));
            } else {
                ShardWriter writer = new ShardWriter(threads, blockBytes, bytes -> advance(plan.name(), bytes));
                var losses = writer.write(plan, source.resolve(plan.name()), folder.unfinished(plan.name()));
                plan.matrices().forEach(m -> errors.add(MatrixError.of(m, losses.get(m.matrix()))));
                Json list =
                        new Json.Arr(errors.stream().map(MatrixError::toJson).toList());
                folder.finish(plan.name(), new Json.Obj(Map.of("matrices", list)));
            }
            doneBytes = before + file.byteSize();
            advance(plan.name(), 0);
            return errors;
        }

        private synchronized void advance(String stage, long bytes) {
            doneBytes += bytes;
            progress.step(stage, doneBytes, totalBytes);
        }

        private void requireRoom(JobFolder folder) throws IOException {
            long needed = plans.stream()
                    .filter(plan -> folder.finished(plan.name()).isEmpty())
                    .mapToLong(ShardPlan::byteSize)
                    .sum();
            needed += others.values().stream().mapToLong(Long::longValue).sum();
            long room =
                    usableBytes >= 0 ? usableBytes : Files.getFileStore(result).getUsableSpace();
            if (needed > room) {
                throw new CheckpointException(String.format(
                        Locale.ROOT,
                        "%s: %.2f GB are still to be written, the disk has %.2f GB left; free some or choose another"
                                + " disk, then start again",
                        result,
                        needed / 1e9,
                        room / 1e9));
            }
        }

        /** Files that are copied as they are, by name, with their sizes. */
        private Map<String, Long> others() throws IOException {
            Map<String, Long> found = new TreeMap<>();
            try (Stream<Path> entries = Files.list(source)) {
                for (Path entry : entries.toList()) {
                    String name = entry.getFileName().toString();
                    boolean ours = name.equals(ModelConfig.FILE)
                            || name.equals(INDEX)
                            || name.equals(QuantizationReport.FILE)
                            || name.startsWith(".");
                    if (!ours
                            && Files.isRegularFile(entry)
                            && NOT_COPIED.stream().noneMatch(name::endsWith)) {
                        found.put(name, Files.size(entry));
                    }
                }
            }
            return found;
        }

        private Json index() {
            Map<String, Json> shardOf = new TreeMap<>();
            for (ShardPlan plan : plans) {
                plan.names().forEach(name -> shardOf.put(name, new Json.Str(plan.name())));
            }
            long bytes = plans.stream().mapToLong(ShardPlan::tensorBytes).sum();
            Map<String, Json> index = new LinkedHashMap<>();
            index.put("metadata", new Json.Obj(Map.of("total_size", Json.Num.of(bytes))));
            index.put("weight_map", new Json.Obj(shardOf));
            return new Json.Obj(index);
        }

        private Json config() {
            Map<String, Integer> packed = new LinkedHashMap<>();
            matrices.quantized().forEach((name, group) -> packed.put(ShardPlan.module(name), group));
            List<String> plain = shards.stream()
                    .flatMap(shard -> shard.tensors().stream())
                    .filter(t -> t.shape().rank() >= 2 && t.name().endsWith(".weight"))
                    .map(t -> ShardPlan.module(t.name()))
                    .filter(module -> !packed.containsKey(module))
                    .toList();
            Json.Obj before = JsonFile.read(source.resolve(ModelConfig.FILE), MAX_CONFIG_BYTES);
            return QuantizedConfig.rewritten(before, !config.textPrefix().isEmpty(), packed, plain);
        }

        private static byte[] bytes(Json json) {
            return (json.write() + "\n").getBytes(StandardCharsets.UTF_8);
        }
    }
}

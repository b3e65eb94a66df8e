package org.kimi4j.quant;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.kimi4j.checkpoint.SafetensorsFile;
import org.kimi4j.error.CheckpointException;
import org.kimi4j.json.Json;
import org.kimi4j.json.JsonFile;

/**
 * The folder {@value #NAME} in an unfinished result: which job it belongs to, and of each finished file the report. A file
 * has its name in the result only when it is whole and its report is here, so that whatever moment a process ends at, the
 * next one knows what is left to do. Locked while it is open; closing unlocks it.
 */
final class JobFolder implements AutoCloseable {

    static final String NAME = ".quantize";
    private static final String JOB = "job";
    private static final long MAX_REPORT_BYTES = 64L << 20;

    private final Path result;
    private final Path folder;
    private final FileChannel lockFile;

    private JobFolder(Path result, FileChannel lockFile) {
        this.result = result;
        this.folder = result.resolve(NAME);
        this.lockFile = lockFile;
    }

    /**
     * Begins a job, or takes up the one that was begun here.
     *
     * @param job names source and recipe
     * @throws CheckpointException if the folder holds something else, or another process is at work on it
     */
    static JobFolder open(Path result, String job) throws IOException {
        Path folder = result.resolve(NAME);
        if (!Files.isDirectory(folder)) {
            try (Stream<Path> entries = Files.exists(result) ? Files.list(result) : Stream.empty()) {
                if (entries.findAny().isPresent()) {
                    throw new CheckpointException(
                            result
                                    + ": expected a new or empty folder, or one in which quantising was begun, found others' files");
                }
            }
        }
        Files.createDirectories(folder);
        JobFolder opened = new JobFolder(result, locked(folder));
        try {
            opened.claim(job);
            return opened;
        } catch (IOException | RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    private static FileChannel locked(Path folder) throws IOException {
        FileChannel channel =
                FileChannel.open(folder.resolve("lock"), StandardOpenOption.WRITE, StandardOpenOption.CREATE);
        try {
            FileLock lock = channel.tryLock();
            if (lock != null) {
                return channel;
            }
        } catch (OverlappingFileLockException e) {
            // Held by this process; the answer is the same.
        } catch (IOException e) {
            channel.close();
            throw e;
        }
        channel.close();
        throw new CheckpointException(folder.getParent() + ": another process is quantising into this folder");
    }

    private void claim(String job) throws IOException {
        Path file = folder.resolve(JOB);
        if (!Files.exists(file)) {
            writeWhole(file, job.getBytes(StandardCharsets.UTF_8));
        } else if (!Files.readString(file).equals(job)) {
            throw new CheckpointException(
                    result + ": was begun with another source or recipe; remove the folder, or" + " choose another");
        }
    }

    /** The report of a file that is finished; empty for one that is not. */
    Optional<Json.Obj> finished(String shard) {
        return Files.exists(result.resolve(shard)) && Files.exists(report(shard))
                ? Optional.of(JsonFile.read(report(shard), MAX_REPORT_BYTES))
                : Optional.empty();
    }

    /** Where to write a file before it is finished. */
    Path unfinished(String shard) {
        return folder.resolve(shard + ".unfinished");
    }

    /** Gives a file its name. */
    void finish(String shard, Json report) throws IOException {
        writeWhole(report(shard), report.write().getBytes(StandardCharsets.UTF_8));
        Files.move(unfinished(shard), result.resolve(shard), StandardCopyOption.ATOMIC_MOVE);
    }

    private Path report(String shard) {
        return folder.resolve(shard + ".json");
    }

    /** Removes what an earlier process left of files it did not finish. */
    void removeUnfinished() throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            for (Path entry :
                    entries.filter(e -> e.toString().endsWith(".unfinished")).toList()) {
                Files.deleteIfExists(entry);
            }
        }
    }

    /** Puts a small file into the result, whole or not at all; the bytes of one that is there do not matter. */
    void put(String name, byte[] content) throws IOException {
        writeWhole(result.resolve(name), content);
    }

    private void writeWhole(Path file, byte[] content) throws IOException {
        Path unfinished = folder.resolve(file.getFileName() + ".unfinished");
        try (FileChannel out = FileChannel.open(
                unfinished,
                StandardOpenOption.WRITE,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING)) {
            var buffer = ByteBuffer.wrap(content);
            while (buffer.hasRemaining()) {
                out.write(buffer);
            }
            out.force(true);
        }
        Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** The result is complete: nothing of the job is left in it. */
    void remove() throws IOException {
        List<Path> all = new ArrayList<>();
        try (Stream<Path> entries = Files.walk(folder)) {
            entries.sorted(Comparator.reverseOrder()).forEach(all::add);
        }
        // The name of the job goes last but for the lock, so that what is left by then is still known as this job's.
        all.sort(Comparator.comparing(p -> p.equals(folder) ? 3 : isLock(p) ? 2 : p.endsWith(JOB) ? 1 : 0));
        for (Path path : all) {
            Files.deleteIfExists(path);
        }
    }

    private static boolean isLock(Path path) {
        return path.endsWith("lock");
    }

    /** What the job is known by: a change of anything the result depends on changes it. */
    static String identity(Recipe recipe, String config, List<SafetensorsFile> shards, Map<String, Long> others) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            digest.update((recipe + "\n" + config + "\n" + others + "\n").getBytes(StandardCharsets.UTF_8));
            for (SafetensorsFile shard : shards) {
                digest.update((shard.name() + " " + shard.byteSize() + " " + shard.tensors() + "\n")
                        .getBytes(StandardCharsets.UTF_8));
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java platform has it
        }
    }

    @Override
    public void close() throws IOException {
        lockFile.close();
    }
}

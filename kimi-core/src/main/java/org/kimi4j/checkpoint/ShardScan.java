package org.kimi4j.checkpoint;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Semaphore;
import org.kimi4j.error.CheckpointException;
import org.kimi4j.json.JsonFile;

/**
 * What the index and the headers of a directory say, and whether they agree.
 *
 * @param tensors by name, file by file in the order of their data
 * @param namesAreKnown false if the index or the only file could not be read, so that nothing can be said to be missing
 * @param unreadable names that no more need be said about: those in files without a readable header or entry for them
 * @param indexName the file whose business it is to name all tensors
 */
record ShardScan(
        Path directory,
        List<SafetensorsFile> shards,
        Map<String, TensorInfo> tensors,
        boolean namesAreKnown,
        Set<String> unreadable,
        String indexName,
        List<String> problems,
        List<String> notes) {

    // Headers are parsed side by side, but a hostile directory of 100 MB headers must not have them all in memory.
    private static final int HEADERS_AT_ONCE = 4;

    static ShardScan of(Path directory) {
        if (!Files.isDirectory(directory)) {
            throw new CheckpointException(directory + ": expected a checkpoint directory, found "
                    + (Files.exists(directory) ? "a file" : "nothing")
                    + "; give the directory that holds config.json and the .safetensors files");
        }
        List<String> problems = new ArrayList<>();
        List<String> notes = new ArrayList<>();
        Path indexFile = directory.resolve(ShardIndex.NAME);
        if (!Files.exists(indexFile)) {
            return withoutIndex(directory, problems, notes);
        }
        Optional<ShardIndex> index = readIndex(indexFile, problems);
        if (index.isEmpty() || index.get().shardOf().isEmpty()) {
            return empty(directory, ShardIndex.NAME, problems);
        }
        return withIndex(directory, index.get(), problems, notes);
    }

    private static Optional<ShardIndex> readIndex(Path file, List<String> problems) {
        try {
            String text = JsonFile.text(file, ShardIndex.MAX_BYTES);
            return Optional.of(ShardIndex.parse(text, problems));
        } catch (CheckpointException e) {
            // The directory is named once, in front of all problems.
            e.problems().forEach(p -> problems.add(p.replace(file.toString(), ShardIndex.NAME)));
            return Optional.empty();
        }
    }

    private static ShardScan empty(Path directory, String indexName, List<String> problems) {
        return new ShardScan(
                directory, List.of(), Map.of(), false, Set.of(), indexName, List.copyOf(problems), List.of());
    }

    private static ShardScan withoutIndex(Path directory, List<String> problems, List<String> notes) {
        List<String> files = weightFiles(directory, problems);
        if (files.size() != 1) {
            problems.add(ShardIndex.NAME + ": file not found\n  " + whatElse(directory, files));
            return empty(directory, ShardIndex.NAME, problems);
        }
        List<SafetensorsFile> shards = readHeaders(directory, files, problems);
        Map<String, TensorInfo> tensors = new LinkedHashMap<>();
        shards.forEach(shard -> shard.tensors().forEach(t -> tensors.put(t.name(), t)));
        if (tensors.isEmpty() && problems.isEmpty()) {
            problems.add(files.getFirst() + ": holds no tensor");
        }
        return new ShardScan(
                directory,
                List.copyOf(shards),
                Collections.unmodifiableMap(tensors),
                !tensors.isEmpty(),
                unreadable(shards),
                files.getFirst(),
                List.copyOf(problems),
                List.copyOf(notes));
    }

    private static String whatElse(Path directory, List<String> safetensors) {
        if (!safetensors.isEmpty()) {
            return "there are " + safetensors.size()
                    + " .safetensors files, which only the index tells how to join; download it too";
        }
        String found = "";
        try (DirectoryStream<Path> entries =
                Files.newDirectoryStream(directory, "*.{gguf,bin,pt,pth,npz,incomplete}")) {
            for (Path entry : entries) {
                found = entry.getFileName().toString();
            }
        } catch (IOException e) {
            return "the directory cannot be listed: " + e.getMessage();
        }
        if (found.endsWith(".incomplete")) {
            return "found " + found + ": a download that has not finished; run it again";
        }
        return "found " + (found.isEmpty() ? "no .safetensors file either" : found + ", a format that is not read")
                + "; download the official checkpoint, for example: hf download moonshotai/Kimi-K2.5";
    }

    private static List<String> weightFiles(Path directory, List<String> problems) {
        Set<String> names = new TreeSet<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, "*.safetensors")) {
            entries.forEach(entry -> names.add(entry.getFileName().toString()));
        } catch (IOException | java.nio.file.DirectoryIteratorException e) {
            problems.add(directory + ": cannot be listed: " + e.getMessage());
        }
        return List.copyOf(names);
    }

    private static ShardScan withIndex(Path directory, ShardIndex index, List<String> problems, List<String> notes) {
        List<String> files = List.copyOf(new TreeSet<>(index.shardOf().values()));
        List<SafetensorsFile> shards = readHeaders(directory, files, problems);
        Set<String> readable = new HashSet<>();
        Map<String, TensorInfo> tensors = new LinkedHashMap<>();
        for (SafetensorsFile shard : shards) {
            readable.add(shard.name());
            for (TensorInfo tensor : shard.tensors()) {
                join(tensor, index, tensors, problems);
            }
        }
        Set<String> unreadable = unreadable(shards);
        index.shardOf().forEach((name, shard) -> {
            if (!readable.contains(shard)) {
                unreadable.add(name);
            } else if (!tensors.containsKey(name) && unreadable.add(name)) {
                problems.add(TensorInfo.where(shard, name) + "\n  " + ShardIndex.NAME
                        + " says it is in this file, the file does not have it; download both again");
            }
        });
        note(directory, index, files, shards, notes);
        return new ShardScan(
                directory,
                List.copyOf(shards),
                Collections.unmodifiableMap(tensors),
                true,
                Collections.unmodifiableSet(unreadable),
                ShardIndex.NAME,
                List.copyOf(problems),
                List.copyOf(notes));
    }

    private static Set<String> unreadable(List<SafetensorsFile> shards) {
        Set<String> names = new HashSet<>();
        shards.forEach(shard -> names.addAll(shard.unreadable()));
        return names;
    }

    private static void join(
            TensorInfo tensor, ShardIndex index, Map<String, TensorInfo> tensors, List<String> problems) {
        TensorInfo other = tensors.putIfAbsent(tensor.name(), tensor);
        String shard = index.shardOf().get(tensor.name());
        if (other != null) {
            problems.add(tensor.where() + "\n  is also in " + other.file() + "; a tensor must be in one file only");
        } else if (shard == null) {
            problems.add(tensor.where() + "\n  is not named by " + ShardIndex.NAME + "; download both again");
        } else if (!shard.equals(tensor.file())) {
            problems.add(tensor.where() + "\n  " + ShardIndex.NAME + " says it is in " + shard
                    + "; download the files again");
        }
    }

    private static void note(
            Path directory, ShardIndex index, List<String> files, List<SafetensorsFile> shards, List<String> notes) {
        long tensorBytes = 0;
        long fileBytes = 0;
        for (SafetensorsFile shard : shards) {
            fileBytes += shard.byteSize();
            tensorBytes +=
                    shard.tensors().stream().mapToLong(TensorInfo::byteSize).sum();
        }
        long stated = index.totalBytes().orElse(tensorBytes);
        if (shards.size() == files.size() && stated != tensorBytes && stated != fileBytes) {
            notes.add(ShardIndex.NAME + ": metadata.total_size is " + stated + ", the tensors have " + tensorBytes
                    + " bytes");
        }
        List<String> others = new ArrayList<>(weightFiles(directory, notes));
        others.removeAll(files);
        if (!others.isEmpty()) {
            notes.add(ShardIndex.NAME + ": does not name " + others.size() + " .safetensors files of the directory, "
                    + others.getFirst() + " for one");
        }
    }

    /** Problems come in the order of the file names, whichever file is read first. */
    private static List<SafetensorsFile> readHeaders(Path directory, List<String> files, List<String> problems) {
        List<List<String>> problemsOf = new ArrayList<>();
        List<Optional<SafetensorsFile>> results = new ArrayList<>(Collections.nCopies(files.size(), Optional.empty()));
        List<Thread> threads = new ArrayList<>();
        Semaphore turns = new Semaphore(HEADERS_AT_ONCE);
        for (int i = 0; i < files.size(); i++) {
            List<String> own = new ArrayList<>();
            problemsOf.add(own);
            int index = i;
            threads.add(Thread.ofVirtual().name("kimi-headers-" + i).start(() -> {
                turns.acquireUninterruptibly();
                try {
                    results.set(index, SafetensorsFile.read(directory.resolve(files.get(index)), own));
                } catch (RuntimeException | OutOfMemoryError e) {
                    own.add(files.get(index) + ": header cannot be read: " + e);
                } finally {
                    turns.release();
                }
            }));
        }
        joinAll(threads);
        problemsOf.forEach(problems::addAll);
        return results.stream().flatMap(Optional::stream).toList();
    }

    private static void joinAll(List<Thread> threads) {
        boolean interrupted = false;
        for (Thread thread : threads) {
            while (true) {
                try {
                    thread.join();
                    break;
                } catch (InterruptedException e) {
                    interrupted = true; // headers take seconds at most; the caller sees the flag afterwards
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}

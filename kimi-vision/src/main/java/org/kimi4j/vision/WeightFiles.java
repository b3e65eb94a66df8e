package org.kimi4j.vision;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Which files a checkpoint consists of, links followed: equal for two openings of the same files, by whatever path, and
 * unequal once one of them was replaced. Nothing of their content is read.
 *
 * @param files shards and configurations
 */
record WeightFiles(Set<Stamp> files) {

    /**
     * A file.
     *
     * @param key what the file system calls it, its real path where it has no such name
     */
    private record Stamp(Object key, long size, FileTime modified) {

        static Stamp of(Path file) throws IOException {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            Object key = attributes.fileKey();
            return new Stamp(key == null ? file.toRealPath() : key, attributes.size(), attributes.lastModifiedTime());
        }
    }

    /** The files of a directory; empty if they cannot be told. */
    static Optional<WeightFiles> of(Path directory) {
        Set<Stamp> files = new HashSet<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(directory, "*.{safetensors,json}")) {
            for (Path file : all) {
                files.add(Stamp.of(file));
            }
        } catch (IOException e) {
            return Optional.empty();
        }
        return Optional.of(new WeightFiles(Set.copyOf(files)));
    }
}

package org.kimi4j.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/** The cache of the Hugging Face hub tools: files by their hash, and snapshots that are links to them. */
public final class HubLayout {

    private HubLayout() {}

    /**
     * Moves the files of a directory into a cache, as if they had been downloaded. Needs a file system with symbolic links.
     *
     * @param root the folder that {@code HF_HUB_CACHE} names
     * @param id for example moonshotai/Kimi-K2.5
     * @param commit the hash of the snapshot, which becomes the one of the main branch
     * @return the folder of the snapshot
     */
    public static Path write(Path root, String id, String commit, Path directory) throws IOException {
        Path model = root.resolve("models--" + id.replace("/", "--"));
        Path blobs = Files.createDirectories(model.resolve("blobs"));
        Path snapshot = Files.createDirectories(model.resolve("snapshots").resolve(commit));
        Files.createDirectories(model.resolve("refs"));
        Files.writeString(model.resolve("refs").resolve("main"), commit);
        List<Path> files;
        try (Stream<Path> list = Files.list(directory)) {
            files = list.filter(Files::isRegularFile).toList();
        }
        for (Path file : files) {
            String name = file.getFileName().toString();
            String hash = sha256(file);
            Files.move(file, blobs.resolve(hash));
            Files.createSymbolicLink(snapshot.resolve(name), Path.of("..", "..", "blobs", hash));
        }
        return snapshot;
    }

    private static String sha256(Path file) throws IOException {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}

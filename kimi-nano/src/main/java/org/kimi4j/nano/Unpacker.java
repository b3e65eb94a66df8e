package org.kimi4j.nano;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** Copies the model out of the jar into a folder, once. */
final class Unpacker {

    private static final String LIST = "checkpoint.sha256";
    private static final String FILES = "checkpoint/";
    private static final long LOCK_WAIT_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final long LOCK_POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
    private static final Object THREADS = new Object();

    private final Path home;

    /** @param home the folder under which the model's directory is made */
    Unpacker(Path home) {
        this.home = home;
    }

    /** The directory with the model's files, all of them as in the jar. */
    Path directory() {
        try {
            String list = new String(resource(LIST), StandardCharsets.UTF_8);
            Map<String, String> hashes = new LinkedHashMap<>();
            list.lines().forEach(line -> hashes.put(line.substring(66), line.substring(0, 64)));
            Path directory = home.resolve("kimi-nano-"
                    + HexFormat.of()
                            .formatHex(sha256().digest(list.getBytes(StandardCharsets.UTF_8)))
                            .substring(0, 12));
            if (!isIntact(directory, hashes)) {
                synchronized (THREADS) {
                    unpackLocked(directory, hashes);
                }
            }
            return directory;
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "cannot unpack the bundled model to " + home + " (" + e
                            + "); set -Dkimi.home or KIMI_HOME to a folder " + "that can be written and has 10 MB free",
                    e);
        }
    }

    private void unpackLocked(Path directory, Map<String, String> hashes) throws IOException {
        Files.createDirectories(home);
        try (FileChannel lock = FileChannel.open(
                home.resolve(".kimi-nano.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            lock(lock);
            // Another process may have done it while this one waited.
            if (!isIntact(directory, hashes)) {
                unpack(directory, hashes);
            }
        }
    }

    /** Waits for other processes, and for other class loaders of this one, which the JVM refuses rather than queues. */
    private static void lock(FileChannel channel) throws IOException {
        long deadline = System.nanoTime() + LOCK_WAIT_NANOS;
        while (true) {
            try {
                channel.lock();
                return;
            } catch (OverlappingFileLockException e) {
                if (System.nanoTime() > deadline) {
                    throw new IOException("another part of this program has held the lock for a minute", e);
                }
                LockSupport.parkNanos(LOCK_POLL_NANOS);
            }
        }
    }

    private void unpack(Path directory, Map<String, String> hashes) throws IOException {
        String unique = UUID.randomUUID().toString();
        Path fresh = Files.createDirectory(home.resolve(".kimi-nano-new-" + unique));
        Path damaged = home.resolve(".kimi-nano-old-" + unique);
        try {
            for (Map.Entry<String, String> file : hashes.entrySet()) {
                copy(file.getKey(), fresh.resolve(file.getKey()), file.getValue());
            }
            try {
                Files.move(directory, damaged, StandardCopyOption.ATOMIC_MOVE);
            } catch (NoSuchFileException _) {
                // The usual case: there was none.
            }
            Files.move(fresh, directory, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            delete(fresh);
            delete(damaged);
        }
    }

    private static void copy(String name, Path target, String hash) throws IOException {
        MessageDigest digest = sha256();
        try (InputStream in = open(FILES + name);
                OutputStream out = new DigestOutputStream(Files.newOutputStream(target), digest)) {
            in.transferTo(out);
        }
        String found = HexFormat.of().formatHex(digest.digest());
        if (!found.equals(hash)) {
            throw new IOException("the artifact kimi-nano is damaged: " + name + ": expected SHA-256 " + hash
                    + ", found " + found + "; download the jar again");
        }
    }

    private static boolean isIntact(Path directory, Map<String, String> hashes) throws IOException {
        if (!Files.isDirectory(directory)) {
            return false;
        }
        for (Map.Entry<String, String> file : hashes.entrySet()) {
            MessageDigest digest = sha256();
            try (InputStream in =
                    new DigestInputStream(Files.newInputStream(directory.resolve(file.getKey())), digest)) {
                in.transferTo(OutputStream.nullOutputStream());
            } catch (NoSuchFileException _) {
                return false;
            }
            if (!HexFormat.of().formatHex(digest.digest()).equals(file.getValue())) {
                return false;
            }
        }
        return true;
    }

    /** Deletes a directory of files. What stays because another program has it open does no harm. */
    private static void delete(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Files.deleteIfExists(file);
            }
            Files.deleteIfExists(directory);
        } catch (IOException _) {
            // Moved away already, or in use.
        }
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = open(name)) {
            return in.readAllBytes();
        }
    }

    private static InputStream open(String name) throws IOException {
        InputStream in = KimiNano.class.getResourceAsStream(name);
        if (in == null) {
            throw new FileNotFoundException(
                    "the artifact kimi-nano is incomplete: expected " + name + " in it; download the jar again");
        }
        return in;
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}

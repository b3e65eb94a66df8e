package org.kimi4j.json;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.kimi4j.error.CheckpointException;

/** Reads the small JSON files of a checkpoint directory, and knows what an unfinished download leaves in their place. */
public final class JsonFile {

    private static final byte[] LFS_POINTER = "version https://git-lfs".getBytes(StandardCharsets.US_ASCII);

    private JsonFile() {}

    /**
     * Reads a file that holds one JSON object.
     *
     * @param maxBytes the largest file that is read at all
     * @throws CheckpointException naming the file, what is wrong with it and the remedy
     */
    public static Json.Obj read(Path file, long maxBytes) {
        try {
            return switch (Json.parse(text(file, maxBytes))) {
                case Json.Obj object -> object;
                case Json.Arr _, Json.Str _, Json.Num _, Json.Bool _, Json.Null _ ->
                    throw new CheckpointException(file + ": expected a JSON object, found another JSON value");
            };
        } catch (Json.SyntaxException e) {
            throw new CheckpointException(file + ": not JSON: " + e.getMessage() + "; download the file again", e);
        }
    }

    /** The whole file as text; faults are reported as {@link #read} reports them. */
    public static String text(Path file, long maxBytes) {
        Optional<String> remnant = remnant(file);
        if (remnant.isPresent()) {
            throw new CheckpointException(file + ": " + remnant.get());
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes((int) Math.min(maxBytes + 1, Integer.MAX_VALUE - 8));
            if (bytes.length > maxBytes) {
                throw new CheckpointException(file + ": larger than " + maxBytes + " bytes, which no such file is");
            }
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new CheckpointException(file + ": not UTF-8 text; download the file again", e);
        } catch (IOException e) {
            throw new CheckpointException(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * Why there is not the file itself at this path, with the remedy: nothing there, a link into a hub cache whose target
     * is missing, a download that has not finished, a Git LFS pointer. Empty when there is a readable file.
     */
    public static Optional<String> remnant(Path file) {
        if (!Files.exists(file)) {
            if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                return Optional.of("is a link to a file that is missing; run the download again");
            }
            return Optional.of(unfinished(file)
                    .map(part -> "not found, a download has not finished (" + part + "); run it again")
                    .orElse("file not found; run the download again"));
        }
        if (!Files.isRegularFile(file)) {
            return Optional.of("is not a regular file");
        }
        if (!Files.isReadable(file)) {
            return Optional.of("no permission to read the file");
        }
        return isLfsPointer(file)
                ? Optional.of("is a Git LFS pointer, not the file itself; run git lfs pull in its directory")
                : Optional.empty();
    }

    /** What the hub tools leave of a download that was broken off: beside the file, or where each tool keeps its parts. */
    private static Optional<Path> unfinished(Path file) {
        Path name = file.getFileName();
        Path folder = file.toAbsolutePath().normalize().getParent();
        Path beside = folder.resolve(name + ".incomplete");
        if (Files.exists(beside)) {
            return Optional.of(beside);
        }
        return firstMatch(folder.resolve(".cache/huggingface/download"), name + ".*incomplete")
                .or(() -> firstMatch(folder.resolve("../../blobs"), "*.incomplete"));
    }

    private static Optional<Path> firstMatch(Path folder, String glob) {
        if (!Files.isDirectory(folder)) {
            return Optional.empty();
        }
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, glob)) {
            for (Path entry : entries) {
                return Optional.of(entry.normalize());
            }
        } catch (IOException | DirectoryIteratorException e) {
            return Optional.empty(); // only a better remedy is lost
        }
        return Optional.empty();
    }

    private static boolean isLfsPointer(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            return Arrays.equals(in.readNBytes(LFS_POINTER.length), LFS_POINTER);
        } catch (IOException e) {
            return false; // whoever reads the file next reports it
        }
    }
}

package org.kimi4j.checkpoint;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.kimi4j.error.CheckpointException;
import org.kimi4j.json.JsonFile;

/**
 * The header of one safetensors file: 8 bytes of header length N, N bytes of JSON, then the data of the tensors. Only the
 * header is read, by positional reads; the data is reached through {@link #map}. Immutable, owns nothing.
 */
public final class SafetensorsFile {

    /** Larger headers are refused; that of the largest official shard is below 1 MB. */
    public static final long MAX_HEADER_BYTES = 100L << 20;

    private final Path path;
    private final long byteSize;
    private final SafetensorsHeader.Content content;

    private SafetensorsFile(Path path, long byteSize, SafetensorsHeader.Content content) {
        this.path = path;
        this.byteSize = byteSize;
        this.content = content;
    }

    /**
     * Reads and checks the header of a file.
     *
     * @throws CheckpointException with everything that is wrong with it
     */
    public static SafetensorsFile open(Path path) {
        List<String> problems = new ArrayList<>();
        Optional<SafetensorsFile> file = read(path, problems);
        if (file.isEmpty() || !problems.isEmpty()) {
            throw CheckpointException.of(path.toString(), problems);
        }
        return file.get();
    }

    /** As {@link #open}, but reports instead of throwing; empty if not even the names of the tensors could be read. */
    static Optional<SafetensorsFile> read(Path path, List<String> problems) {
        String name = path.getFileName().toString();
        Optional<String> remnant = JsonFile.remnant(path);
        if (remnant.isPresent()) {
            problems.add(name + ": " + remnant.get());
            return Optional.empty();
        }
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            return read(path, name, channel, problems);
        } catch (IOException e) {
            problems.add(name + ": cannot be read: " + e);
            return Optional.empty();
        }
    }

    private static Optional<SafetensorsFile> read(Path path, String name, FileChannel channel, List<String> problems)
            throws IOException {
        long size = channel.size();
        if (size < Long.BYTES) {
            problems.add(name + ": expected a safetensors file, found " + size
                    + " bytes; its download has not started or not finished, run it again");
            return Optional.empty();
        }
        long length =
                bytes(channel, 0, Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).getLong();
        if (length < 2 || length > MAX_HEADER_BYTES) {
            problems.add(name + ": expected a header of 2 to " + MAX_HEADER_BYTES + " bytes, found length "
                    + Long.toUnsignedString(length) + "\n  not a safetensors file or a damaged one; download it again");
            return Optional.empty();
        }
        if (length > size - Long.BYTES) {
            problems.add(name + ": expected a header of " + length + " bytes, found a file of " + size
                    + " bytes\n  its download has not finished; run it again");
            return Optional.empty();
        }
        String json;
        try {
            ByteBuffer header = bytes(channel, Long.BYTES, (int) length);
            json = StandardCharsets.UTF_8.newDecoder().decode(header).toString();
        } catch (CharacterCodingException e) {
            problems.add(name + ": header is not UTF-8 text\n  the file is damaged; download it again");
            return Optional.empty();
        }
        long dataStart = Long.BYTES + length;
        return SafetensorsHeader.parse(name, json, dataStart, size - dataStart, problems)
                .map(content -> new SafetensorsFile(path, size, content));
    }

    private static ByteBuffer bytes(FileChannel channel, long position, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, position + buffer.position()) < 0) {
                throw new IOException("the file has become shorter while it was read");
            }
        }
        return buffer.flip();
    }

    /** The file name without its directory. */
    public String name() {
        return path.getFileName().toString();
    }

    /** Bytes of the whole file, header included. */
    public long byteSize() {
        return byteSize;
    }

    /** The tensors in the order of their data. */
    public List<TensorInfo> tensors() {
        return content.tensors();
    }

    /** Names of tensors whose entry in the header makes no sense, which has been reported. */
    Set<String> unreadable() {
        return content.unreadable();
    }

    /** The pairs of {@code __metadata__}; empty if there are none. */
    public Map<String, String> metadata() {
        return content.metadata();
    }

    /**
     * Maps the whole file read-only; {@code begin} and {@code byteSize} of a {@link TensorInfo} index into the result.
     *
     * <p>The file must not be shortened while it is mapped: the operating system answers a read beyond its new end with a
     * fault that Java reports as an {@link InternalError} at some later point. Replacing it by renaming is harmless.
     *
     * @param arena who owns the mapping
     */
    public MemorySegment map(Arena arena) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            if (channel.size() != byteSize) {
                throw new IOException("the file had " + byteSize + " bytes when its header was read and has "
                        + channel.size() + " now");
            }
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, byteSize, arena);
        }
    }
}

package org.kimi4j.testkit;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Owns one safetensors file that is being written: the header at once, tensors in any order and from several threads, at
 * their places. What is not written reads as zeros, and takes no room on a file system that knows holes.
 */
public final class SafetensorsWriter implements AutoCloseable {

    private static final int CHUNK_BYTES = 4 << 20;

    private final FileChannel channel;
    private final Map<String, Long> begins;
    private final long byteSize;

    private SafetensorsWriter(FileChannel channel, Map<String, Long> begins, long byteSize) {
        this.channel = channel;
        this.begins = begins;
        this.byteSize = byteSize;
    }

    /** Writes a whole small file. */
    public static void write(Path file, Map<TensorSpec, byte[]> tensors) throws IOException {
        try (SafetensorsWriter writer = create(file, List.copyOf(tensors.keySet()), Map.of())) {
            for (Map.Entry<TensorSpec, byte[]> tensor : tensors.entrySet()) {
                writer.put(tensor.getKey(), TensorData.of(tensor.getValue()), bytes -> {});
            }
        }
    }

    /**
     * Creates a file of its full length with its header.
     *
     * @param tensors in the order of their data
     * @param metadata becomes {@code __metadata__}, unless empty
     */
    public static SafetensorsWriter create(Path file, List<TensorSpec> tensors, Map<String, String> metadata)
            throws IOException {
        Map<String, @Nullable Object> header = new LinkedHashMap<>();
        if (!metadata.isEmpty()) {
            header.put("__metadata__", metadata);
        }
        Map<String, Long> begins = new LinkedHashMap<>();
        long end = 0;
        for (TensorSpec tensor : tensors) {
            Map<String, @Nullable Object> entry = new LinkedHashMap<>();
            entry.put("dtype", tensor.dtype());
            entry.put("shape", tensor.shape());
            entry.put("data_offsets", List.of(end, end + tensor.byteSize()));
            header.put(tensor.name(), entry);
            begins.put(tensor.name(), end);
            end += tensor.byteSize();
        }
        byte[] json = padded(JsonText.compact(header));
        FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
        try {
            ByteBuffer head = ByteBuffer.allocate(Long.BYTES + json.length).order(ByteOrder.LITTLE_ENDIAN);
            head.putLong(json.length).put(json).flip();
            long dataStart = head.remaining();
            writeFully(channel, head, 0);
            begins.replaceAll((name, begin) -> dataStart + begin);
            if (end > 0) {
                writeFully(channel, ByteBuffer.allocate(1), dataStart + end - 1); // sets the length, leaves a hole
            }
            return new SafetensorsWriter(channel, begins, dataStart + end);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** Spaces up to a multiple of 8, as the format recommends. */
    static byte[] padded(String json) {
        byte[] text = json.getBytes(StandardCharsets.UTF_8);
        byte[] result = java.util.Arrays.copyOf(text, (text.length + 7) / 8 * 8);
        java.util.Arrays.fill(result, text.length, result.length, (byte) ' ');
        return result;
    }

    /** Told how many bytes were written since it was told last. */
    @FunctionalInterface
    public interface BytesWritten {
        void add(long bytes);
    }

    /** Writes one tensor of the header; different ones may be written at the same time. */
    public void put(TensorSpec tensor, TensorData data, BytesWritten written) throws IOException {
        Long begin = begins.get(tensor.name());
        if (begin == null) {
            throw new IllegalArgumentException("tensor " + tensor.name() + " is not in the header");
        }
        // Freed at once: with buffers that wait for the garbage collector, small tensors would pile up gigabytes.
        try (Arena arena = Arena.ofConfined()) {
            int size = Math.clamp(tensor.byteSize(), 1, CHUNK_BYTES);
            ByteBuffer chunk = arena.allocate(size).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
            long end = begin + tensor.byteSize();
            for (long position = begin; position < end; ) {
                chunk.clear().limit((int) Math.min(size, end - position));
                data.fill(chunk);
                chunk.flip();
                int bytes = chunk.remaining();
                writeFully(channel, chunk, position);
                position += bytes;
                written.add(bytes);
            }
        }
    }

    private static void writeFully(FileChannel channel, ByteBuffer bytes, long position) throws IOException {
        long at = position;
        while (bytes.hasRemaining()) {
            at += channel.write(bytes, at);
        }
    }

    /** Bytes of the whole file. */
    public long byteSize() {
        return byteSize;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}

package org.kimi4j.testkit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/** Changes to the files of a checkpoint; each fails if it finds nothing to change. */
final class Edits {

    static final String INDEX = "model.safetensors.index.json";

    private static final String LFS_POINTER = "version https://git-lfs.github.com/spec/v1\n"
            + "oid sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\nsize 9801234567\n";

    private Edits() {}

    static String shard(int number) {
        return String.format("model-%05d-of-000006.safetensors", number);
    }

    /** Replaces the last occurrence of a text in a file. */
    static Damage.Edit text(String file, String from, String to) {
        return directory -> {
            Path path = directory.resolve(file);
            Files.writeString(path, replaced(file, Files.readString(path), from, to));
        };
    }

    private static String replaced(String file, String text, String from, String to) {
        int at = text.lastIndexOf(from);
        if (at < 0) {
            throw new IllegalStateException(file + " has no " + from);
        }
        return text.substring(0, at) + to + text.substring(at + from.length());
    }

    /** Replaces a text in the header of a shard; the data stays as it is. */
    static Damage.Edit header(int shard, String from, String to) {
        return directory -> {
            byte[] file = Files.readAllBytes(directory.resolve(shard(shard)));
            int length = (int) littleEndian(file).getLong();
            String header = new String(file, Long.BYTES, length, StandardCharsets.UTF_8);
            byte[] changed = SafetensorsWriter.padded(
                    replaced(shard(shard), header, from, to).stripTrailing());
            put(directory, shard, changed, Arrays.copyOfRange(file, Long.BYTES + length, file.length));
        };
    }

    /** Replaces the whole header by these bytes. */
    static Damage.Edit wholeHeader(int shard, byte[] header) {
        return directory -> {
            byte[] file = Files.readAllBytes(directory.resolve(shard(shard)));
            int length = (int) littleEndian(file).getLong();
            put(directory, shard, header, Arrays.copyOfRange(file, Long.BYTES + length, file.length));
        };
    }

    private static void put(Path directory, int shard, byte[] header, byte[] data) throws IOException {
        ByteBuffer file =
                ByteBuffer.allocate(Long.BYTES + header.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
        file.putLong(header.length).put(header).put(data);
        Files.write(directory.resolve(shard(shard)), file.array());
    }

    private static ByteBuffer littleEndian(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    static Damage.Edit headerLength(int shard, long length) {
        return directory -> {
            byte[] file = Files.readAllBytes(directory.resolve(shard(shard)));
            littleEndian(file).putLong(length);
            Files.write(directory.resolve(shard(shard)), file);
        };
    }

    /** Gives a tensor another name, in its shard and in the index. */
    static Damage.Edit rename(int shard, String from, String to) {
        String quoted = "\"" + to + "\"";
        return header(shard, "\"" + from + "\"", quoted).then(text(INDEX, "\"" + from + "\"", quoted));
    }

    /** Overwrites the first bytes of a tensor. */
    static Damage.Edit data(int shard, String tensor, byte... bytes) {
        return directory -> {
            byte[] file = Files.readAllBytes(directory.resolve(shard(shard)));
            int length = (int) littleEndian(file).getLong();
            String header = new String(file, Long.BYTES, length, StandardCharsets.UTF_8);
            int name = header.indexOf("\"" + tensor + "\"");
            if (name < 0) {
                throw new IllegalStateException(shard(shard) + " has no " + tensor);
            }
            String mark = "\"data_offsets\":[";
            int from = header.indexOf(mark, name) + mark.length();
            int begin = Integer.parseInt(header.substring(from, header.indexOf(',', from)));
            System.arraycopy(bytes, 0, file, Long.BYTES + length + begin, bytes.length);
            Files.write(directory.resolve(shard(shard)), file);
        };
    }

    /** Keeps the first part of a file: all but some bytes if negative. */
    static Damage.Edit cut(String file, int length) {
        return directory -> {
            byte[] bytes = Files.readAllBytes(directory.resolve(file));
            Files.write(directory.resolve(file), Arrays.copyOf(bytes, length < 0 ? bytes.length + length : length));
        };
    }

    static Damage.Edit half(String file) {
        return directory -> {
            int length = (int) Files.size(directory.resolve(file));
            cut(file, length / 2).apply(directory);
        };
    }

    static Damage.Edit append(String file, byte... bytes) {
        return directory -> Files.write(directory.resolve(file), bytes, StandardOpenOption.APPEND);
    }

    static Damage.Edit content(String file, String text) {
        return directory -> Files.writeString(directory.resolve(file), text);
    }

    static Damage.Edit bytes(String file, byte... bytes) {
        return directory -> Files.write(directory.resolve(file), bytes);
    }

    static Damage.Edit lfsPointer(String file) {
        return content(file, LFS_POINTER);
    }

    static Damage.Edit delete(String file) {
        return directory -> Files.delete(directory.resolve(file));
    }

    static Damage.Edit move(String from, String to) {
        return directory -> Files.move(directory.resolve(from), directory.resolve(to));
    }

    static Damage.Edit folder(String file) {
        return directory -> {
            Files.delete(directory.resolve(file));
            Files.createDirectory(directory.resolve(file));
        };
    }

    static Damage.Edit danglingLink(String file) {
        return directory -> {
            Files.delete(directory.resolve(file));
            Files.createSymbolicLink(directory.resolve(file), Path.of("..", "..", "blobs", "0123456789abcdef"));
        };
    }
}

package org.kimi4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What must hold for any bytes at all: no exception, and what is accepted is sound. */
public final class FuzzTargets {

    private static final List<String> WORDS = List.of(
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            "\"",
            "\"a\"",
            "\"b\"",
            "\"a\":",
            "\"b\":",
            "\"weight_map\":{",
            "\"metadata\":{",
            "\"__metadata__\":{",
            "\"total_size\":",
            "\"x.safetensors\"",
            "\"../x.safetensors\"",
            "\"dir/x.safetensors\"",
            "\"x.bin\"",
            ".safetensors",
            "\"dtype\":\"",
            "\"dtype\":\"F32\"",
            "\"dtype\":\"BF16\"",
            "\"dtype\":\"I32\"",
            "\"shape\":[",
            "\"shape\":[]",
            "\"data_offsets\":[",
            "\"data_offsets\":[0,4]",
            "\"data_offsets\":[4,8]",
            "0",
            "1",
            "4",
            "8",
            "-1",
            "9223372036854775807",
            "18446744073709551616",
            "1e999",
            "0.5",
            "null",
            "true",
            "\\u0000",
            "\\ud800",
            " ");

    private FuzzTargets() {}

    /** Bytes as text in which half of the values are themselves and the others are words that headers and indexes have. */
    public static byte[] spell(byte[] data) {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        for (byte b : data) {
            if (b >= 0) {
                text.write(b);
            } else {
                text.writeBytes(WORDS.get((b & 0x7F) % WORDS.size()).getBytes(StandardCharsets.UTF_8));
            }
        }
        return text.toByteArray();
    }

    /** The bytes are a safetensors file. */
    public static void safetensors(byte[] bytes) throws IOException {
        Path file = Files.createTempFile("fuzz", ".safetensors");
        try {
            Files.write(file, bytes);
            List<String> problems = new ArrayList<>();
            Optional<SafetensorsFile> read = SafetensorsFile.read(file, problems);
            assertThat(read.isPresent() || !problems.isEmpty()).isTrue();
            if (problems.isEmpty()) {
                assertSound(read.orElseThrow(), bytes.length);
            }
        } finally {
            Files.delete(file);
        }
    }

    private static void assertSound(SafetensorsFile file, long length) {
        long end = -1;
        for (TensorInfo tensor : file.tensors()) {
            assertThat(tensor.begin()).isGreaterThanOrEqualTo(8);
            assertThat(end < 0 || tensor.begin() == end).isTrue();
            assertThat(tensor.byteSize())
                    .isEqualTo(tensor.shape().elements() * tensor.dtype().bytes());
            end = tensor.begin() + tensor.byteSize();
        }
        assertThat(end < 0 || end == length).isTrue();
    }

    /** The bytes are a model.safetensors.index.json. */
    public static void index(byte[] bytes) {
        List<String> problems = new ArrayList<>();
        ShardIndex index = ShardIndex.parse(new String(bytes, StandardCharsets.UTF_8), problems);
        for (String shard : index.shardOf().values()) {
            assertThat(Path.of("d").resolve(shard).normalize().getParent()).isEqualTo(Path.of("d"));
            assertThat(shard).endsWith(".safetensors");
        }
        assertThat(!index.shardOf().isEmpty() || !problems.isEmpty()).isTrue();
    }
}

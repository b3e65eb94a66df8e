package org.kimi4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsWriterTest {

    @Test
    void aFileIsLengthThenHeaderThenDataInOrder(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("two.safetensors");
        Map<TensorSpec, byte[]> tensors = new LinkedHashMap<>();
        tensors.put(TensorSpec.of("b \"quoted\"", "U8", 3), new byte[] {1, 2, 3});
        tensors.put(TensorSpec.of("a", "BF16", 1, 2), new byte[] {4, 5, 6, 7});
        SafetensorsWriter.write(file, tensors);

        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        byte[] header = new byte[(int) bytes.getLong()];
        bytes.get(header);
        assertThat(header.length % 8).isZero();
        assertThat(new String(header, StandardCharsets.UTF_8).strip())
                .isEqualTo("{\"b \\\"quoted\\\"\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},"
                        + "\"a\":{\"dtype\":\"BF16\",\"shape\":[1,2],\"data_offsets\":[3,7]}}");
        byte[] data = new byte[bytes.remaining()];
        bytes.get(data);
        assertThat(data).containsExactly(1, 2, 3, 4, 5, 6, 7);
    }
}

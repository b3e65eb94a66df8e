package org.kimi4j.checkpoint;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;

/** Any bytes are either a shard whose tensors lie soundly in it, or problems. */
@Tag("fuzz")
class SafetensorsFuzzTest {

    @FuzzTest(maxDuration = "60s")
    void anyFileIsReadOrRefused(byte[] data) throws IOException {
        if (data.length < 4) {
            return;
        }
        switch (data[0] & 3) {
            case 0 -> FuzzTargets.safetensors(Arrays.copyOfRange(data, 1, data.length));
            default -> {
                // A header of the length it says, and some bytes of tensors after it: most lengths are found by luck only.
                int body = Math.min(data.length - 2, data[1] & 0xFF);
                byte[] header = Arrays.copyOfRange(data, 2, data.length - body);
                header = (data[0] & 3) == 1 ? header : FuzzTargets.spell(header);
                ByteBuffer file =
                        ByteBuffer.allocate(8 + header.length + body).order(ByteOrder.LITTLE_ENDIAN);
                file.putLong(header.length).put(header);
                FuzzTargets.safetensors(file.array());
            }
        }
    }
}

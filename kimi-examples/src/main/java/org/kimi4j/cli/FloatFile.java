package org.kimi4j.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Writes rows of little-endian float32. */
final class FloatFile {

    private FloatFile() {}

    /** Writes rows one after the other into an existing file. */
    static void write(Path file, float[][] rows) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            for (float[] row : rows) {
                ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(row.length, Float.BYTES))
                        .order(ByteOrder.LITTLE_ENDIAN);
                bytes.asFloatBuffer().put(row);
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
            }
        }
    }
}

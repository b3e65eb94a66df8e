package org.kimi4j.testkit;

import java.nio.ByteBuffer;

/** The bytes of one tensor, produced from front to back. */
@FunctionalInterface
public interface TensorData {

    /**
     * Fills the next part of the tensor.
     *
     * @param chunk little-endian; to be filled to its limit; its size is a multiple of 64 bytes unless it is the last one
     */
    void fill(ByteBuffer chunk);

    /** The given bytes. */
    static TensorData of(byte[] bytes) {
        ByteBuffer source = ByteBuffer.wrap(bytes);
        return chunk -> {
            int end = source.position() + chunk.remaining();
            chunk.put(source.duplicate().limit(end));
            source.position(end);
        };
    }
}

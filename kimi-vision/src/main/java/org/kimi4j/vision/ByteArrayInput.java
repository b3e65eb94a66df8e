package org.kimi4j.vision;

import java.io.IOException;
import java.util.Arrays;
import javax.imageio.stream.ImageInputStreamImpl;

/** Bytes in memory as a picture reader wants them, without the copy and the cache of the JDK's own classes. */
final class ByteArrayInput extends ImageInputStreamImpl {

    /** Bytes that a reader may fetch ahead of what it uses. */
    private static final int LOOK_AHEAD = 16;

    private final byte[] data;
    private final boolean strict;

    private ByteArrayInput(byte[] data, boolean strict) {
        this.data = data;
        this.strict = strict;
    }

    /** A stream that ends as streams do. */
    static ByteArrayInput of(byte[] data) {
        return new ByteArrayInput(data, false);
    }

    /**
     * A stream that fails, shortly behind its end, with an exception that is no end of file: for readers that take an end
     * of file for endless zeros and go on decoding them.
     */
    static ByteArrayInput strict(byte[] data) {
        return new ByteArrayInput(Arrays.copyOf(data, data.length + LOOK_AHEAD), true);
    }

    @Override
    public int read() throws IOException {
        checkClosed();
        bitOffset = 0;
        if (streamPos >= data.length) {
            return ended();
        }
        return data[(int) streamPos++] & 0xFF;
    }

    private int ended() throws IOException {
        if (strict) {
            throw new IOException("truncated: the data ends too early");
        }
        return -1;
    }

    @Override
    public int read(byte[] out, int offset, int length) throws IOException {
        checkClosed();
        bitOffset = 0;
        if (length == 0) {
            return 0;
        }
        if (streamPos >= data.length) {
            return ended();
        }
        int count = (int) Math.min(length, data.length - streamPos);
        System.arraycopy(data, (int) streamPos, out, offset, count);
        streamPos += count;
        return count;
    }

    @Override
    public long length() {
        return data.length;
    }
}

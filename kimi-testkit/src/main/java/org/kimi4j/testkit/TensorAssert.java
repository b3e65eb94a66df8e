package org.kimi4j.testkit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** Checks that fail with an {@link AssertionError} saying how far off a result is and where. */
public final class TensorAssert {

    private TensorAssert() {}

    /**
     * Both bounds must hold.
     *
     * @param what named in the error
     * @param maxRmsRelative bound of {@link TensorDifference#rmsRelative}
     * @param maxAbs bound of {@link TensorDifference#maxAbs}
     * @return the difference, for printing
     */
    public static TensorDifference assertClose(
            String what, float[] actual, float[] expected, double maxRmsRelative, double maxAbs) {
        if (actual.length != expected.length) {
            throw new AssertionError(what + ": expected " + expected.length + " values, found " + actual.length);
        }
        TensorDifference difference = TensorDifference.of(actual, expected);
        // Written so that NaN fails.
        if (!(difference.rmsRelative() <= maxRmsRelative) || !(difference.maxAbs() <= maxAbs)) {
            throw new AssertionError(what + ": " + difference + "; bounds are rms relative " + maxRmsRelative
                    + ", max abs " + maxAbs + "; expected " + expected[difference.at()] + ", found "
                    + actual[difference.at()]);
        }
        return difference;
    }

    /** Every value must have the same bits; NaN equals NaN, 0 differs from -0. */
    public static void assertSameBits(String what, float[] actual, float[] expected) {
        if (actual.length != expected.length) {
            throw new AssertionError(what + ": expected " + expected.length + " values, found " + actual.length);
        }
        for (int i = 0; i < actual.length; i++) {
            if (Float.floatToIntBits(actual[i]) != Float.floatToIntBits(expected[i])) {
                throw new AssertionError(what + ": values differ first at " + i + ": expected " + expected[i]
                        + ", found " + actual[i] + "; " + TensorDifference.of(actual, expected));
            }
        }
    }

    /** Reads a file of little-endian 32-bit floats. */
    public static float[] readF32(Path file) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        float[] values = new float[bytes.remaining() / Float.BYTES];
        bytes.asFloatBuffer().get(values);
        return values;
    }
}

package org.kimi4j.quant;

import java.nio.ByteBuffer;
import org.kimi4j.error.CheckpointException;

/**
 * Symmetric INT8 by group, as compressed-tensors packs it: weight = (byte - 128) * scale, the scale a bfloat16. A scale
 * is the largest magnitude of its group over 127, rounded to bfloat16 before anything is divided by it.
 */
final class Int8Codec {

    private static final int MAX_CODE = 127;
    /** The smallest scale: the least normal bfloat16. A group of zeros has it too. */
    private static final float LEAST_SCALE = Float.MIN_NORMAL;

    private final int group;
    private final float[] values;

    // What the rows given since the last take() have lost.
    private double errorSquares;
    private double squares;
    private float maxError;
    private float maxValue;

    /** For rows of so many elements. */
    Int8Codec(int group, int cols) {
        this.group = group;
        this.values = new float[cols];
    }

    /**
     * Quantises one row.
     *
     * @param source at the row, which is passed over: {@code cols} values in BF16, or F32 if {@code wide}
     * @param codes receives one byte per element
     * @param scales receives two bytes per group
     * @param where named with the row if a value is no number
     */
    void row(ByteBuffer source, boolean wide, ByteBuffer codes, ByteBuffer scales, String where, int row) {
        float[] v = values;
        for (int i = 0; i < v.length; i++) {
            v[i] = wide ? source.getFloat() : Float.intBitsToFloat(source.getShort() << 16);
        }
        for (int from = 0; from < v.length; from += group) {
            float largest = 0;
            for (int i = from; i < from + group; i++) {
                largest = Math.max(largest, Math.abs(v[i])); // NaN if one of them is
            }
            if (!Float.isFinite(largest)) {
                throw new CheckpointException(where + ", row " + row + "\n  expected finite numbers, found " + largest
                        + " in columns " + from + " to " + (from + group - 1)
                        + "; the file is damaged or its training diverged, download it again");
            }
            maxValue = Math.max(maxValue, largest);
            scales.putShort(group(v, from, largest, codes));
        }
    }

    /** Writes the codes of one group and returns its scale. */
    private short group(float[] v, int from, float largest, ByteBuffer codes) {
        short bits = toBf16(Math.max(largest / MAX_CODE, LEAST_SCALE));
        float scale = Float.intBitsToFloat(bits << 16);
        float worst = maxError;
        double lost = 0;
        double all = 0;
        for (int i = from; i < from + group; i++) {
            int code = Math.clamp((int) Math.rint(v[i] / scale), -MAX_CODE, MAX_CODE);
            float error = v[i] - code * scale;
            worst = Math.max(worst, Math.abs(error));
            lost += (double) error * error;
            all += (double) v[i] * v[i];
            codes.put((byte) (code + 128));
        }
        maxError = worst;
        errorSquares += lost;
        squares += all;
        return bits;
    }

    /** The loss since the last call. */
    Loss take() {
        Loss loss = new Loss(errorSquares, squares, maxError, maxValue);
        errorSquares = 0;
        squares = 0;
        maxError = 0;
        maxValue = 0;
        return loss;
    }

    /** The nearest bfloat16, ties to even, of a finite number. */
    static short toBf16(float value) {
        int bits = Float.floatToRawIntBits(value);
        return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
    }

    /**
     * What quantising some elements has lost.
     *
     * @param errorSquares sum of the squared differences
     * @param squares sum of the squared weights
     * @param maxError largest difference
     * @param maxValue largest weight
     */
    record Loss(double errorSquares, double squares, float maxError, float maxValue) {

        static final Loss NONE = new Loss(0, 0, 0, 0);

        Loss plus(Loss other) {
            return new Loss(
                    errorSquares + other.errorSquares,
                    squares + other.squares,
                    Math.max(maxError, other.maxError),
                    Math.max(maxValue, other.maxValue));
        }
    }
}

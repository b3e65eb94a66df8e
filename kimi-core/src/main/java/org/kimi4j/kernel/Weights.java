package org.kimi4j.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.kimi4j.tensor.Matrix;

/** Reading single weights: the meaning of each encoding, one element at a time. */
final class Weights {

    static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Weights() {}

    static float bf16(MemorySegment values, long index) {
        return Float.intBitsToFloat(values.get(SHORT, index * 2) << 16);
    }

    /** The nearest bfloat16, ties to even; NaN stays NaN. */
    static short toBf16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) (bits >>> 16 | 0x40);
        }
        return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
    }

    /** Elements {@code from} to {@code from + count} of a row, each exactly as stored. */
    static void row(Matrix w, int row, int from, int count, float[] to, int at) {
        long first = (long) row * w.cols() + from;
        switch (w) {
            case Matrix.F32 f -> {
                for (int i = 0; i < count; i++) {
                    to[at + i] = f.values().get(FLOAT, (first + i) * 4);
                }
            }
            case Matrix.Bf16 b -> {
                for (int i = 0; i < count; i++) {
                    to[at + i] = bf16(b.values(), first + i);
                }
            }
            case Matrix.Int4 q -> {
                for (int i = 0; i < count; i++) {
                    to[at + i] = code(q, first + i) * bf16(q.scales(), (first + i) / Matrix.Int4.GROUP);
                }
            }
            case Matrix.Int8 q -> {
                for (int i = 0; i < count; i++) {
                    to[at + i] = code(q, first + i) * bf16(q.scales(), (first + i) / q.group());
                }
            }
        }
    }

    /** The integer of an INT4 element, -8 to 7. */
    static int code(Matrix.Int4 w, long index) {
        int pair = w.packed().get(ValueLayout.JAVA_BYTE, index >> 1);
        return (pair >> ((index & 1) << 2) & 15) - 8;
    }

    /** The integer of an INT8 element, -128 to 127. */
    static int code(Matrix.Int8 w, long index) {
        return (w.packed().get(ValueLayout.JAVA_BYTE, index) & 0xff) - 128;
    }
}

package org.kimi4j.tensor;

import java.lang.foreign.MemorySegment;

/**
 * An immutable weight [rows, cols] = [out, in], row-major, little-endian, in the encoding of the checkpoint. The memory
 * belongs to the checkpoint that mapped it and may start at any byte.
 */
public sealed interface Matrix {

    int rows();

    int cols();

    /** Bytes of weight data, scales included: what one pass over the matrix reads. */
    long byteSize();

    private static void check(String what, MemorySegment segment, long expectedBytes, int rows, int cols) {
        if (rows < 1 || cols < 1) {
            throw new IllegalArgumentException("matrix of [" + rows + ", " + cols + "]: sizes must be positive");
        }
        if (segment.byteSize() != expectedBytes) {
            throw new IllegalArgumentException(what + " of a matrix [" + rows + ", " + cols + "]: expected "
                    + expectedBytes + " bytes, found " + segment.byteSize());
        }
    }

    /** 32-bit floats. A vector (norm weight, bias) is a matrix of one row. */
    record F32(int rows, int cols, MemorySegment values) implements Matrix {
        public F32 {
            check("values", values, 4L * rows * cols, rows, cols);
        }

        @Override
        public long byteSize() {
            return values.byteSize();
        }
    }

    /** bfloat16: the upper half of a 32-bit float. */
    record Bf16(int rows, int cols, MemorySegment values) implements Matrix {
        public Bf16 {
            check("values", values, 2L * rows * cols, rows, cols);
        }

        @Override
        public long byteSize() {
            return values.byteSize();
        }
    }

    /**
     * Symmetric INT4 in groups of 32 along a row: weight = (nibble - 8) * scale. Byte b of a row holds elements 2b (low
     * nibble) and 2b + 1 (high nibble); scales are bfloat16, [rows, cols / 32].
     */
    record Int4(int rows, int cols, MemorySegment packed, MemorySegment scales) implements Matrix {

        /** Elements that share a scale. */
        public static final int GROUP = 32;

        public Int4 {
            if (cols % GROUP != 0) {
                throw new IllegalArgumentException(
                        "INT4 matrix [" + rows + ", " + cols + "]: cols must be a multiple of " + GROUP);
            }
            check("packed", packed, (long) rows * cols / 2, rows, cols);
            check("scales", scales, 2L * rows * (cols / GROUP), rows, cols);
        }

        @Override
        public long byteSize() {
            return packed.byteSize() + scales.byteSize();
        }
    }

    /**
     * Symmetric INT8 in groups along a row: weight = (byte - 128) * scale, the bytes unsigned as compressed-tensors packs
     * them; scales are bfloat16, [rows, cols / group].
     */
    record Int8(int rows, int cols, int group, MemorySegment packed, MemorySegment scales) implements Matrix {
        public Int8 {
            if (group < 32 || Integer.bitCount(group) != 1 || cols % group != 0) {
                throw new IllegalArgumentException("INT8 matrix [" + rows + ", " + cols + "] in groups of " + group
                        + ": groups must be 32, 64, 128 and so on, and divide cols");
            }
            check("packed", packed, (long) rows * cols, rows, cols);
            check("scales", scales, 2L * rows * (cols / group), rows, cols);
        }

        @Override
        public long byteSize() {
            return packed.byteSize() + scales.byteSize();
        }
    }
}

package org.kimi4j.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import org.kimi4j.tensor.Matrix;

/** Random matrices in every encoding, at any misalignment, from one seed. */
final class RandomWeights {

    enum Encoding {
        F32,
        BF16,
        INT4,
        INT8
    }

    private final SplittableRandom random;
    private final Arena arena;

    RandomWeights(long seed, Arena arena) {
        this.random = new SplittableRandom(seed);
        this.arena = arena;
    }

    float gaussian() {
        return (float) random.nextGaussian();
    }

    float[] row(int cols) {
        float[] row = new float[cols];
        for (int i = 0; i < cols; i++) {
            row[i] = gaussian();
        }
        return row;
    }

    private MemorySegment memory(long bytes, int misalignment) {
        return arena.allocate(bytes + misalignment, 64).asSlice(misalignment, bytes);
    }

    Matrix matrix(Encoding encoding, int rows, int cols, int misalignment) {
        float scale = (float) (1 / Math.sqrt(cols));
        return switch (encoding) {
            case F32 -> vector(rows, cols, scale, misalignment);
            case BF16 -> {
                MemorySegment values = memory(2L * rows * cols, misalignment);
                for (long i = 0; i < (long) rows * cols; i++) {
                    values.set(Weights.SHORT, i * 2, Weights.toBf16(gaussian() * scale));
                }
                yield new Matrix.Bf16(rows, cols, values);
            }
            case INT4 -> {
                MemorySegment packed = memory((long) rows * cols / 2, misalignment);
                for (long i = 0; i < packed.byteSize(); i++) {
                    packed.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt(256));
                }
                yield new Matrix.Int4(rows, cols, packed, scales(rows * (cols / 32), scale / 4, misalignment));
            }
            case INT8 -> {
                MemorySegment packed = memory((long) rows * cols, misalignment);
                for (long i = 0; i < packed.byteSize(); i++) {
                    packed.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt(256));
                }
                int group = cols % 128 == 0 && rows % 2 == 1 ? 128 : 32;
                yield new Matrix.Int8(
                        rows, cols, group, packed, scales(rows * (cols / group), scale / 64, misalignment));
            }
        };
    }

    private MemorySegment scales(int count, float scale, int misalignment) {
        MemorySegment scales = memory(2L * count, misalignment);
        for (int i = 0; i < count; i++) {
            scales.set(Weights.SHORT, 2L * i, Weights.toBf16(scale * (0.5f + random.nextFloat())));
        }
        return scales;
    }

    Matrix.F32 vector(int rows, int cols, float scale, int misalignment) {
        MemorySegment values = memory(4L * rows * cols, misalignment);
        for (long i = 0; i < (long) rows * cols; i++) {
            values.set(Weights.FLOAT, i * 4, gaussian() * scale);
        }
        return new Matrix.F32(rows, cols, values);
    }
}

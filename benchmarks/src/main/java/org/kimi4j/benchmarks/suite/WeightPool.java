package org.kimi4j.benchmarks.suite;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.SplittableRandom;
import org.kimi4j.kernel.GatedMlp;
import org.kimi4j.tensor.Matrix;

/**
 * Weights to draw from, so that every run meets cold ones: a mapped file of real pages with more than 4 GiB of INT4
 * experts in K2.5's shape and a stretch of bfloat16. An owner of the mapping. Written once and kept; a matrix of a
 * measurement is a window of it. For one thread at a time.
 */
public final class WeightPool implements AutoCloseable {

    public static final int HIDDEN = 7_168;
    public static final int INTERMEDIATE = 2_048;

    private static final long PACKED = (long) HIDDEN * INTERMEDIATE / 2;
    private static final long SCALES = (long) HIDDEN * INTERMEDIATE / Matrix.Int4.GROUP * 2;
    /** Bytes of one expert: gate, up and down, each with its scales behind it. */
    public static final long EXPERT_BYTES = 3 * (PACKED + SCALES);

    /** Bytes of the stretch of bfloat16: twice the largest matrix of the slice, the dense layer's. */
    private static final long BF16_BYTES = 640L << 20;

    private static final int CHUNK = 4 << 20;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment memory;
    private final int experts;
    private final long plainBytes;
    private final SplittableRandom random;

    private WeightPool(Path file, int experts, long plainBytes, long seed) throws IOException {
        this.experts = experts;
        this.plainBytes = plainBytes;
        this.random = new SplittableRandom(seed);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            this.memory = channel.map(FileChannel.MapMode.READ_ONLY, 0, size(experts, plainBytes), arena);
        }
    }

    /** Experts that make a pool of more than 4 GiB, too large for any cache. */
    public static int coldExperts() {
        return (int) ((4L << 30) / EXPERT_BYTES) + 1;
    }

    private static long size(int experts, long plainBytes) {
        return experts * EXPERT_BYTES + plainBytes;
    }

    /**
     * Opens the file, which is written if it is missing or has another size, and reads it once so that it is in memory.
     *
     * @param seed of the choices
     */
    public static WeightPool open(Path file, int experts, long seed) throws IOException {
        return open(file, experts, BF16_BYTES, seed);
    }

    /** A pool of two experts and 32 MiB of bfloat16, for what need not be cold. */
    public static WeightPool small(Path file, long seed) throws IOException {
        return open(file, 2, 32L << 20, seed);
    }

    /** As above, with another stretch of bfloat16. */
    static WeightPool open(Path file, int experts, long plainBytes, long seed) throws IOException {
        if (!Files.exists(file) || Files.size(file) != size(experts, plainBytes)) {
            write(file, experts, plainBytes);
        }
        WeightPool pool = new WeightPool(file, experts, plainBytes, seed);
        pool.memory.load();
        return pool;
    }

    private static void write(Path file, int experts, long plainBytes) throws IOException {
        Path unfinished = file.resolveSibling(file.getFileName() + ".unfinished");
        ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
        SplittableRandom words = new SplittableRandom(42);
        try (FileChannel channel = FileChannel.open(
                unfinished,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE)) {
            for (int matrix = 0; matrix < 3 * experts; matrix++) {
                write(channel, chunk, words, PACKED, -1L, 0L);
                // bfloat16 from 2^-8 on, below 2^-7: the exponent is fixed, the fraction random.
                write(channel, chunk, words, SCALES, 0x007f_007f_007f_007fL, 0x3b80_3b80_3b80_3b80L);
            }
            // bfloat16 of either sign, magnitudes from 2^-7 on, below 2^-6.
            write(channel, chunk, words, plainBytes, 0x807f_807f_807f_807fL, 0x3c00_3c00_3c00_3c00L);
        }
        Files.move(unfinished, file, StandardCopyOption.REPLACE_EXISTING);
    }

    private static void write(
            FileChannel channel, ByteBuffer chunk, SplittableRandom words, long bytes, long mask, long set)
            throws IOException {
        for (long left = bytes; left > 0; ) {
            chunk.clear().limit((int) Math.min(CHUNK, left));
            left -= chunk.limit();
            while (chunk.hasRemaining()) {
                chunk.putLong(words.nextLong() & mask | set);
            }
            chunk.flip();
            while (chunk.hasRemaining()) {
                channel.write(chunk);
            }
        }
    }

    public int experts() {
        return experts;
    }

    /** The next choice: different experts, in ascending order. */
    public int[] choose(int count) {
        return random.ints(0, experts).distinct().limit(count).sorted().toArray();
    }

    /** The weights of an expert. */
    public GatedMlp expert(int id) {
        return new GatedMlp(
                int4(id, 0, INTERMEDIATE, HIDDEN),
                int4(id, 1, INTERMEDIATE, HIDDEN),
                int4(id, 2, HIDDEN, INTERMEDIATE));
    }

    private Matrix.Int4 int4(int expert, int which, int rows, int cols) {
        long at = expert * EXPERT_BYTES + which * (PACKED + SCALES);
        return new Matrix.Int4(rows, cols, memory.asSlice(at, PACKED), memory.asSlice(at + PACKED, SCALES));
    }

    /** The next INT4 matrix of an expert's shape; [INTERMEDIATE, HIDDEN], or transposed if it is a down projection. */
    public Matrix.Int4 nextInt4(boolean down) {
        int expert = random.nextInt(experts);
        return down ? int4(expert, 2, HIDDEN, INTERMEDIATE) : int4(expert, random.nextInt(2), INTERMEDIATE, HIDDEN);
    }

    /** The next bfloat16 matrix of any shape that fits, from a random place. */
    public Matrix.Bf16 nextBf16(int rows, int cols) {
        return new Matrix.Bf16(rows, cols, nextPlain(2L * rows * cols));
    }

    /** The next INT8 matrix of any shape that fits, from a random place. */
    public Matrix.Int8 nextInt8(int rows, int cols, int group) {
        long scales = 2L * rows * (cols / group);
        // The stretch of bfloat16 has no two-byte pattern that would be a large or denormal scale.
        return new Matrix.Int8(rows, cols, group, nextPlain((long) rows * cols), nextPlain(scales));
    }

    private MemorySegment nextPlain(long bytes) {
        long room = plainBytes - bytes;
        if (room < 0) {
            throw new IllegalArgumentException(
                    bytes + " bytes of weights: the pool has " + plainBytes + " that are no experts");
        }
        long offset = random.nextLong(room / 64 + 1) * 64;
        return memory.asSlice(experts * EXPERT_BYTES + offset, bytes);
    }

    /** The memory of a matrix: what a pass over it reads. */
    public static List<MemorySegment> memory(Matrix w) {
        return switch (w) {
            case Matrix.F32 f -> List.of(f.values());
            case Matrix.Bf16 b -> List.of(b.values());
            case Matrix.Int4 q -> List.of(q.packed(), q.scales());
            case Matrix.Int8 q -> List.of(q.packed(), q.scales());
        };
    }

    @Override
    public void close() {
        arena.close();
    }
}

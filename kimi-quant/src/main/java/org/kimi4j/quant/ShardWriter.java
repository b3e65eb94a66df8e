package org.kimi4j.quant;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;
import org.kimi4j.checkpoint.TensorInfo;
import org.kimi4j.error.CancelledException;
import org.kimi4j.quant.Int8Codec.Loss;
import org.kimi4j.quant.ShardPlan.Copy;
import org.kimi4j.quant.ShardPlan.Quantized;
import org.kimi4j.tensor.DType;

/**
 * Writes the files of the result, block by block: each block is read from its place of the source and written to its place
 * of the result, by whichever thread is free. Memory is two blocks per thread.
 */
final class ShardWriter {

    /** One block: a stretch to copy, or rows of a matrix. */
    private sealed interface Block {
        record Stretch(long from, long to, int bytes) implements Block {}

        record RowsOf(Quantized matrix, int first, int count) implements Block {}
    }

    private final int threads;
    private final int blockBytes;
    private final LongConsumer progress;

    /**
     * @param blockBytes bytes of the source that are read at a time
     * @param progress is told bytes of the source as they are done with, from several threads
     */
    ShardWriter(int threads, int blockBytes, LongConsumer progress) {
        this.threads = threads;
        this.blockBytes = blockBytes;
        this.progress = progress;
    }

    /**
     * Writes one file completely and makes it durable.
     *
     * @return what each quantised matrix has lost, by name
     * @throws CancelledException if the calling thread is interrupted
     */
    Map<String, Loss> write(ShardPlan plan, Path source, Path target) throws IOException {
        List<Block> blocks = blocks(plan);
        Map<String, Loss[]> losses = new LinkedHashMap<>();
        plan.matrices().forEach(matrix -> losses.put(matrix.matrix(), new Loss[matrix.rows()]));
        try (FileChannel in = FileChannel.open(source, StandardOpenOption.READ);
                FileChannel out = FileChannel.open(
                        target,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING)) {
            writeAll(out, ByteBuffer.wrap(plan.header()), 0);
            for (Quantized matrix : plan.matrices()) {
                writeAll(out, shapeOf(matrix), matrix.shapeAt());
            }
            run(blocks, losses, in, out);
            out.force(true);
        }
        // Summed row by row, whichever thread was first and however the rows were cut into blocks.
        Map<String, Loss> result = new LinkedHashMap<>();
        losses.forEach((matrix, rows) -> {
            Loss sum = Loss.NONE;
            for (Loss row : rows) {
                sum = sum.plus(row);
            }
            result.put(matrix, sum);
        });
        return result;
    }

    private static ByteBuffer shapeOf(Quantized matrix) {
        return ByteBuffer.allocate(2 * Integer.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(matrix.rows())
                .putInt(matrix.cols())
                .flip();
    }

    private List<Block> blocks(ShardPlan plan) {
        List<Block> blocks = new ArrayList<>();
        for (Copy copy : plan.copies()) {
            for (long at = 0; at < copy.bytes(); at += blockBytes) {
                int bytes = (int) Math.min(blockBytes, copy.bytes() - at);
                blocks.add(new Block.Stretch(copy.from() + at, copy.to() + at, bytes));
            }
        }
        for (Quantized matrix : plan.matrices()) {
            int rows = Math.max(
                    1, blockBytes / (matrix.cols() * matrix.source().dtype().bytes()));
            for (int first = 0; first < matrix.rows(); first += rows) {
                blocks.add(new Block.RowsOf(matrix, first, Math.min(rows, matrix.rows() - first)));
            }
        }
        return blocks;
    }

    private void run(List<Block> blocks, Map<String, Loss[]> losses, FileChannel in, FileChannel out)
            throws IOException {
        AtomicInteger next = new AtomicInteger();
        AtomicBoolean stopped = new AtomicBoolean();
        List<Future<?>> workers = new ArrayList<>();
        // Leaving the block waits for the threads, so that nobody writes after the channels are closed.
        try (var pool = Executors.newFixedThreadPool(threads)) {
            for (int t = 0; t < threads; t++) {
                workers.add(pool.submit(() -> {
                    Worker worker = new Worker(in, out, losses);
                    try {
                        for (int i = next.getAndIncrement();
                                i < blocks.size() && !stopped.get();
                                i = next.getAndIncrement()) {
                            worker.run(blocks.get(i));
                        }
                    } catch (IOException | RuntimeException e) {
                        stopped.set(true);
                        throw e;
                    }
                    return null;
                }));
            }
            await(workers, stopped);
        }
    }

    private static void await(List<Future<?>> workers, AtomicBoolean stopped) throws IOException {
        try {
            for (Future<?> worker : workers) {
                worker.get();
            }
        } catch (InterruptedException e) {
            // The threads are not interrupted: that would close the channels under them.
            stopped.set(true);
            Thread.currentThread().interrupt();
            throw new CancelledException("quantising was interrupted; what is finished is kept, start it again", e);
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException io -> throw io;
                case RuntimeException unchecked -> throw unchecked;
                case Error error -> throw error;
                case null, default -> throw new IllegalStateException(e.getCause());
            }
        }
    }

    /** One thread with its buffers. */
    private final class Worker {
        private final FileChannel in;
        private final FileChannel out;
        private final Map<String, Loss[]> losses;
        private ByteBuffer read = ByteBuffer.allocateDirect(0);
        private ByteBuffer codes = ByteBuffer.allocateDirect(0);
        private ByteBuffer scales = ByteBuffer.allocateDirect(0);

        Worker(FileChannel in, FileChannel out, Map<String, Loss[]> losses) {
            this.in = in;
            this.out = out;
            this.losses = losses;
        }

        void run(Block block) throws IOException {
            switch (block) {
                case Block.Stretch(long from, long to, int bytes) -> {
                    read = sized(read, bytes);
                    readAll(in, read, from);
                    writeAll(out, read, to);
                    progress.accept(bytes);
                }
                case Block.RowsOf(Quantized matrix, int first, int count) -> rows(matrix, first, count);
            }
        }

        private void rows(Quantized matrix, int first, int count) throws IOException {
            TensorInfo source = matrix.source();
            int cols = matrix.cols();
            int rowBytes = cols * source.dtype().bytes();
            int groups = cols / matrix.group();
            read = sized(read, count * rowBytes);
            codes = sized(codes, count * cols);
            scales = sized(scales, count * groups * Short.BYTES);
            readAll(in, read, source.begin() + (long) first * rowBytes);
            Int8Codec codec = new Int8Codec(matrix.group(), cols);
            String where = source.file() + ": tensor " + source.name();
            Loss[] lost = losses.get(matrix.matrix());
            for (int row = first; row < first + count; row++) {
                codec.row(read, source.dtype() == DType.F32, codes, scales, where, row);
                lost[row] = codec.take();
            }
            writeAll(out, codes.flip(), matrix.packedAt() + (long) first * cols);
            writeAll(out, scales.flip(), matrix.scalesAt() + (long) first * groups * Short.BYTES);
            progress.accept((long) count * rowBytes);
        }
    }

    private static ByteBuffer sized(ByteBuffer buffer, int bytes) {
        ByteBuffer enough = buffer.capacity() >= bytes
                ? buffer
                : ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
        return enough.clear().limit(bytes);
    }

    private static void readAll(FileChannel in, ByteBuffer buffer, long from) throws IOException {
        while (buffer.hasRemaining()) {
            if (in.read(buffer, from + buffer.position()) < 0) {
                throw new EOFException("the file has become shorter while it was read");
            }
        }
        buffer.flip();
    }

    private static void writeAll(FileChannel out, ByteBuffer buffer, long to) throws IOException {
        while (buffer.hasRemaining()) {
            out.write(buffer, to + buffer.position());
        }
    }
}

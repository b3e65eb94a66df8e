package org.kimi4j.checkpoint;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.kimi4j.tensor.DType;

/**
 * The two numbers in {@code weight_shape}, which repeat what the headers say. Nothing is ever read by them: they can only
 * show that a file was put together wrongly.
 */
final class PackedShapes {

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final String SHAPE = ".weight_shape";

    private PackedShapes() {}

    record Expected(TensorInfo tensor, long rows, long cols) {}

    static boolean isShape(TensorInfo tensor) {
        return (tensor.dtype() == DType.I32 || tensor.dtype() == DType.I64)
                && tensor.shape().equals(Shape.of(2));
    }

    static void check(Checkpoint checkpoint, List<Expected> expected, List<String> problems) {
        for (Expected e : expected) {
            checkpoint.data(e.tensor).ifPresent(data -> {
                long rows = number(e.tensor, data, 0);
                long cols = number(e.tensor, data, 1);
                if (rows != e.rows || cols != e.cols) {
                    problems.add(e.tensor.where() + "\n  expected the values [" + e.rows + ", " + e.cols + "], found ["
                            + rows + ", " + cols + "]; the file is damaged, download it again");
                }
            });
        }
    }

    /** Every weight_shape against its weight_packed: 8 INT4 or 4 INT8 values to a word. */
    static List<String> verify(Checkpoint checkpoint) {
        List<String> problems = new ArrayList<>();
        List<Expected> expected = new ArrayList<>();
        for (TensorInfo shape : checkpoint.tensors()) {
            if (!shape.name().endsWith(SHAPE)) {
                continue;
            }
            String base = shape.name().substring(0, shape.name().length() - SHAPE.length());
            Optional<TensorInfo> packed = checkpoint.tensor(base + ".weight_packed");
            Optional<MemorySegment> data = checkpoint.data(shape);
            if (packed.isEmpty()
                    || data.isEmpty()
                    || !isShape(shape)
                    || packed.get().shape().rank() != 2) {
                continue; // binding reports these
            }
            long words = packed.get().shape().dim(1);
            boolean int8 = number(shape, data.get(), 1) == words * 4;
            expected.add(new Expected(shape, packed.get().shape().dim(0), words * (int8 ? 4 : 8)));
        }
        check(checkpoint, expected, problems);
        return problems;
    }

    private static long number(TensorInfo tensor, MemorySegment data, int index) {
        return tensor.dtype() == DType.I64 ? data.get(LONG, index * 8L) : data.get(INT, index * 4L);
    }
}

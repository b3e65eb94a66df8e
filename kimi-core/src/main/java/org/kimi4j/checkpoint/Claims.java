package org.kimi4j.checkpoint;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.kimi4j.tensor.DType;
import org.kimi4j.tensor.Matrix;

/** Who owns which tensor, during one {@link Checkpoint#bind}: checks what is asked for, and what no one asked for. */
final class Claims {

    static final int MAX_SHAPES_READ = 2_048;

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Stands in for what is missing, until bind throws. */
    private static final Matrix.F32 STAND_IN =
            new Matrix.F32(1, 1, MemorySegment.ofArray(new float[1]).asReadOnly());

    /** The parts that belong to whoever encodes pictures; without one they are counted only. */
    private static final List<String> MEDIA = List.of("vision_tower.", "mm_projector.");

    private record Span(String prefix, int first, int end, int total) {}

    private final Checkpoint checkpoint;
    private final List<String> problems = new ArrayList<>();
    private final Set<String> claimed = new HashSet<>();
    private final List<Span> spans = new ArrayList<>();
    private final Map<String, String> left = new LinkedHashMap<>(); // prefix to reason
    private final List<PackedShapes.Expected> shapes = new ArrayList<>();
    private long claimedBytes;

    Claims(Checkpoint checkpoint) {
        this.checkpoint = checkpoint;
    }

    <T> Binding<T> bind(Function<WeightReader, T> read) {
        problems.addAll(checkpoint.problems());
        Optional<T> weights = Optional.empty();
        try {
            weights = Optional.of(read.apply(new WeightReader(this, "")));
        } catch (RuntimeException e) {
            // A record that checks its matrices fails on stand-ins; that says nothing new.
            if (problems.isEmpty()) {
                throw e;
            }
        }
        if (problems.isEmpty() && shapes.size() <= MAX_SHAPES_READ) {
            PackedShapes.check(checkpoint, shapes, problems);
        }
        List<Binding.LeftOut> leftOut = unclaimed();
        return new Binding<>(
                problems.isEmpty() ? weights : Optional.empty(),
                claimed.size(),
                claimedBytes,
                leftOut,
                List.copyOf(problems));
    }

    void only(String prefix, int first, int end, int total) {
        spans.add(new Span(prefix, first, end, total));
    }

    void leaveOut(String prefix, String reason) {
        left.put(prefix, reason);
    }

    boolean hasPrefix(String prefix) {
        return checkpoint.hasPrefix(prefix);
    }

    Matrix matrix(String name, int rows, int cols) {
        requirePositive(name, rows, cols);
        Optional<TensorInfo> packed = checkpoint.tensor(name + ".weight_packed");
        Optional<TensorInfo> weight = checkpoint.tensor(name + ".weight");
        if (packed.isPresent() && weight.isPresent()) {
            problems.add(packed.get().where() + "\n  " + weight.get().name()
                    + " is there too; a matrix must be stored once");
            claim(weight.get());
        }
        if (packed.isPresent()) {
            return packed(name, packed.get(), rows, cols);
        }
        if (weight.isEmpty()) {
            if (!checkpoint.mayBeUnread(name + ".weight_packed")) {
                missing(
                        name + ".weight",
                        "BF16 or F32 [" + rows + ", " + cols + "], or the same packed as weight_packed");
            }
            return STAND_IN;
        }
        return plain(name + ".weight", Shape.of(rows, cols), rows, cols);
    }

    Matrix plain(String name, Shape shape, int rows, int cols) {
        requirePositive(name, rows, cols);
        return data(name, shape)
                .<Matrix>map(tensor -> tensor.info.dtype() == DType.F32
                        ? new Matrix.F32(rows, cols, tensor.values)
                        : new Matrix.Bf16(rows, cols, tensor.values))
                .orElse(STAND_IN);
    }

    Matrix.F32 vector(String name, int size) {
        requirePositive(name, 1, size);
        return data(name, Shape.of(size))
                .map(tensor -> new Matrix.F32(1, size, floats(tensor, size)))
                .orElse(STAND_IN);
    }

    private static void requirePositive(String name, int rows, int cols) {
        if (rows < 1 || cols < 1) {
            throw new IllegalArgumentException(name + ": [" + rows + ", " + cols + "] is not a size to ask for");
        }
    }

    private MemorySegment floats(Data tensor, int size) {
        MemorySegment values = checkpoint.allocate((long) size * Float.BYTES);
        boolean wide = tensor.info.dtype() == DType.F32;
        for (int i = 0; i < size; i++) {
            float value = wide
                    ? tensor.values.get(FLOAT, (long) i * Float.BYTES)
                    : Float.intBitsToFloat(tensor.values.get(SHORT, (long) i * Short.BYTES) << 16);
            values.setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
        }
        return values.asReadOnly();
    }

    private record Data(TensorInfo info, MemorySegment values) {}

    /** The data of a BF16 or F32 tensor of this shape; empty if it is not there, which has been noted then. */
    private Optional<Data> data(String name, Shape shape) {
        Optional<TensorInfo> found = checkpoint.tensor(name);
        if (found.isEmpty()) {
            missing(name, "BF16 or F32 " + shape);
            return Optional.empty();
        }
        TensorInfo tensor = found.get();
        claim(tensor);
        boolean known = tensor.dtype() == DType.BF16 || tensor.dtype() == DType.F32;
        if (!known || !tensor.shape().equals(shape)) {
            String expected = (known ? tensor.dtype().name() : "BF16 or F32") + " " + shape;
            problems.add(tensor.where() + "\n  expected " + expected + ", found " + tensor.type());
            return Optional.empty();
        }
        return checkpoint.data(tensor).map(values -> new Data(tensor, values));
    }

    private Matrix packed(String name, TensorInfo packed, int rows, int cols) {
        int before = problems.size();
        claim(packed);
        refuse(name + ".weight_zero_point", "zero points (asymmetric quantisation) are not supported");
        refuse(name + ".weight_g_idx", "activation ordering (g_idx) is not supported");
        boolean int4 = packed.shape().equals(Shape.of(rows, cols / 8)) && cols % 8 == 0;
        boolean int8 = packed.shape().equals(Shape.of(rows, cols / 4)) && cols % 4 == 0;
        if (packed.dtype() != DType.I32 || !(int4 || int8)) {
            problems.add(packed.where() + "\n  expected I32 [" + rows + ", " + cols / 8 + "] (INT4 of [" + rows + ", "
                    + cols + "]) or I32 [" + rows + ", " + cols / 4 + "] (INT8), found " + packed.type());
        }
        Optional<TensorInfo> shape = companion(name + ".weight_shape", "I32 or I64 [2]");
        if (shape.isPresent() && !PackedShapes.isShape(shape.get())) {
            problems.add(shape.get().where() + "\n  expected I32 or I64 [2], found "
                    + shape.get().type());
        }
        Optional<TensorInfo> scale = companion(name + ".weight_scale", "BF16 [" + rows + ", " + cols / 32 + "]");
        int group = scale.map(s -> group(s, rows, cols, int4)).orElse(0);
        if (problems.size() > before || scale.isEmpty() || shape.isEmpty()) {
            return STAND_IN;
        }
        shapes.add(new PackedShapes.Expected(shape.get(), rows, cols));
        Optional<MemorySegment> values = checkpoint.data(packed);
        Optional<MemorySegment> scales = checkpoint.data(scale.get());
        if (values.isEmpty() || scales.isEmpty()) {
            return STAND_IN;
        }
        return int4
                ? new Matrix.Int4(rows, cols, values.get(), scales.get())
                : new Matrix.Int8(rows, cols, group, values.get(), scales.get());
    }

    /** Elements per scale, 0 if they are none that is computed with. */
    private int group(TensorInfo scale, int rows, int cols, boolean int4) {
        boolean matrix = scale.shape().rank() == 2
                && scale.shape().dim(0) == rows
                && scale.shape().dim(1) > 0;
        long group = matrix && cols % scale.shape().dim(1) == 0
                ? cols / scale.shape().dim(1)
                : 0;
        boolean supported = int4 ? group == Matrix.Int4.GROUP : group >= 32 && group % 32 == 0;
        if (scale.dtype() == DType.BF16 && supported) {
            return (int) group;
        }
        String expected = int4
                ? "BF16 [" + rows + ", " + cols / 32 + "] (groups of 32)"
                : "BF16 [" + rows + ", " + cols + " / group] with groups of a multiple of 32";
        problems.add(scale.where() + "\n  expected " + expected + ", found " + scale.type());
        return 0;
    }

    private Optional<TensorInfo> companion(String name, String expected) {
        Optional<TensorInfo> tensor = checkpoint.tensor(name);
        tensor.ifPresentOrElse(this::claim, () -> missing(name, expected));
        return tensor;
    }

    private void refuse(String name, String reason) {
        checkpoint.tensor(name).ifPresent(tensor -> {
            claim(tensor);
            problems.add(tensor.where() + "\n  " + reason);
        });
    }

    private void missing(String name, String expected) {
        if (!checkpoint.mayBeUnread(name)) {
            problems.add(TensorInfo.where(checkpoint.indexName(), name) + "\n  expected " + expected
                    + ", found no such tensor");
        }
    }

    private void claim(TensorInfo tensor) {
        if (claimed.add(tensor.name())) {
            claimedBytes += tensor.byteSize();
        } else {
            problems.add(tensor.where() + "\n  is asked for twice; a tensor has one owner");
        }
    }

    private List<Binding.LeftOut> unclaimed() {
        for (String media : MEDIA) {
            if (claimed.stream().noneMatch(name -> name.startsWith(media))) {
                left.putIfAbsent(media, "belongs to the media encoder");
            }
        }
        Map<String, Binding.LeftOut> groups = new LinkedHashMap<>();
        for (TensorInfo tensor : checkpoint.tensors()) {
            if (!claimed.contains(tensor.name())) {
                note(tensor, groups);
            }
        }
        return List.copyOf(groups.values());
    }

    private void note(TensorInfo tensor, Map<String, Binding.LeftOut> groups) {
        for (Span span : spans) {
            int number = numberBelow(span.prefix, tensor.name());
            if (number >= span.total) {
                // Such a layer predicts further tokens or belongs to a longer model; each is listed by its number.
                add(groups, "num_hidden_layers is " + span.total, span.prefix + number, tensor);
                return;
            }
            if (number >= 0 && (number < span.first || number >= span.end)) {
                add(groups, "outside layers " + span.first + " to " + (span.end - 1), span.prefix + "*", tensor);
                return;
            }
        }
        for (Map.Entry<String, String> entry : left.entrySet()) {
            if (tensor.name().startsWith(entry.getKey())) {
                add(groups, entry.getValue(), entry.getKey() + "*", tensor);
                return;
            }
        }
        problems.add(
                tensor.where() + "\n  " + tensor.type() + " is not a tensor of this model as config.json describes it");
    }

    private static void add(Map<String, Binding.LeftOut> groups, String reason, String name, TensorInfo tensor) {
        groups.merge(
                reason + "\n" + name,
                new Binding.LeftOut(reason, name, 1, tensor.byteSize()),
                (a, b) -> new Binding.LeftOut(reason, name, a.count() + 1, a.bytes() + b.bytes()));
    }

    /** The number after the prefix, or -1. */
    private static int numberBelow(String prefix, String name) {
        if (!name.startsWith(prefix)) {
            return -1;
        }
        int end = name.indexOf('.', prefix.length());
        if (end < 0 || end == prefix.length() || end - prefix.length() > 6) {
            return -1;
        }
        int number = 0;
        for (int i = prefix.length(); i < end; i++) {
            char c = name.charAt(i);
            if (c < '0' || c > '9') {
                return -1;
            }
            number = number * 10 + c - '0';
        }
        return number;
    }
}

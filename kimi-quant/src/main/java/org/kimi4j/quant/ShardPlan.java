package org.kimi4j.quant;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.kimi4j.checkpoint.SafetensorsFile;
import org.kimi4j.checkpoint.Shape;
import org.kimi4j.checkpoint.TensorInfo;
import org.kimi4j.json.Json;
import org.kimi4j.tensor.DType;

/**
 * One file of the result: its header, and where every byte behind it comes from. Fixed by the headers of the source and
 * the recipe alone.
 *
 * @param name of the file, the same as in the source
 * @param header all bytes before the data
 * @param byteSize of the whole file
 * @param names the tensors it holds
 * @param tensorBytes their bytes
 * @param copies stretches that are taken over as they are
 * @param matrices what is quantised
 */
record ShardPlan(
        String name,
        byte[] header,
        long byteSize,
        List<String> names,
        long tensorBytes,
        List<Copy> copies,
        List<Quantized> matrices) {

    /** Bytes from one place of the source to one of the result. */
    record Copy(long from, long to, long bytes) {}

    /**
     * A matrix [rows, cols] in its old and its new form.
     *
     * @param packedAt where its codes go, [rows, cols]
     * @param scalesAt where its scales go, [rows, cols / group]
     * @param shapeAt where its two sizes go
     */
    record Quantized(TensorInfo source, int rows, int cols, int group, long packedAt, long scalesAt, long shapeAt) {

        /** The matrix without {@code .weight}. */
        String matrix() {
            return module(source.name());
        }

        long bytesAfter() {
            return (long) rows * cols + 2L * rows * (cols / group) + SHAPE_BYTES;
        }
    }

    private static final int SHAPE_BYTES = 2 * Integer.BYTES;
    /** The reference writer lets the data begin at a multiple of this. */
    private static final int ALIGNMENT = 8;

    private record Entry(String name, DType dtype, Shape shape, TensorInfo source) {
        long bytes() {
            return shape.elements() * dtype.bytes();
        }

        boolean isCopy() {
            return name.equals(source.name());
        }
    }

    /** @param groups size of groups by name of the tensor; others are copied */
    static ShardPlan of(SafetensorsFile file, Map<String, Integer> groups) {
        if (file.tensors().stream().noneMatch(t -> groups.containsKey(t.name()))) {
            return whole(file);
        }
        List<Entry> entries = new ArrayList<>();
        for (TensorInfo tensor : file.tensors()) {
            Integer group = groups.get(tensor.name());
            if (group == null) {
                entries.add(new Entry(tensor.name(), tensor.dtype(), tensor.shape(), tensor));
            } else {
                addPacked(entries, tensor, group);
            }
        }
        // Wide types first, as the reference writer has it: every tensor is then aligned to its own type.
        entries.sort(Comparator.comparingInt(entry -> -entry.dtype.bytes()));
        return laidOut(file, entries, groups);
    }

    private static void addPacked(List<Entry> entries, TensorInfo tensor, int group) {
        long rows = tensor.shape().dim(0);
        long cols = tensor.shape().dim(1);
        String matrix = module(tensor.name());
        entries.add(new Entry(matrix + ".weight_packed", DType.I32, Shape.of(rows, cols / 4), tensor));
        entries.add(new Entry(matrix + ".weight_scale", DType.BF16, Shape.of(rows, cols / group), tensor));
        entries.add(new Entry(matrix + ".weight_shape", DType.I32, Shape.of(2), tensor));
    }

    private static ShardPlan whole(SafetensorsFile file) {
        return new ShardPlan(
                file.name(),
                new byte[0],
                file.byteSize(),
                file.tensors().stream().map(TensorInfo::name).toList(),
                file.tensors().stream().mapToLong(TensorInfo::byteSize).sum(),
                List.of(new Copy(0, 0, file.byteSize())),
                List.of());
    }

    private static ShardPlan laidOut(SafetensorsFile file, List<Entry> entries, Map<String, Integer> groups) {
        Map<String, Long> begin = new LinkedHashMap<>();
        long end = 0;
        for (Entry entry : entries) {
            begin.put(entry.name, end);
            end += entry.bytes();
        }
        byte[] header = header(file, entries, begin);
        List<Copy> copies = new ArrayList<>();
        for (Entry entry : entries) {
            if (entry.isCopy()) {
                add(copies, entry.source.begin(), header.length + begin.get(entry.name), entry.bytes());
            }
        }
        List<Quantized> matrices = new ArrayList<>();
        for (TensorInfo tensor : file.tensors()) {
            Integer group = groups.get(tensor.name());
            if (group != null) {
                String matrix = module(tensor.name());
                matrices.add(new Quantized(
                        tensor,
                        Math.toIntExact(tensor.shape().dim(0)),
                        Math.toIntExact(tensor.shape().dim(1)),
                        group,
                        header.length + begin.get(matrix + ".weight_packed"),
                        header.length + begin.get(matrix + ".weight_scale"),
                        header.length + begin.get(matrix + ".weight_shape")));
            }
        }
        return new ShardPlan(
                file.name(), header, header.length + end, List.copyOf(begin.keySet()), end, copies, matrices);
    }

    /** Neighbours in both files are copied as one. */
    private static void add(List<Copy> copies, long from, long to, long bytes) {
        if (!copies.isEmpty()) {
            Copy last = copies.getLast();
            if (last.from + last.bytes == from && last.to + last.bytes == to) {
                copies.set(copies.size() - 1, new Copy(last.from, last.to, last.bytes + bytes));
                return;
            }
        }
        copies.add(new Copy(from, to, bytes));
    }

    private static byte[] header(SafetensorsFile file, List<Entry> entries, Map<String, Long> begin) {
        Map<String, Json> members = new LinkedHashMap<>();
        if (!file.metadata().isEmpty()) {
            Map<String, Json> pairs = new LinkedHashMap<>();
            // In alphabetical order: that of a map of strings may differ from one JVM to the next.
            file.metadata().entrySet().stream()
                    .sorted(Map.Entry.comparingByKey())
                    .forEach(pair -> pairs.put(pair.getKey(), new Json.Str(pair.getValue())));
            members.put("__metadata__", new Json.Obj(pairs));
        }
        for (Entry entry : entries) {
            long at = begin.get(entry.name);
            List<Json> dims = new ArrayList<>();
            for (int axis = 0; axis < entry.shape.rank(); axis++) {
                dims.add(Json.Num.of(entry.shape.dim(axis)));
            }
            Map<String, Json> tensor = new LinkedHashMap<>();
            tensor.put("dtype", new Json.Str(entry.dtype.name()));
            tensor.put("shape", new Json.Arr(dims));
            tensor.put("data_offsets", new Json.Arr(List.of(Json.Num.of(at), Json.Num.of(at + entry.bytes()))));
            members.put(entry.name, new Json.Obj(tensor));
        }
        byte[] json = new Json.Obj(members).write().getBytes(StandardCharsets.UTF_8);
        int padded = (json.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        byte[] bytes = new byte[Long.BYTES + padded];
        for (int i = 0; i < Long.BYTES; i++) {
            bytes[i] = (byte) ((long) padded >>> 8 * i);
        }
        System.arraycopy(json, 0, bytes, Long.BYTES, json.length);
        Arrays.fill(bytes, Long.BYTES + json.length, bytes.length, (byte) ' ');
        return bytes;
    }

    /** The name of a matrix, of its {@code .weight} tensor's. */
    static String module(String weight) {
        return weight.substring(0, weight.length() - ".weight".length());
    }
}

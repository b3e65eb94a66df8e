package org.kimi4j.checkpoint;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.kimi4j.json.Json;

/**
 * What a checkpoint holds, for people and scripts.
 *
 * @param parts the parts of the model in its own order, empty ones left out
 * @param patterns one entry per name (numbers replaced by {@code *}), type and shape, sorted by name
 * @param totals sums over everything
 */
public record Inspection(List<Part> parts, List<TensorPattern> patterns, Totals totals) {

    /** One part of the model, for example its routed experts. */
    public record Part(String name, long count, long bytes) {

        private Json json() {
            Map<String, Json> members = new LinkedHashMap<>();
            members.put("name", new Json.Str(name));
            members.put("count", Json.Num.of(count));
            members.put("bytes", Json.Num.of(bytes));
            return new Json.Obj(members);
        }
    }

    /** All tensors that differ in numbers of their name only. */
    public record TensorPattern(String name, long count, String dtype, Shape shape, long bytes) {

        private Json json() {
            List<Json> dims = new ArrayList<>();
            for (int axis = 0; axis < shape.rank(); axis++) {
                dims.add(Json.Num.of(shape.dim(axis)));
            }
            Map<String, Json> members = new LinkedHashMap<>();
            members.put("name", new Json.Str(name));
            members.put("count", Json.Num.of(count));
            members.put("dtype", new Json.Str(dtype));
            members.put("shape", new Json.Arr(dims));
            members.put("bytes", Json.Num.of(bytes));
            return new Json.Obj(members);
        }
    }

    /** Tensors, their bytes, files, bytes of the files. */
    public record Totals(long tensors, long bytes, long shards, long fileBytes) {}

    // The first that is found in a name says which part the tensor belongs to.
    private static final Map<String, String> PART_OF = new LinkedHashMap<>();

    static {
        PART_OF.put("vision_tower.", "vision tower");
        PART_OF.put("mm_projector.", "projector");
        PART_OF.put(".mlp.experts.", "routed experts");
        PART_OF.put(".mlp.shared_experts.", "shared experts");
        PART_OF.put(".mlp.gate.", "routers");
        PART_OF.put(".mlp.", "dense MLP");
        PART_OF.put(".self_attn.", "attention");
        PART_OF.put(".input_layernorm.", "block norms");
        PART_OF.put(".post_attention_layernorm.", "block norms");
        PART_OF.put("embed_tokens.", "embedding");
        PART_OF.put("lm_head.", "lm_head");
        PART_OF.put("model.norm.", "final norm");
    }

    private static final List<String> ORDER = List.of(
            "embedding",
            "attention",
            "block norms",
            "dense MLP",
            "routers",
            "routed experts",
            "shared experts",
            "final norm",
            "lm_head",
            "vision tower",
            "projector",
            "other");

    private static final Pattern NUMBER = Pattern.compile("(?<=\\.)\\d+(?=\\.)");

    private record Key(String name, String dtype, Shape shape) {}

    static Inspection of(Checkpoint checkpoint) {
        Map<String, long[]> parts = new LinkedHashMap<>();
        ORDER.forEach(part -> parts.put(part, new long[2]));
        Map<Key, long[]> patterns = new TreeMap<>(Comparator.comparing(Key::name)
                .thenComparing(Key::dtype)
                .thenComparing(key -> key.shape().toString()));
        for (TensorInfo tensor : checkpoint.tensors()) {
            add(parts.get(part(tensor.name())), tensor);
            Key key = new Key(pattern(tensor.name()), tensor.dtype().name(), tensor.shape());
            add(patterns.computeIfAbsent(key, k -> new long[2]), tensor);
        }
        List<Part> partList = new ArrayList<>();
        parts.forEach((name, sum) -> {
            if (sum[0] > 0) {
                partList.add(new Part(name, sum[0], sum[1]));
            }
        });
        List<TensorPattern> patternList = new ArrayList<>();
        patterns.forEach(
                (key, sum) -> patternList.add(new TensorPattern(key.name, sum[0], key.dtype, key.shape, sum[1])));
        long fileBytes = checkpoint.shards().stream()
                .mapToLong(SafetensorsFile::byteSize)
                .sum();
        Totals totals = new Totals(
                checkpoint.tensors().size(),
                checkpoint.tensorBytes(),
                checkpoint.shards().size(),
                fileBytes);
        return new Inspection(List.copyOf(partList), List.copyOf(patternList), totals);
    }

    private static void add(long[] sum, TensorInfo tensor) {
        sum[0]++;
        sum[1] += tensor.byteSize();
    }

    /** A name with its layer, expert and block numbers replaced by {@code *}. */
    public static String pattern(String name) {
        return NUMBER.matcher(name).replaceAll("*");
    }

    private static String part(String name) {
        for (Map.Entry<String, String> entry : PART_OF.entrySet()) {
            if (name.contains(entry.getKey())) {
                return entry.getValue();
            }
        }
        return "other";
    }

    /** The members {@code parts}, {@code patterns} and {@code totals} of {@code inspect --json}. */
    public Json.Obj json() {
        Map<String, Json> sums = new LinkedHashMap<>();
        sums.put("tensors", Json.Num.of(totals.tensors));
        sums.put("bytes", Json.Num.of(totals.bytes));
        sums.put("shards", Json.Num.of(totals.shards));
        sums.put("file_bytes", Json.Num.of(totals.fileBytes));
        Map<String, Json> members = new LinkedHashMap<>();
        members.put("parts", new Json.Arr(parts.stream().map(Part::json).toList()));
        members.put(
                "patterns",
                new Json.Arr(patterns.stream().map(TensorPattern::json).toList()));
        members.put("totals", new Json.Obj(sums));
        return new Json.Obj(members);
    }
}

package org.kimi4j.checkpoint;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.kimi4j.json.Json;

/**
 * model.safetensors.index.json: which file holds which tensor.
 *
 * @param shardOf tensor name to file name, in the order of the index; every file name is a plain one
 * @param totalBytes metadata.total_size as stated, which is informative only: some writers count tensors, others files
 */
record ShardIndex(Map<String, String> shardOf, OptionalLong totalBytes) {

    static final String NAME = "model.safetensors.index.json";
    static final long MAX_BYTES = 100L << 20; // the official one has 22 MB
    private static final int MAX_TENSORS = 2_000_000;
    static final int MAX_SHARDS = 4_096;

    // A name from a file must not lead out of the directory, whatever the operating system reads into it.
    private static final Pattern PLAIN_NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,199}");

    static ShardIndex parse(String json, List<String> problems) {
        Map<String, String> shardOf = new LinkedHashMap<>();
        List<OptionalLong> total = new ArrayList<>();
        boolean[] found = new boolean[1];
        try {
            Json.members(json, MAX_TENSORS, (key, value) -> {
                switch (key) {
                    case "weight_map" -> {
                        found[0] = true;
                        weightMap(value, shardOf, problems);
                    }
                    case "metadata" -> total.add(totalSize(value, problems));
                    default -> {} // nothing else is defined, and nothing else can lead to a wrong read
                }
            });
        } catch (Json.SyntaxException e) {
            problems.add(NAME + ": not a JSON object: " + e.getMessage() + "\n  download the file again");
            return new ShardIndex(Map.of(), OptionalLong.empty());
        }
        if (!found[0]) {
            problems.add(NAME + ": key weight_map: expected an object of tensor name to file name, found nothing");
        } else if (shardOf.isEmpty() && problems.isEmpty()) {
            problems.add(NAME + ": key weight_map: names no tensor");
        }
        return new ShardIndex(shardOf, total.isEmpty() ? OptionalLong.empty() : total.getFirst());
    }

    private static void weightMap(Json value, Map<String, String> shardOf, List<String> problems) {
        if (!(value instanceof Json.Obj(Map<String, Json> members))) {
            problems.add(NAME + ": key weight_map: expected an object of tensor name to file name");
            return;
        }
        members.forEach((tensor, shard) -> {
            if (!(shard instanceof Json.Str(String file))) {
                problems.add(TensorInfo.where(NAME, tensor) + "\n  expected a file name, found another JSON value");
            } else if (!isPlain(file)) {
                problems.add(TensorInfo.where(NAME, tensor)
                        + "\n  expected the plain name of a .safetensors file in the same directory, found \""
                        + (file.length() <= 200 ? file : file.substring(0, 200) + "...") + "\"");
            } else {
                shardOf.put(tensor, file.intern()); // 64 names stand for 200,000 values
            }
        });
        int shards = new TreeSet<>(shardOf.values()).size();
        if (shards > MAX_SHARDS) {
            problems.add(NAME + ": names " + shards + " files, more than the " + MAX_SHARDS + " that are read");
            shardOf.clear();
        }
    }

    static boolean isPlain(String file) {
        return PLAIN_NAME.matcher(file).matches() && file.endsWith(".safetensors") && !file.contains("..");
    }

    private static OptionalLong totalSize(Json value, List<String> problems) {
        if (!(value instanceof Json.Obj metadata)) {
            problems.add(NAME + ": key metadata: expected an object");
            return OptionalLong.empty();
        }
        return switch (metadata.get("total_size").orElse(new Json.Null())) {
            case Json.Null() -> OptionalLong.empty();
            case Json.Num number
            when SafetensorsHeader.whole(number) >= 0 -> OptionalLong.of(SafetensorsHeader.whole(number));
            case Json.Num _, Json.Str _, Json.Bool _, Json.Arr _, Json.Obj _ -> {
                problems.add(NAME + ": key metadata.total_size: expected a whole number of bytes");
                yield OptionalLong.empty();
            }
        };
    }
}

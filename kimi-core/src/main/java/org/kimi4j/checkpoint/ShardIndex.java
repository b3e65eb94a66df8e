package org.kimi4j.checkpoint;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
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
    private static final int MAX_VALUES = 100_000; // of one member
    static final int MAX_SHARDS = 4_096;

    // A name from a file must not lead out of the directory, whatever the operating system reads into it.
    private static final Pattern PLAIN_NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,199}");

    static ShardIndex parse(String json, List<String> problems) {
        Parser parser = new Parser(problems);
        try {
            Json.members(json, MAX_VALUES, parser::member, "weight_map", parser::shard);
        } catch (Json.SyntaxException e) {
            problems.add(NAME + ": not JSON: " + e.getMessage() + "\n  download the file again");
            return new ShardIndex(Map.of(), OptionalLong.empty());
        }
        if (!parser.hasMap) {
            problems.add(NAME + ": key weight_map: expected an object of tensor name to file name, found nothing");
        } else if (parser.shardOf.isEmpty() && problems.isEmpty()) {
            problems.add(NAME + ": key weight_map: names no tensor");
        }
        int shards = parser.plainNames.size();
        if (shards > MAX_SHARDS) {
            problems.add(NAME + ": names " + shards + " files, more than the " + MAX_SHARDS + " that are read");
            return new ShardIndex(Map.of(), parser.totalBytes);
        }
        return new ShardIndex(parser.shardOf, parser.totalBytes);
    }

    /** Takes the members of the file as they come. */
    private static final class Parser {
        private final List<String> problems;
        private final Map<String, String> shardOf = new LinkedHashMap<>();
        private final Map<String, String> plainNames = new HashMap<>(); // 64 names stand for 200,000 values
        private OptionalLong totalBytes = OptionalLong.empty();
        private boolean hasMap;

        Parser(List<String> problems) {
            this.problems = problems;
        }

        void member(String key, Json value) {
            if (key.equals("weight_map")) {
                hasMap = true;
                if (!(value instanceof Json.Obj)) {
                    problems.add(NAME + ": key weight_map: expected an object of tensor name to file name");
                }
            } else if (key.equals("metadata")) {
                totalBytes = totalSize(value, problems);
            }
            // Nothing else is defined, and nothing else could lead to a wrong read.
        }

        void shard(String tensor, Json shard) throws Json.SyntaxException {
            if (!(shard instanceof Json.Str(String file))) {
                problems.add(TensorInfo.where(NAME, tensor) + "\n  expected a file name, found another JSON value");
                return;
            }
            String known = plainNames.get(file);
            if (known == null && isPlain(file)) {
                plainNames.put(file, file);
                known = file;
            }
            if (known == null) {
                problems.add(TensorInfo.where(NAME, tensor)
                        + "\n  expected the plain name of a .safetensors file in the same directory, found \""
                        + (file.length() <= 200 ? file : file.substring(0, 200) + "...") + "\"");
                return;
            }
            shardOf.put(tensor, known);
            if (shardOf.size() > MAX_TENSORS) {
                throw new Json.SyntaxException("more than " + MAX_TENSORS + " tensors");
            }
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

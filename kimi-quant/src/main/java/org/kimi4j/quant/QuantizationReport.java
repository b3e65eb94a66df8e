package org.kimi4j.quant;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.kimi4j.error.CheckpointException;
import org.kimi4j.json.Json;

/**
 * What quantising a checkpoint did; also the content of {@value #FILE} in the result.
 *
 * @param recipe what was asked for
 * @param bytesBefore bytes of all tensors of the source
 * @param bytesAfter bytes of all tensors of the result
 * @param matrices what was quantised, shard by shard
 * @param kept what the recipe names and was left as it is: matrix to reason
 */
public record QuantizationReport(
        Recipe recipe, long bytesBefore, long bytesAfter, List<MatrixError> matrices, Map<String, String> kept) {

    /** Name of the file in the result that holds this. */
    public static final String FILE = "quantization-report.json";

    public QuantizationReport {
        matrices = List.copyOf(matrices);
        kept = Map.copyOf(kept);
    }

    /**
     * What quantising one matrix has lost.
     *
     * @param name without {@code .weight}
     * @param group elements that share a scale
     * @param relativeError root of the mean squared difference over that of the mean squared weight; 0 for a matrix of
     *     zeros
     * @param maxError largest difference of a weight
     * @param maxValue largest weight
     */
    public record MatrixError(
            String name, int rows, int cols, int group, double relativeError, double maxError, double maxValue) {

        static MatrixError of(ShardPlan.Quantized matrix, Int8Codec.Loss loss) {
            return new MatrixError(
                    matrix.matrix(),
                    matrix.rows(),
                    matrix.cols(),
                    matrix.group(),
                    loss.squares() == 0 ? 0 : Math.sqrt(loss.errorSquares() / loss.squares()),
                    loss.maxError(),
                    loss.maxValue());
        }

        Json toJson() {
            Map<String, Json> members = new LinkedHashMap<>();
            members.put("name", new Json.Str(name));
            members.put("rows", Json.Num.of(rows));
            members.put("cols", Json.Num.of(cols));
            members.put("group", Json.Num.of(group));
            members.put("relative_error", Json.Num.of(relativeError));
            members.put("max_error", Json.Num.of(maxError));
            members.put("max_value", Json.Num.of(maxValue));
            return new Json.Obj(members);
        }

        static MatrixError of(Fields fields) {
            return new MatrixError(
                    fields.text("name"),
                    (int) fields.number("rows"),
                    (int) fields.number("cols"),
                    (int) fields.number("group"),
                    fields.number("relative_error"),
                    fields.number("max_error"),
                    fields.number("max_value"));
        }
    }

    /** @param job which job it is the report of */
    Json toJson(String job) {
        Map<String, Json> members = new LinkedHashMap<>();
        members.put("recipe", new Json.Str(recipe.name()));
        members.put("group", Json.Num.of(recipe.group()));
        members.put("job", new Json.Str(job));
        members.put("bytes_before", Json.Num.of(bytesBefore));
        members.put("bytes_after", Json.Num.of(bytesAfter));
        members.put(
                "matrices",
                new Json.Arr(matrices.stream().map(MatrixError::toJson).toList()));
        Map<String, Json> left = new LinkedHashMap<>();
        kept.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .forEach(entry -> left.put(entry.getKey(), new Json.Str(entry.getValue())));
        members.put("kept", new Json.Obj(left));
        return new Json.Obj(members);
    }

    /** Reads what {@link #toJson} wrote. */
    static QuantizationReport of(Path file, Json.Obj json) {
        Fields fields = new Fields(file, json);
        List<MatrixError> matrices = new ArrayList<>();
        for (Json matrix : fields.items("matrices")) {
            matrices.add(MatrixError.of(new Fields(file, matrix)));
        }
        Map<String, String> kept = new LinkedHashMap<>();
        Fields left = new Fields(file, fields.member("kept"));
        left.object.members().keySet().forEach(name -> kept.put(name, left.text(name)));
        return new QuantizationReport(
                new Recipe(fields.text("recipe"), (int) fields.number("group")),
                (long) fields.number("bytes_before"),
                (long) fields.number("bytes_after"),
                matrices,
                kept);
    }

    /** Reads the members of a file that this package wrote. */
    static final class Fields {
        private final Path file;
        private final Json.Obj object;

        Fields(Path file, Json json) {
            this.file = file;
            if (!(json instanceof Json.Obj members)) {
                throw new CheckpointException(file + ": expected an object, found " + json.write());
            }
            this.object = members;
        }

        Json member(String key) {
            return object.get(key).orElseThrow(() -> damaged(key));
        }

        String text(String key) {
            if (member(key) instanceof Json.Str(String value)) {
                return value;
            }
            throw damaged(key);
        }

        double number(String key) {
            if (member(key) instanceof Json.Num number) {
                return number.value().doubleValue();
            }
            throw damaged(key);
        }

        List<Json> items(String key) {
            if (member(key) instanceof Json.Arr(List<Json> items)) {
                return items;
            }
            throw damaged(key);
        }

        private CheckpointException damaged(String key) {
            return new CheckpointException(file + ": key " + key
                    + ": missing or of another type; the file was changed, remove the folder and quantise again");
        }
    }
}

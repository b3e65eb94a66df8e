package org.kimi4j.checkpoint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.kimi4j.json.Json;
import org.kimi4j.tensor.DType;

/**
 * Parses the JSON header of one safetensors file and checks it against the size of the file. The format is strict here
 * as in its reference implementation: the tensors fill the data part without overlap, gap or rest.
 */
final class SafetensorsHeader {

    private static final int MAX_RANK = 8;
    private static final int MAX_VALUES = 200_000; // of one member: __metadata__ may hold many, a tensor has a handful

    private final String file;
    private final long dataStart;
    private final long dataBytes;
    private final List<String> problems;
    private final List<TensorInfo> tensors = new ArrayList<>();
    private final Map<Shape, Shape> shapes = new HashMap<>(); // a checkpoint has 200,000 tensors and a dozen shapes
    private final Set<String> unreadable = new HashSet<>();
    private Map<String, String> metadata = Map.of();

    private SafetensorsHeader(String file, long dataStart, long dataBytes, List<String> problems) {
        this.file = file;
        this.dataStart = dataStart;
        this.dataBytes = dataBytes;
        this.problems = problems;
    }

    /**
     * What a header says.
     *
     * @param tensors in the order of their data
     * @param unreadable names of tensors whose entry makes no sense
     * @param metadata the free text pairs of {@code __metadata__}
     */
    record Content(List<TensorInfo> tensors, Set<String> unreadable, Map<String, String> metadata) {}

    /**
     * @param dataStart byte of the file at which the data part starts
     * @param dataBytes bytes from there to the end of the file
     * @param problems receives everything that is wrong
     * @return empty if the text is no header at all
     */
    static Optional<Content> parse(String file, String json, long dataStart, long dataBytes, List<String> problems) {
        SafetensorsHeader header = new SafetensorsHeader(file, dataStart, dataBytes, problems);
        int before = problems.size();
        try {
            Json.members(json, MAX_VALUES, header::member);
        } catch (Json.SyntaxException e) {
            problems.add(
                    file + ": header is not JSON: " + e.getMessage() + "\n  the file is damaged; download it again");
            return Optional.empty();
        }
        header.tensors.sort(Comparator.comparingLong(TensorInfo::begin).thenComparingLong(TensorInfo::byteSize));
        if (problems.size() == before) {
            header.checkLayout();
        }
        return Optional.of(new Content(List.copyOf(header.tensors), Set.copyOf(header.unreadable), header.metadata));
    }

    private void member(String name, Json value) {
        if (name.equals("__metadata__")) {
            metadata(value);
            return;
        }
        if (name.isEmpty()) {
            problems.add(file + ": header has a tensor without a name; the file is damaged, download it again");
            return;
        }
        if (!(value instanceof Json.Obj entry)) {
            report(name, "expected an object with dtype, shape and data_offsets, found " + value.write());
            return;
        }
        for (String key : entry.members().keySet()) {
            if (!key.equals("dtype") && !key.equals("shape") && !key.equals("data_offsets")) {
                report(
                        name,
                        "has a member " + key + ", which safetensors does not define; it may change what is stored");
            }
        }
        Optional<DType> dtype = dtype(name, entry);
        long[] dims = numbers(name, entry, "shape");
        long[] offsets = numbers(name, entry, "data_offsets");
        if (dtype.isPresent() && dims != NONE && offsets != NONE) {
            add(name, dtype.get(), dims, offsets);
        }
    }

    private void metadata(Json value) {
        Map<String, String> pairs = new LinkedHashMap<>();
        boolean strings = value instanceof Json.Obj;
        if (value instanceof Json.Obj object) {
            for (Map.Entry<String, Json> pair : object.members().entrySet()) {
                if (pair.getValue() instanceof Json.Str(String text)) {
                    pairs.put(pair.getKey(), text);
                } else {
                    strings = false;
                }
            }
        }
        if (!strings) {
            problems.add(file + ": header member __metadata__: expected an object of strings");
        }
        metadata = Map.copyOf(pairs);
    }

    private Optional<DType> dtype(String name, Json.Obj entry) {
        if (!(entry.get("dtype").orElse(new Json.Null()) instanceof Json.Str(String text))) {
            report(name, "dtype: expected a string, found " + shown(entry, "dtype"));
            return Optional.empty();
        }
        Optional<DType> dtype = DType.of(text);
        if (dtype.isEmpty()) {
            report(name, "dtype " + text + " is not known; known are " + Arrays.toString(DType.values()));
        }
        return dtype;
    }

    private static final long[] NONE = {-1};

    private long[] numbers(String name, Json.Obj entry, String key) {
        if (!(entry.get(key).orElse(new Json.Null()) instanceof Json.Arr(List<Json> items))
                || items.size() > MAX_RANK) {
            report(name, key + ": expected an array of whole numbers, found " + shown(entry, key));
            return NONE;
        }
        long[] numbers = new long[items.size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = items.get(i) instanceof Json.Num number ? whole(number) : -1;
            if (numbers[i] < 0) {
                report(name, key + ": expected whole numbers from 0 to 2^63 - 1, found " + shown(entry, key));
                return NONE;
            }
        }
        return numbers;
    }

    /** The number, or -1 if it is not a whole number that fits. */
    static long whole(Json.Num number) {
        String literal = number.literal();
        if (literal.length() > 19) {
            return -1;
        }
        long value = 0;
        for (int i = 0; i < literal.length(); i++) {
            int digit = literal.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            value = value * 10 + digit; // 19 digits wrap round to a negative number at most
        }
        return value;
    }

    private void add(String name, DType dtype, long[] dims, long[] offsets) {
        if (offsets.length != 2 || offsets[0] > offsets[1]) {
            report(name, "data_offsets: expected [begin, end], found " + Arrays.toString(offsets));
            return;
        }
        Shape shape = shapes.computeIfAbsent(Shape.of(dims), s -> s);
        long bytes;
        try {
            bytes = Math.multiplyExact(shape.elements(), dtype.bytes());
        } catch (ArithmeticException e) {
            report(name, dtype + " " + shape + " has more bytes than a 64-bit number can count");
            return;
        }
        if (offsets[1] - offsets[0] != bytes) {
            report(
                    name,
                    "expected " + bytes + " bytes for " + dtype + " " + shape + ", found data_offsets "
                            + Arrays.toString(offsets) + " (" + (offsets[1] - offsets[0]) + " bytes)");
            return;
        }
        if (offsets[1] > Long.MAX_VALUE - dataStart) {
            report(name, "data_offsets " + Arrays.toString(offsets) + " lie beyond any file");
            return;
        }
        tensors.add(new TensorInfo(name, file, dtype, shape, dataStart + offsets[0], bytes));
    }

    private void checkLayout() {
        long end = dataStart;
        for (int i = 0; i < tensors.size(); i++) {
            TensorInfo tensor = tensors.get(i);
            if (tensor.begin() < end) {
                report(
                        tensor.name(),
                        "its data overlaps that of " + tensors.get(i - 1).name() + "; the header is damaged,"
                                + " download the file again");
            } else if (tensor.begin() > end) {
                report(
                        tensor.name(),
                        (tensor.begin() - end) + " bytes before its data belong to no tensor; the header is damaged,"
                                + " download the file again");
            }
            end = Math.max(end, tensor.begin() + tensor.byteSize());
        }
        long fileEnd = dataStart + dataBytes;
        if (end > fileEnd) {
            long limit = fileEnd;
            String first = tensors.stream()
                    .filter(t -> t.begin() + t.byteSize() > limit)
                    .findFirst()
                    .map(TensorInfo::name)
                    .orElse("");
            problems.add(TensorInfo.where(file, first) + "\n  expected a file of " + end + " bytes, found " + fileEnd
                    + ": the file is shorter than its header says, its download has not finished; run it again");
        } else if (end < fileEnd) {
            problems.add(file + ": expected a file of " + end + " bytes, found " + fileEnd + ": " + (fileEnd - end)
                    + " bytes at the end belong to no tensor\n  the file is damaged, download it again");
        }
    }

    private void report(String tensor, String problem) {
        unreadable.add(tensor);
        problems.add(TensorInfo.where(file, tensor) + "\n  " + problem);
    }

    private static String shown(Json.Obj entry, String key) {
        return entry.get(key).map(SafetensorsHeader::shortened).orElse("nothing");
    }

    private static String shortened(Json value) {
        String text = value.write();
        return text.length() <= 120 ? text : text.substring(0, 120) + "...";
    }
}

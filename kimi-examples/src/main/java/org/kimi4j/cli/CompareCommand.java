package org.kimi4j.cli;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.kimi4j.checkpoint.SafetensorsFile;
import org.kimi4j.checkpoint.TensorInfo;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "compare",
        description =
                "Compares the tensors of two safetensors files, in the order of the first; ends with 1 and names the"
                        + " first tensor over the bound.")
final class CompareCommand implements Callable<Integer> {

    private static final String ROW = "%-28s %-18s %10s %10s %10s  %s%n";

    private final Terminal terminal;

    @Parameters(index = "0", paramLabel = "A", description = "What was computed.")
    private Path a = Path.of("");

    @Parameters(index = "1", paramLabel = "B", description = "What was expected.")
    private Path b = Path.of("");

    @Option(
            names = "--max-rel",
            paramLabel = "BOUND",
            defaultValue = "1e-5",
            description = "Largest root mean square of the difference, relative to that of B; default:"
                    + " ${DEFAULT-VALUE}.")
    private double maxRel;

    CompareCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    /**
     * How far a tensor is from the expected one.
     *
     * @param nmse mean square of the difference, relative to the mean square of the expected values
     * @param maxAbs largest difference
     */
    private record Difference(double nmse, double maxAbs) {
        double relative() {
            return Math.sqrt(nmse);
        }
    }

    @Override
    public Integer call() throws IOException {
        if (!(maxRel >= 0)) {
            throw new CommandFailure("--max-rel: expected at least 0, found " + maxRel);
        }
        SafetensorsFile actual = open(a);
        SafetensorsFile expected = open(b);
        Map<String, TensorInfo> missing = new LinkedHashMap<>();
        expected.tensors().forEach(tensor -> missing.put(tensor.name(), tensor));
        Optional<String> first = Optional.empty();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment actualData = actual.map(arena);
            MemorySegment expectedData = expected.map(arena);
            row("tensor", "shape", "nmse", "rel", "max abs", "");
            for (TensorInfo tensor : actual.tensors()) {
                TensorInfo other = missing.remove(tensor.name());
                Optional<String> fault = other == null
                        ? shapeless(tensor, "not in " + b)
                        : other.shape().equals(tensor.shape())
                                ? numbers(tensor, actualData, other, expectedData)
                                : shapeless(tensor, "is " + other.shape() + " in " + b);
                first = first.or(() -> fault.map(text -> tensor.name() + ": " + text));
            }
            for (TensorInfo tensor : missing.values()) {
                Optional<String> fault = shapeless(tensor, "not in " + a);
                first = first.or(() -> fault.map(text -> tensor.name() + ": " + text));
            }
        }
        first.ifPresent(text -> terminal.err().println("kimi: first difference: " + text));
        return first.isPresent() ? 1 : 0;
    }

    private static SafetensorsFile open(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new CommandFailure(file + ": no such file");
        }
        return SafetensorsFile.open(file);
    }

    private void row(String... cells) {
        terminal.result(String.format(Locale.ROOT, ROW, (Object[]) cells).stripTrailing() + "\n");
    }

    private Optional<String> shapeless(TensorInfo tensor, String fault) {
        row(tensor.name(), tensor.shape().toString(), "-", "-", "-", fault);
        return Optional.of(fault);
    }

    private Optional<String> numbers(TensorInfo x, MemorySegment xs, TensorInfo y, MemorySegment ys) {
        Difference d = difference(x, xs.asSlice(x.begin(), x.byteSize()), y, ys.asSlice(y.begin(), y.byteSize()));
        boolean over = !(d.relative() <= maxRel);
        row(
                x.name(),
                x.shape().toString(),
                number(d.nmse),
                number(d.relative()),
                number(d.maxAbs),
                over ? "over the bound" : "");
        return over
                ? Optional.of("rel " + number(d.relative()) + " is over the bound of " + number(maxRel) + ", max abs "
                        + number(d.maxAbs))
                : Optional.empty();
    }

    private static String number(double value) {
        return value == 0 ? "0" : String.format(Locale.ROOT, "%.3g", value);
    }

    /** A value that is NaN or infinite in one of the two only is infinitely far off. */
    private static Difference difference(TensorInfo x, MemorySegment xs, TensorInfo y, MemorySegment ys) {
        double error = 0;
        double size = 0;
        double maxAbs = 0;
        long elements = x.shape().elements();
        for (long i = 0; i < elements; i++) {
            double actual = Numbers.at(xs, x.dtype(), i);
            double expected = Numbers.at(ys, y.dtype(), i);
            double difference = Double.compare(actual, expected) == 0 ? 0 : Math.abs(actual - expected);
            difference = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : difference;
            error += difference * difference;
            size += Double.isFinite(expected) ? expected * expected : 0;
            maxAbs = Math.max(maxAbs, difference);
        }
        return new Difference(error == 0 ? 0 : error / size, maxAbs);
    }
}

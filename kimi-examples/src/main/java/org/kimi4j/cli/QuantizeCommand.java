package org.kimi4j.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.kimi4j.quant.QuantizationReport;
import org.kimi4j.quant.QuantizationReport.MatrixError;
import org.kimi4j.quant.Quantizer;
import org.kimi4j.quant.Recipe;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "quantize",
        description =
                "Writes a quantised copy of a checkpoint in compressed-tensors' format. May be stopped at any moment"
                        + " and started again: it goes on where it was.")
final class QuantizeCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Option(
            names = "--model",
            required = true,
            paramLabel = "IN",
            description = "Checkpoint directory, or nano for the bundled model.")
    private String model = "";

    @Option(
            names = "--recipe",
            required = true,
            paramLabel = "trunk-int8",
            description =
                    "trunk-int8: attention projections (but kv_b_proj), shared experts, dense layers and output head"
                            + " in INT8.")
    private String recipe = "";

    @Option(
            names = "--group",
            paramLabel = "32|64|128",
            description = "Most elements that share a scale; default: what the recipe says.")
    private @Nullable Integer group;

    @Option(names = "--out", required = true, paramLabel = "OUT", description = "Directory to write.")
    private Path out = Path.of("");

    @Option(names = "--threads", paramLabel = "N", description = "Threads that compute; default: one per core.")
    private @Nullable Integer threads;

    QuantizeCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        Recipe chosen = Recipe.of(recipe);
        Quantizer quantizer =
                Quantizer.of(ModelOptions.locate(model)).recipe(group == null ? chosen : chosen.withGroup(group));
        if (threads != null) {
            if (threads < 1) {
                throw new CommandFailure("--threads: expected at least 1, found " + threads);
            }
            quantizer.threads(threads);
        }
        QuantizationReport report;
        try (Status status = new Status(terminal)) {
            report = quantizer
                    .progress((stage, done, total) -> status.bytes(stage, done, total))
                    .write(out);
        }
        print(report);
        return 0;
    }

    private void print(QuantizationReport report) {
        Map<String, Kind> kinds = new LinkedHashMap<>();
        for (MatrixError matrix : report.matrices()) {
            String name = matrix.name().replaceAll("\\.\\d+(?=\\.)", ".*");
            kinds.computeIfAbsent(name, n -> new Kind(matrix.group())).add(matrix);
        }
        terminal.out().println("relative error (rms): mean and worst of the layers");
        kinds.forEach((name, kind) -> terminal.out()
                .println(String.format(
                        Locale.ROOT,
                        "%4d x %-58s group %3d  %.5f  %.5f",
                        kind.count,
                        name,
                        kind.group,
                        kind.sum / kind.count,
                        kind.worst)));
        Map<String, List<String>> left = new LinkedHashMap<>();
        report.kept().entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .forEach(entry -> left.merge(
                        entry.getKey().replaceAll("\\.\\d+(?=\\.)", ".*"), List.of(entry.getValue()), (a, b) -> a));
        left.forEach((name, reason) -> terminal.out().println("left as it is: " + name + ": " + reason.getFirst()));
        terminal.err()
                .println(String.format(
                        Locale.ROOT,
                        "kimi: %s: %.3f GB of tensors, %.3f before; every matrix in %s",
                        out,
                        report.bytesAfter() / 1e9,
                        report.bytesBefore() / 1e9,
                        QuantizationReport.FILE));
    }

    /** Matrices of one name. */
    private static final class Kind {
        private final int group;
        private int count;
        private double sum;
        private double worst;

        Kind(int group) {
            this.group = group;
        }

        void add(MatrixError matrix) {
            count++;
            sum += matrix.relativeError();
            worst = Math.max(worst, matrix.relativeError());
        }
    }
}

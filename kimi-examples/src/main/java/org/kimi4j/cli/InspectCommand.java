package org.kimi4j.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.kimi4j.checkpoint.Inspection;
import org.kimi4j.json.Json;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "inspect",
        description =
                "Shows what a checkpoint directory holds and everything that is wrong with it; ends with 1 if there"
                        + " is anything. Reads no weights.")
final class InspectCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Parameters(paramLabel = "DIR", description = "Checkpoint directory, a model of the local hub cache, or nano.")
    private String model = "";

    @Option(names = "--json", description = "JSON: parts, patterns, totals, config, chat_format, problems and more.")
    private boolean json;

    @Option(
            names = "--verify",
            description = "Also compare every weight_shape with its tensor, in a large checkpoint too.")
    private boolean verify;

    InspectCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        Path directory = ModelOptions.locate(model);
        if (!Files.isDirectory(directory)) {
            throw new CommandFailure(directory + ": no such folder");
        }
        CheckpointReport report = CheckpointReport.of(directory, verify);
        terminal.result(json ? json(report).write() + "\n" : text(report));
        if (!report.problems().isEmpty()) {
            int count = report.problems().size();
            terminal.err().println("kimi: " + directory + ": " + count + (count == 1 ? " problem" : " problems"));
        }
        return report.problems().isEmpty() ? 0 : 1;
    }

    private static Json.Obj json(CheckpointReport report) {
        Map<String, Json> members =
                new LinkedHashMap<>(report.inspection().json().members());
        members.put("config", report.config());
        members.put(
                "chat_format",
                report.chatFormat()
                        .<Json>map(f -> new Json.Str(f.format().label()))
                        .orElseGet(Json.Null::new));
        members.put("chat_format_reason", new Json.Str(report.chatFormatReason()));
        members.put("left_out", new Json.Arr(strings(report.leftOut())));
        members.put("notes", new Json.Arr(strings(report.notes())));
        members.put("problems", new Json.Arr(strings(report.problems())));
        return new Json.Obj(members);
    }

    private static List<Json> strings(List<String> texts) {
        return texts.stream().<Json>map(Json.Str::new).toList();
    }

    private static String text(CheckpointReport report) {
        StringBuilder out = new StringBuilder();
        Inspection inspection = report.inspection();
        out.append(String.format(Locale.ROOT, "%-20s %10s %16s%n", "part", "tensors", "bytes"));
        for (Inspection.Part part : inspection.parts()) {
            out.append(String.format(Locale.ROOT, "%-20s %10d %,16d%n", part.name(), part.count(), part.bytes()));
        }
        Inspection.Totals totals = inspection.totals();
        out.append(String.format(
                Locale.ROOT,
                "%-20s %10d %,16d in %d files%n%n",
                "all",
                totals.tensors(),
                totals.bytes(),
                totals.shards()));
        int width = inspection.patterns().stream()
                .mapToInt(pattern -> pattern.name().length())
                .max()
                .orElse(10);
        String row = "%-" + width + "s %8s %-5s %-20s %16s%n";
        out.append(String.format(Locale.ROOT, row, "name", "tensors", "type", "shape", "bytes"));
        for (Inspection.TensorPattern p : inspection.patterns()) {
            String bytes = String.format(Locale.ROOT, "%,d", p.bytes());
            out.append(String.format(Locale.ROOT, row, p.name(), p.count(), p.dtype(), p.shape(), bytes));
        }
        out.append("\nchat format: ")
                .append(report.chatFormat().map(f -> f.format().label()).orElse("none"))
                .append(" (")
                .append(report.chatFormatReason())
                .append(")\n");
        list(out, "not read", report.leftOut());
        list(out, "notes", report.notes());
        list(out, "problems", report.problems());
        return out.toString();
    }

    private static void list(StringBuilder out, String title, List<String> lines) {
        if (!lines.isEmpty()) {
            out.append(title).append(":\n");
            new ArrayList<>(lines).forEach(line -> out.append("  ").append(line).append('\n'));
        }
    }
}

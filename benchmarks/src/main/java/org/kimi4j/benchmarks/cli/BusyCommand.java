package org.kimi4j.benchmarks.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.kimi4j.Backend;
import org.kimi4j.benchmarks.measure.Alternation;
import org.kimi4j.benchmarks.measure.Series;
import org.kimi4j.benchmarks.measure.Work;
import org.kimi4j.benchmarks.suite.BusyProcess;
import org.kimi4j.benchmarks.suite.DecodeCase;
import org.kimi4j.config.Precision;
import org.kimi4j.os.Processors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "busy",
        description =
                "Whole decode steps with one thread and with several by turns, first with the machine as it is, then"
                        + " beside processes that keep a processor busy each.")
final class BusyCommand implements Callable<Integer> {

    @Option(names = "--model", required = true, paramLabel = "DIR", description = "Checkpoint.")
    private Path model = Path.of("");

    @Option(
            names = "--backend",
            defaultValue = "vector",
            paramLabel = "vector|native",
            description = "Kernels; default: ${DEFAULT-VALUE}.")
    private Backend backend = Backend.VECTOR;

    @Option(names = "--precision", defaultValue = "fast", paramLabel = "exact|fast")
    private Precision precision = Precision.FAST;

    @Option(names = "--threads", paramLabel = "N", description = "Beside one. Default: one per physical core.")
    private int threads = Processors.physicalCores();

    @Option(
            names = "--busy",
            defaultValue = "1",
            paramLabel = "N",
            description = "Busy processes; default: ${DEFAULT-VALUE}.")
    private int busy;

    @Option(
            names = "--tokens",
            defaultValue = "4",
            paramLabel = "N",
            description = "Of a run; default: ${DEFAULT-VALUE}.")
    private int tokens;

    @Option(names = "--rounds", paramLabel = "N", description = "Alternations; default: ${DEFAULT-VALUE}.")
    private int rounds = Alternation.STANDARD.rounds();

    @Override
    public Integer call() throws IOException {
        try (DecodeCase one = new DecodeCase(model, backend, precision, 1, 0, tokens);
                DecodeCase several = new DecodeCase(model, backend, precision, threads, 0, tokens)) {
            List<Work> works =
                    List.of(one.work().named("1 thread"), several.work().named(threads + " threads"));
            report("the machine as it is", new Alternation(rounds, 0, 5_000).run(works));
            List<BusyProcess> processes = new ArrayList<>();
            try {
                for (int i = 0; i < busy; i++) {
                    processes.add(BusyProcess.start());
                }
                report(
                        busy + (busy == 1 ? " busy process" : " busy processes"),
                        new Alternation(rounds, 0, 500).run(works));
            } finally {
                processes.forEach(BusyProcess::close);
            }
        }
        return 0;
    }

    private void report(String beside, List<Series> run) {
        System.out.printf(Locale.ROOT, "%s, %d tokens a run, %d alternations%n", beside, tokens, rounds);
        for (Series s : run) {
            System.out.printf(
                    Locale.ROOT,
                    "  %-10s %7.2f tokens/s, p10..p90 %.2f..%.2f, %.3f of one thread, foreign %.2f%n",
                    s.work().name(),
                    tokens / s.medianSeconds(),
                    tokens / Series.quantile(s.seconds(), 0.9),
                    tokens / Series.quantile(s.seconds(), 0.1),
                    s.bytesRatio(run.getFirst()),
                    s.foreignCores().orElse(Double.NaN));
        }
    }
}

package org.kimi4j.benchmarks.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.kimi4j.Backend;
import org.kimi4j.benchmarks.measure.Alternation;
import org.kimi4j.benchmarks.measure.Series;
import org.kimi4j.benchmarks.suite.Case;
import org.kimi4j.benchmarks.suite.DecodeCase;
import org.kimi4j.benchmarks.suite.Report;
import org.kimi4j.config.Precision;
import org.kimi4j.os.Processors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "decode",
        description = "Whole decode steps of a checkpoint by turns with the read-only pass over the same tensors.")
final class DecodeCommand implements Callable<Integer> {

    @Option(
            names = "--model",
            required = true,
            paramLabel = "DIR",
            description = "Checkpoint; several, for example with another trunk, run by turns.")
    private List<Path> models = List.of();

    @Option(
            names = "--backend",
            split = ",",
            defaultValue = "vector",
            paramLabel = "vector|native",
            description = "Kernels; default: ${DEFAULT-VALUE}.")
    private List<Backend> backends = List.of();

    @Option(names = "--precision", defaultValue = "fast", paramLabel = "exact|fast")
    private Precision precision = Precision.FAST;

    @Option(names = "--threads", paramLabel = "N", description = "Default: one per physical core.")
    private int threads = Processors.physicalCores();

    @Option(
            names = "--tokens",
            defaultValue = "4",
            paramLabel = "N",
            description = "Of a run; default: ${DEFAULT-VALUE}.")
    private int tokens;

    @Option(names = "--depth", defaultValue = "0", paramLabel = "N", description = "Positions in the cache before.")
    private int depth;

    @Option(names = "--rounds", paramLabel = "N", description = "Alternations; default: ${DEFAULT-VALUE}.")
    private int rounds = Alternation.STANDARD.rounds();

    @Option(names = "--csv", paramLabel = "FILE", description = "File that figures are added to.")
    private @Nullable Path csv;

    @Override
    public Integer call() throws IOException {
        // Native is measured where it can run, beside vector; the names of works say which is which.
        List<DecodeCase> opened = new ArrayList<>();
        try {
            for (Path model : models) {
                for (Backend backend : backends) {
                    opened.add(new DecodeCase(model, backend, precision, threads, depth, tokens));
                }
            }
            Case all = DecodeCase.together(
                    opened, String.format(Locale.ROOT, "depth %d, %d tokens a run", depth, tokens), threads);
            List<Series> run = all.run(new Alternation(rounds, 0, 6_000));
            System.out.println(Report.table(all, run));
            for (int i = 0; i < opened.size(); i++) {
                System.out.printf(
                        Locale.ROOT,
                        "%s: %.2f tokens/s%n",
                        run.get(i).work().name(),
                        tokens / run.get(i).medianSeconds());
                System.out.println(opened.get(i).overhead(run.get(i).medianSeconds() / tokens));
            }
            if (csv != null) {
                Report.append(csv, all, run);
            }
        } finally {
            opened.forEach(DecodeCase::close);
        }
        return 0;
    }
}

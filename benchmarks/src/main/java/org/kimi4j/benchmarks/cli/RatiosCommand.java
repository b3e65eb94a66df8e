package org.kimi4j.benchmarks.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.kimi4j.benchmarks.measure.Alternation;
import org.kimi4j.benchmarks.measure.Series;
import org.kimi4j.benchmarks.suite.Case;
import org.kimi4j.benchmarks.suite.Report;
import org.kimi4j.benchmarks.suite.Suites;
import org.kimi4j.benchmarks.suite.WeightPool;
import org.kimi4j.os.Processors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "ratios",
        description = "Kernels by turns with the read-only pass and the FMA peak: medians of ratios in one run.")
final class RatiosCommand implements Callable<Integer> {

    /** A suite by the name of the command line. */
    enum Suite {
        GEMV_INT4(Suites::gemvInt4),
        GEMV_BF16(Suites::gemvBf16),
        GEMV_INT8(Suites::gemvInt8),
        MOE(Suites::moe),
        ATTENTION(s -> s.attention(4_096, 16_384, 131_072)),
        PREFILL(s -> s.prefill(8, 16, 64, 85, 128, 256)),
        PREFILL_BF16(s -> s.prefillBf16(16, 128, 512)),
        TOWER(Suites::tower);

        private final Function<Suites, List<Case>> cases;

        Suite(Function<Suites, List<Case>> cases) {
            this.cases = cases;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    @Parameters(arity = "1..*", paramLabel = "SUITE", description = "Of ${COMPLETION-CANDIDATES}.")
    private List<Suite> suites = List.of();

    @Option(names = "--threads", paramLabel = "N", description = "Default: one per physical core.")
    private int threads = Processors.physicalCores();

    @Option(names = "--rounds", paramLabel = "N", description = "Alternations; default: ${DEFAULT-VALUE}.")
    private int rounds = Alternation.STANDARD.rounds();

    @Option(names = "--warm-up", paramLabel = "MS", description = "Of each work; default: ${DEFAULT-VALUE}.")
    private int warmUp = Alternation.STANDARD.warmUpMillis();

    @Option(
            names = "--thread-time",
            description =
                    "Processor time of the thread instead of the clock's; with one thread only. For a machine that"
                            + " others use: ratios stay meaningful, foreign processors still share the memory.")
    private boolean threadTime;

    @Option(names = "--csv", paramLabel = "FILE", description = "File that figures are added to.")
    private @Nullable Path csv;

    @Mixin
    private final PoolOptions pool = new PoolOptions();

    @Override
    public Integer call() throws IOException {
        if (threadTime && threads != 1) {
            throw new IllegalArgumentException("--thread-time counts one thread: it needs --threads 1, got " + threads);
        }
        Alternation alternation = new Alternation(rounds, Alternation.STANDARD.sampleMillis(), warmUp, threadTime);
        try (WeightPool weights = pool.open();
                Suites all = new Suites(weights, threads)) {
            for (Suite suite : suites) {
                for (Case one : suite.cases.apply(all)) {
                    List<Series> run = one.run(alternation);
                    System.out.println(Report.table(one, run));
                    if (csv != null) {
                        Report.append(csv, one, run);
                    }
                }
            }
        }
        return 0;
    }
}

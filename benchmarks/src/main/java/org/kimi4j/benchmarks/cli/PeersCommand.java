package org.kimi4j.benchmarks.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.kimi4j.benchmarks.measure.Alternation;
import org.kimi4j.benchmarks.measure.Series;
import org.kimi4j.benchmarks.suite.PeerCase;
import org.kimi4j.benchmarks.suite.Report;
import org.kimi4j.benchmarks.suite.WeightPool;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "peers",
        description =
                "INT4 products by turns with ONNX Runtime's and Jlama's, which are there if KIMI_PEERS=1 was set when"
                        + " the benchmarks were built. Results are compared first.")
final class PeersCommand implements Callable<Integer> {

    /** Weights of one row's pass: 330 MB, ten times the largest cache in use. */
    private static final int COLD = 40;
    /** Weights of a pass of many rows, which is bound by arithmetic. */
    private static final int FEW = 4;

    @Option(
            names = "--rows",
            split = ",",
            defaultValue = "1,64,256",
            paramLabel = "N",
            description = "Default: ${DEFAULT-VALUE}.")
    private List<Integer> rows = List.of();

    @Option(names = "--threads", defaultValue = "1", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}.")
    private int threads;

    @Option(names = "--rounds", paramLabel = "N", description = "Alternations; default: ${DEFAULT-VALUE}.")
    private int rounds = Alternation.STANDARD.rounds();

    @Option(names = "--csv", paramLabel = "FILE", description = "File that figures are added to.")
    private @Nullable Path csv;

    @Mixin
    private final PoolOptions pool = new PoolOptions();

    @Override
    public Integer call() throws Exception {
        Alternation alternation = new Alternation(rounds, 60, Alternation.STANDARD.warmUpMillis());
        try (WeightPool weights = pool.open()) {
            for (int count : rows) {
                try (PeerCase peers = new PeerCase(weights, count == 1 ? COLD : FEW, count, threads)) {
                    List<Series> run = peers.measured().run(alternation);
                    System.out.println(Report.table(peers.measured(), run));
                    peers.terms().forEach(System.out::println);
                    System.out.println();
                    if (csv != null) {
                        Report.append(csv, peers.measured(), run);
                    }
                }
            }
        }
        return 0;
    }
}

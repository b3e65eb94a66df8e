package org.kimi4j.benchmarks.cli;

import java.io.IOException;
import java.nio.file.Path;
import org.kimi4j.benchmarks.suite.WeightPool;
import picocli.CommandLine.Option;

/** Where the pool of weights is. */
final class PoolOptions {

    @Option(
            names = "--pool",
            paramLabel = "FILE",
            description = "File of the pool of weights, 5 GB; written if it is missing. Default: ${DEFAULT-VALUE}.")
    private Path file = Path.of(System.getProperty("java.io.tmpdir"), "kimi-benchmarks.pool");

    @Option(names = "--seed", paramLabel = "S", defaultValue = "1", description = "Seed of the choices of weights.")
    private long seed;

    /** The pool; the caller owns it. */
    WeightPool open() throws IOException {
        System.err.println("benchmarks: opening the pool of weights " + file);
        return WeightPool.open(file, WeightPool.coldExperts(), seed);
    }
}

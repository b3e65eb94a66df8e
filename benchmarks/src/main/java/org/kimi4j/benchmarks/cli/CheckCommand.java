package org.kimi4j.benchmarks.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.kimi4j.benchmarks.check.Regression;
import org.kimi4j.benchmarks.check.Verdict;
import org.kimi4j.benchmarks.suite.WeightPool;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "check",
        description = "Fails, with exit code 1, if a vector kernel boxes its vectors or falls under its bound.")
final class CheckCommand implements Callable<Integer> {

    @Parameters(
            arity = "0..*",
            paramLabel = "NAME",
            description = "Beginnings of names, as \"int4 x 1\"; all kernels if there are none.")
    private List<String> names = List.of();

    @Override
    public Integer call() throws IOException {
        Path file = Files.createTempFile("kimi-check", ".pool");
        try (WeightPool weights = WeightPool.small(file, 1);
                Regression regression = new Regression(weights)) {
            List<Verdict> verdicts = new ArrayList<>();
            regression.run(names, verdict -> {
                System.out.println(verdict);
                verdicts.add(verdict);
            });
            return verdicts.stream().allMatch(Verdict::passed) ? 0 : 1;
        } finally {
            Files.deleteIfExists(file);
        }
    }
}

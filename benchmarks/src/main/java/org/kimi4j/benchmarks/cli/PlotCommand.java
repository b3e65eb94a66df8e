package org.kimi4j.benchmarks.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.kimi4j.benchmarks.plot.Plots;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "plot",
        description = "Draws the figures of csv files, of ratios and of kimi bench alike, as PNG files into a folder.")
final class PlotCommand implements Callable<Integer> {

    @Parameters(arity = "1..*", paramLabel = "CSV", description = "Files that ratios, peers or kimi bench wrote.")
    private List<Path> files = List.of();

    @Option(
            names = "--out",
            defaultValue = "docs/plots",
            paramLabel = "DIR",
            description = "Default: ${DEFAULT-VALUE}.")
    private Path folder = Path.of("docs/plots");

    @Override
    public Integer call() throws IOException {
        for (Path file : files) {
            for (Path drawn : Plots.draw(file, folder)) {
                System.out.println(drawn);
            }
        }
        return 0;
    }
}

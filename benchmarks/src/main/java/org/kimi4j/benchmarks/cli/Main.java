package org.kimi4j.benchmarks.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command line of the benchmarks: {@code benchmarks/run COMMAND}. */
@Command(
        name = "benchmarks/run",
        description = "Measures kernels beside what the machine can do, and beside other engines.",
        synopsisSubcommandLabel = "COMMAND")
public final class Main {

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = CommandLine.ScopeType.INHERIT,
            description = "Show this help.")
    private boolean help;

    private Main() {}

    /** Runs one command and ends the JVM with its exit code. */
    public static void main(String[] args) {
        CommandLine line = new CommandLine(new Main())
                .addSubcommand(new RatiosCommand())
                .addSubcommand(new PeersCommand())
                .addSubcommand(new CheckCommand())
                .addSubcommand(new DecodeCommand())
                .addSubcommand(new BusyCommand())
                .addSubcommand(new PlotCommand())
                .addSubcommand(new TowerCommand())
                .setCaseInsensitiveEnumValuesAllowed(true);
        if (args.length == 0) {
            line.usage(System.err);
            System.exit(CommandLine.ExitCode.USAGE);
        }
        System.exit(line.execute(args));
    }
}

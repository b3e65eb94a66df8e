package org.kimi4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.kimi4j.chat.ChatFormat;
import org.kimi4j.error.KimiException;
import org.kimi4j.error.UnsupportedOptionException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The {@code kimi} command. Exit codes: 0 for success, 1 for a failure, which is explained on standard error, 2 for wrong
 * usage.
 */
public final class Main {

    @Command(
            name = "kimi",
            description = "Kimi K2.5 in this process: talk to a checkpoint, look into it, test with it.",
            synopsisSubcommandLabel = "COMMAND",
            versionProvider = Version.class)
    private static final class Root {

        @Option(
                names = {"-h", "--help"},
                usageHelp = true,
                scope = CommandLine.ScopeType.INHERIT,
                description = "Show this help.")
        private boolean help;

        @Option(
                names = {"-V", "--version"},
                versionHelp = true,
                description = "Show the version.")
        private boolean version;
    }

    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"kimi " + (version == null ? "(not packaged)" : version)};
        }
    }

    private Main() {}

    /** Runs one command and ends the JVM with its exit code. */
    public static void main(String[] args) {
        System.exit(run(Terminal.ofProcess(), args));
    }

    /** Runs one command. */
    static int run(Terminal terminal, String... args) {
        CommandLine line = new CommandLine(new Root())
                .addSubcommand(new ChatCommand(terminal))
                .addSubcommand(new AskCommand(terminal))
                .addSubcommand(new InspectCommand(terminal))
                .addSubcommand(new TokenizeCommand(terminal))
                .addSubcommand(new DetokenizeCommand(terminal))
                .addSubcommand(new RenderCommand(terminal))
                .addSubcommand(new PreprocessCommand(terminal))
                .addSubcommand(new EmbedImageCommand(terminal))
                .addSubcommand(new LogitsCommand(terminal))
                .addSubcommand(new DumpCommand(terminal))
                .addSubcommand(new CompareCommand(terminal))
                .addSubcommand(new BenchCommand(terminal))
                .addSubcommand(new QuantizeCommand(terminal))
                .addSubcommand(new PerplexityCommand(terminal))
                .addSubcommand(MakeCheckpointCommand.line(terminal));
        line.setOut(new PrintWriter(terminal.out(), true))
                .setErr(new PrintWriter(terminal.err(), true))
                // A question may begin with @.
                .setExpandAtFiles(false)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .registerConverter(ChatFormat.class, Main::chatFormat)
                .setParameterExceptionHandler((misuse, _) -> explain(terminal, misuse))
                .setExecutionExceptionHandler((failure, _, _) -> report(terminal, failure));
        if (args.length == 0) {
            line.usage(terminal.err());
            return CommandLine.ExitCode.USAGE;
        }
        try {
            return line.execute(args);
        } finally {
            terminal.out().flush();
        }
    }

    private static ChatFormat chatFormat(String label) {
        try {
            return ChatFormat.of(label);
        } catch (UnsupportedOptionException e) {
            throw new CommandLine.TypeConversionException(e.getMessage());
        }
    }

    private static int explain(Terminal terminal, CommandLine.ParameterException misuse) {
        CommandLine command = misuse.getCommandLine();
        terminal.err().println("kimi: " + misuse.getMessage());
        CommandLine.UnmatchedArgumentException.printSuggestions(misuse, new PrintWriter(terminal.err(), true));
        terminal.err()
                .println("usage: " + command.getHelp().synopsis(0).strip() + "\n" + "try: "
                        + command.getCommandSpec().qualifiedName() + " --help");
        return CommandLine.ExitCode.USAGE;
    }

    private static int report(Terminal terminal, Exception failure) {
        switch (failure) {
            case KimiException e -> terminal.err().println("kimi: " + e.getMessage());
            case CommandFailure e -> terminal.err().println("kimi: " + e.getMessage());
            case UncheckedIOException e -> terminal.err().println("kimi: " + text(e.getCause()));
            case IOException e -> terminal.err().println("kimi: " + text(e));
            case Exception e
            when hasCause(e, OutOfMemoryError.class) ->
                terminal.err()
                        .println("kimi: Java's heap is too small for this; raise it with"
                                + " KIMI_JAVA_OPTIONS=-Xmx8g, for example");
            default -> {
                terminal.err().println("kimi: this is a bug, please report it:");
                failure.printStackTrace(terminal.err());
            }
        }
        return CommandLine.ExitCode.SOFTWARE;
    }

    private static boolean hasCause(Throwable failure, Class<? extends Throwable> type) {
        for (Throwable t = failure; t != null; t = t.getCause()) {
            if (type.isInstance(t)) {
                return true;
            }
        }
        return false;
    }

    private static String text(IOException e) {
        return switch (e) {
            case NoSuchFileException missing -> missing.getFile() + ": no such file or folder";
            case AccessDeniedException denied -> denied.getFile() + ": access denied";
            case FileAlreadyExistsException there -> there.getFile() + ": exists already";
            case FileSystemException f -> f.getFile() + ": " + f.getReason();
            default -> e.getMessage() == null ? e.toString() : e.getMessage();
        };
    }
}

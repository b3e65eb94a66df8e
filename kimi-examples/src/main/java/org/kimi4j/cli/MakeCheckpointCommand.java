package org.kimi4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.kimi4j.testkit.ModelShape;
import org.kimi4j.testkit.Size;
import org.kimi4j.testkit.SyntheticCheckpoint;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "make-checkpoint",
        description =
                "Writes a checkpoint of random weights in K2.5's layout, with tokenizer and configuration. Its sizes"
                        + " are those of K2.5 (595 GB) but for what the options change.")
final class MakeCheckpointCommand implements Callable<Integer> {

    private static final Map<Size, String> SHORT_NAMES = Map.of(
            Size.NUM_HIDDEN_LAYERS, "--layers", Size.N_ROUTED_EXPERTS, "--experts", Size.HIDDEN_SIZE, "--hidden");

    private enum Shape {
        K25,
        TINY
    }

    private final Terminal terminal;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "OUT", description = "Directory to write; must be new or empty.")
    private Path out = Path.of("");

    @Option(
            names = "--shape",
            paramLabel = "k25|tiny",
            defaultValue = "k25",
            description = "Sizes to begin with; default: ${DEFAULT-VALUE}.")
    private Shape shape = Shape.K25;

    @Option(names = "--seed", paramLabel = "S", defaultValue = "42", description = "Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(names = "--vision", description = "With vision tower and projector.")
    private boolean vision;

    @Option(names = "--sparse", description = "Weights are holes in the files and read as zeros; done in a moment.")
    private boolean sparse;

    private MakeCheckpointCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    /** The command with an option for each size. */
    static CommandLine line(Terminal terminal) {
        CommandLine line = new CommandLine(new MakeCheckpointCommand(terminal));
        for (Size size : Size.values()) {
            List<String> names = new ArrayList<>();
            if (SHORT_NAMES.containsKey(size)) {
                names.add(SHORT_NAMES.get(size));
            }
            names.add(optionName(size));
            line.getCommandSpec()
                    .addOption(OptionSpec.builder(names.toArray(String[]::new))
                            .type(Integer.class)
                            .paramLabel("N")
                            .description(size.key() + "; K2.5 has " + size.inK25() + ".")
                            .build());
        }
        return line;
    }

    private static String optionName(Size size) {
        return "--" + size.key().replace('_', '-');
    }

    @Override
    public Integer call() throws IOException {
        SyntheticCheckpoint checkpoint;
        try {
            checkpoint =
                    SyntheticCheckpoint.of(sizes()).seed(seed).vision(vision).sparse(sparse);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
        requireRoom(checkpoint);
        try (Status status = new Status(terminal)) {
            checkpoint
                    .progress((done, total) -> status.bytes("writing", done, total))
                    .write(out);
        }
        terminal.err()
                .println(String.format(
                        Locale.ROOT, "kimi: %s: %.2f GB of tensors", out, checkpoint.tensorBytes() / 1e9));
        return 0;
    }

    private ModelShape sizes() {
        ModelShape chosen = switch (shape) {
            case K25 -> ModelShape.k25();
            case TINY -> ModelShape.tiny();
        };
        for (Size size : Size.values()) {
            Integer value = spec.findOption(optionName(size)).getValue();
            if (value != null) {
                chosen = chosen.with(size, value);
            }
        }
        return chosen;
    }

    private void requireRoom(SyntheticCheckpoint checkpoint) throws IOException {
        if (Files.exists(out)) {
            try (Stream<Path> entries = Files.list(out)) {
                if (entries.findAny().isPresent()) {
                    throw new CommandFailure(out + ": expected a new or empty folder");
                }
            }
        }
        Files.createDirectories(out);
        long room = Files.getFileStore(out).getUsableSpace();
        if (!sparse && room < checkpoint.tensorBytes()) {
            throw new CommandFailure(String.format(
                    Locale.ROOT,
                    "%s: the checkpoint needs %.1f GB, the disk has %.1f GB; choose fewer --layers or --experts, or"
                            + " --sparse",
                    out,
                    checkpoint.tensorBytes() / 1e9,
                    room / 1e9));
        }
    }
}

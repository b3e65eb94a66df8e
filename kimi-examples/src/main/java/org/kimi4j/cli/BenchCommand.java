package org.kimi4j.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.kimi4j.Backend;
import org.kimi4j.KimiModel;
import org.kimi4j.KimiOptions;
import org.kimi4j.cache.CacheShape;
import org.kimi4j.config.KvType;
import org.kimi4j.config.ModelConfig;
import org.kimi4j.config.Precision;
import org.kimi4j.config.TextConfig;
import org.kimi4j.os.Processors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "bench",
        description =
                "Measures prefill and decode, in tokens per second, at growing context and with several sessions at"
                        + " a time. Requests are of random tokens and go through the library as all requests do.")
final class BenchCommand implements Callable<Integer> {

    /** How a context comes into the cache. */
    private enum Fill {
        RANDOM,
        PREFILL
    }

    private enum Phase {
        PREFILL,
        DECODE
    }

    private final Terminal terminal;

    @Option(names = "--model", required = true, paramLabel = "DIR", description = "Checkpoint directory, or nano.")
    private String model = "";

    @Option(
            names = "--backend",
            paramLabel = "auto|scalar|vector|native|gpu",
            description = "Kernels that compute; default: auto, or what the property kimi.backend says.")
    private @Nullable Backend backend;

    @Option(
            names = "--precision",
            paramLabel = "exact|fast",
            defaultValue = "fast",
            description = "Arithmetic; default: ${DEFAULT-VALUE}.")
    private Precision precision = Precision.FAST;

    @Option(names = "--kv", paramLabel = "TYPE", description = "What the cache stores: ${COMPLETION-CANDIDATES}.")
    private @Nullable KvType kv;

    @Option(
            names = "--threads",
            split = ",",
            paramLabel = "N",
            description = "Threads that compute, one run of all for each; default: one per physical core.")
    private List<Integer> threads = List.of(Processors.physicalCores());

    @Option(
            names = "--sessions",
            split = ",",
            defaultValue = "1",
            paramLabel = "N",
            description = "Sessions at a time.")
    private List<Integer> sessions = List.of();

    @Option(
            names = "--depth",
            split = ",",
            defaultValue = "0",
            paramLabel = "N",
            description = "Positions in the cache before; default: ${DEFAULT-VALUE}.")
    private List<Integer> depths = List.of();

    @Option(
            names = "--fill",
            paramLabel = "random|prefill",
            defaultValue = "random",
            description = "Whether these are random latents, which takes a moment, or read; default: ${DEFAULT-VALUE}.")
    private Fill fill = Fill.RANDOM;

    @Option(
            names = "--phase",
            split = ",",
            defaultValue = "prefill,decode",
            paramLabel = "PHASE",
            description = "Of prefill and decode; default: both.")
    private List<Phase> phases = List.of();

    @Option(names = "--prompt", defaultValue = "512", paramLabel = "N", description = "Tokens that prefill reads.")
    private int prompt;

    @Option(names = "--tokens", defaultValue = "32", paramLabel = "N", description = "Tokens that decode generates.")
    private int tokens;

    @Option(names = "--repetitions", defaultValue = "5", paramLabel = "N", description = "Samples of each line.")
    private int repetitions;

    @Option(names = "--warm-up", defaultValue = "10", paramLabel = "SECONDS", description = "Before the first sample.")
    private double warmUp;

    @Option(
            names = "--format",
            paramLabel = "csv|json|markdown",
            defaultValue = "markdown",
            description = "Form of the output; json has one object a line. Default: ${DEFAULT-VALUE}.")
    private BenchRow.Format format = BenchRow.Format.MARKDOWN;

    @Option(names = "--out", paramLabel = "FILE", description = "File to write; default: standard output.")
    private @Nullable Path out;

    BenchCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        requirePositive("--threads", threads, 1);
        requirePositive("--sessions", sessions, 1);
        requirePositive("--depth", depths, 0);
        requirePositive("--prompt", List.of(prompt), 1);
        requirePositive("--tokens", List.of(tokens), 1);
        requirePositive("--repetitions", List.of(repetitions), 1);
        if (out == null) {
            measure(terminal.out());
            return 0;
        }
        try (NewFile file = new NewFile(out);
                PrintStream stream = new PrintStream(file.path().toFile(), StandardCharsets.UTF_8)) {
            measure(stream);
            if (stream.checkError()) {
                throw new CommandFailure(out + ": cannot be written");
            }
            file.finish();
        }
        return 0;
    }

    private static void requirePositive(String option, List<Integer> values, int least) {
        for (int value : values) {
            if (value < least) {
                throw new CommandFailure(option + ": expected at least " + least + ", found " + value);
            }
        }
    }

    private void measure(PrintStream to) {
        BenchRow.head(format).forEach(to::println);
        for (int count : threads) {
            Path directory = ModelOptions.locate(model);
            long began = System.nanoTime();
            try (KimiModel opened = KimiModel.open(directory, options(directory, count))) {
                double openSeconds = (System.nanoTime() - began) / 1e9;
                List<String> run = List.of(
                        directory.getFileName().toString(),
                        opened.kernelsName(),
                        opened.options().precision().name().toLowerCase(Locale.ROOT),
                        opened.options().kvType().name().toLowerCase(Locale.ROOT),
                        Integer.toString(count));
                Bench bench = new Bench(opened, run, repetitions, fill == Fill.PREFILL);
                tell("opened in %.2f s", openSeconds);
                tellFirst("cold", bench.firstTokens(prompt));
                bench.warmUp(warmUp, prompt);
                tellFirst("warm", bench.firstTokens(prompt));
                for (int depth : depths) {
                    for (int together : sessions) {
                        for (Phase phase : phases) {
                            BenchRow row = switch (phase) {
                                case PREFILL -> bench.prefill(together, depth, prompt);
                                case DECODE -> bench.decode(together, depth, tokens);
                            };
                            to.println(row.line(format));
                            to.flush();
                        }
                    }
                }
            }
        }
    }

    private void tellFirst(String when, double[] seconds) {
        tell(
                "%s: first token of a prompt of %d after %.3f s, the second %.3f s later",
                when, prompt, seconds[0], seconds[1]);
    }

    private void tell(String text, Object... values) {
        terminal.err().println("kimi: " + String.format(Locale.ROOT, text, values));
    }

    private KimiOptions options(Path directory, int count) {
        KimiOptions chosen = KimiOptions.DEFAULTS.with(o -> {
            if (backend != null) {
                o.backend(backend);
            }
            if (kv != null) {
                o.kvType(kv);
            }
            return o.precision(precision).threads(count);
        });
        int together = sessions.stream().mapToInt(Integer::intValue).max().orElse(1);
        TextConfig c = ModelConfig.read(directory).textConfig();
        CacheShape shape = new CacheShape(c.numHiddenLayers(), c.kvLoraRank(), c.qkRopeHeadDim(), chosen.kvType());
        // What a request needs counts as a whole though it shares a context, and repetitions leave their own ends
        // behind.
        int positions = longest() + Math.max(prompt, tokens) + 1;
        long ends = (long) (repetitions + 2) * together * shape.bytesFor(Math.max(prompt, tokens) + 64);
        long budget = 2L * together * shape.bytesFor(positions) + ends;
        return chosen.with(o -> o.maxBatch(Math.max(together, 1)).kvBudget(budget));
    }

    private int longest() {
        List<Integer> all = new ArrayList<>(depths);
        all.sort(null);
        return all.getLast();
    }
}

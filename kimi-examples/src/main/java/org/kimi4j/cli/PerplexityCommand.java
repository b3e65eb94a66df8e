package org.kimi4j.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.kimi4j.KimiModel;
import org.kimi4j.KimiOptions;
import org.kimi4j.config.KvType;
import org.kimi4j.config.Precision;
import org.kimi4j.quant.Perplexity;
import org.kimi4j.quant.PerplexityReport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "perplexity",
        description =
                "Measures how well a model predicts a text and, with --against, how far it is from another model.")
final class PerplexityCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Option(
            names = "--model",
            required = true,
            paramLabel = "A",
            description = "Checkpoint directory, or nano for the bundled model.")
    private String model = "";

    @Option(
            names = "--against",
            paramLabel = "B",
            description = "The model to compare with, normally the one that A was made of.")
    private @Nullable String against;

    @Option(names = "--against-precision", paramLabel = "exact|fast", description = "Of B; default: that of A.")
    private @Nullable Precision againstPrecision;

    @Option(names = "--against-kv", paramLabel = "TYPE", description = "Of B; default: that of A.")
    private @Nullable KvType againstKv;

    @Option(names = "--text", required = true, paramLabel = "F", description = "UTF-8 text, or the same as F.gz.")
    private Path text = Path.of("");

    @Option(
            names = "--raw",
            description = "Names of control tokens mean these tokens, and [EOS] ends a document; without this they are"
                    + " plain text and F is one document.")
    private boolean raw;

    @Option(names = "--replies", description = "With --raw: only what assistants wrote counts.")
    private boolean replies;

    @Option(names = "--join", description = "With --raw: documents follow each other in one window.")
    private boolean join;

    @Option(names = "--window", paramLabel = "N", description = "Most tokens read with one cache; default: 2048.")
    private @Nullable Integer window;

    @Option(
            names = "--from",
            paramLabel = "N",
            defaultValue = "1",
            description = "First position of a window that counts; default: ${DEFAULT-VALUE}.")
    private int from;

    @Mixin
    private final ModelOptions run = new ModelOptions();

    PerplexityCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        if (!raw && (replies || join)) {
            throw new CommandFailure("--replies and --join need --raw");
        }
        String content = content();
        KimiOptions options = run.toOptions();
        try (KimiModel one = KimiModel.open(ModelOptions.locate(model), options)) {
            if (against == null) {
                measure(Perplexity.of(one), content);
                return 0;
            }
            KimiOptions others = options.with(o -> {
                if (againstPrecision != null) {
                    o.precision(againstPrecision);
                }
                return againstKv == null ? o : o.kvType(againstKv);
            });
            try (KimiModel other = KimiModel.open(ModelOptions.locate(against), others)) {
                measure(Perplexity.of(one).against(other), content);
            }
        }
        return 0;
    }

    private String content() throws IOException {
        try (InputStream file = Files.newInputStream(text);
                InputStream in = text.toString().endsWith(".gz") ? new GZIPInputStream(file) : file) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private void measure(Perplexity perplexity, String content) {
        PerplexityReport report;
        try (Status status = new Status(terminal)) {
            perplexity
                    .controlTokens(raw)
                    .repliesOnly(replies)
                    .joined(join)
                    .firstPosition(from)
                    .progress((done, total) -> status.steps("reading", done, total));
            report = (window == null ? perplexity : perplexity.window(window)).measure(content);
        }
        line("tokens            %,d in %,d windows", report.tokens(), report.windows());
        line("positions         %,d", report.positions());
        line("perplexity        %.5f", report.perplexity());
        report.against().ifPresent(reference -> {
            line("  of the other    %.5f (%+.3f %%)", reference.perplexity(), 100 * (report.perplexityRatio() - 1));
            line("KL divergence     %.3e mean, %.3e largest", reference.meanKl(), reference.maxKl());
            line("top-1 changes     %,d (%.3f %%)", reference.topChanges(), 100 * report.topChangeRate());
        });
    }

    private void line(String format, Object... values) {
        terminal.out().println(String.format(Locale.ROOT, format, values));
    }
}

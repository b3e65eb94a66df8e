package org.kimi4j.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.kimi4j.GenerateOptions;
import org.kimi4j.Kimi;
import org.kimi4j.KimiModel;
import org.kimi4j.KimiOptions;
import org.kimi4j.chat.ChatFormat;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which model answers and how, for {@code ask} and {@code chat}. */
final class AnswerOptions {

    @Option(
            names = "--model",
            paramLabel = "DIR",
            defaultValue = "nano",
            description = "Checkpoint directory, a model of the local hub cache such as moonshotai/Kimi-K2.5, or nano,"
                    + " the small bundled model; default: ${DEFAULT-VALUE}.")
    private String model = "";

    @Option(
            names = "--chat-format",
            paramLabel = "NAME",
            description = "Prompt format: k2.5, k2.6, k2-thinking, k2.7-code; default: what the checkpoint says.")
    private @Nullable ChatFormat chatFormat;

    @Option(names = "--instant", description = "Answer at once, without thinking.")
    private boolean instant;

    @Option(names = "--system", paramLabel = "TEXT", description = "System prompt.")
    private @Nullable String system;

    @Option(names = "--seed", paramLabel = "N", description = "Seed of the draws; default: another one each time.")
    private @Nullable Long seed;

    @Option(names = "--max-tokens", paramLabel = "N", description = "Most tokens of an answer, thinking included.")
    private @Nullable Integer maxTokens;

    @Option(names = "--max-thinking-tokens", paramLabel = "N", description = "Most tokens of thinking.")
    private @Nullable Integer maxThinkingTokens;

    @Option(
            names = "--temperature",
            paramLabel = "T",
            description = "0 is greedy; default: 1.0 thinking, 0.6 instant, and 0 for the bundled model.")
    private @Nullable Double temperature;

    @Option(names = "--top-p", paramLabel = "P", description = "Default: 0.95.")
    private @Nullable Double topP;

    @Option(names = "--top-k", paramLabel = "K", description = "Default: off.")
    private @Nullable Integer topK;

    @Option(names = "--min-p", paramLabel = "P", description = "Default: off.")
    private @Nullable Double minP;

    @Option(names = "--repetition-penalty", paramLabel = "F", description = "Default: off.")
    private @Nullable Double repetitionPenalty;

    @Option(names = "--presence-penalty", paramLabel = "F", description = "Default: off.")
    private @Nullable Double presencePenalty;

    @Option(names = "--frequency-penalty", paramLabel = "F", description = "Default: off.")
    private @Nullable Double frequencyPenalty;

    @Option(
            names = "--stop",
            paramLabel = "TEXT",
            description = "Ends the answer where this text would appear; repeatable.")
    private List<String> stop = new ArrayList<>();

    @Option(names = "--stats", description = "Tokens and times, on standard error.")
    private boolean stats;

    @Mixin
    private final ModelOptions run = new ModelOptions();

    /** Opens the model. */
    Kimi open(Terminal terminal) {
        Path directory = ModelOptions.locate(model);
        try (Status status = new Status(terminal)) {
            KimiOptions options = run.toOptions().with(o -> o.progress(status::show));
            return Kimi.load(directory, chatFormat == null ? options : options.with(o -> o.chatFormat(chatFormat)));
        }
    }

    /** The system prompt; empty for none. */
    String system() {
        return system == null ? "" : system;
    }

    /** The model, if figures about a reply are wanted. */
    Optional<KimiModel> statsOf(Kimi kimi) {
        return stats ? Optional.of(kimi.model()) : Optional.empty();
    }

    void toggleStats() {
        stats = !stats;
    }

    /** Sets the options of a reply. */
    GenerateOptions.Builder apply(GenerateOptions.Builder o) {
        o.thinking(!instant).stop(stop);
        // At temperature 1 a model of 7 million parameters talks nonsense now and then.
        if (temperature != null || ModelOptions.isBundled(model)) {
            o.temperature(temperature == null ? 0 : temperature);
        }
        if (seed != null) {
            o.seed(seed);
        }
        if (maxTokens != null) {
            o.maxTokens(maxTokens);
        }
        if (maxThinkingTokens != null) {
            o.maxThinkingTokens(maxThinkingTokens);
        }
        if (topP != null) {
            o.topP(topP);
        }
        if (topK != null) {
            o.topK(topK);
        }
        if (minP != null) {
            o.minP(minP);
        }
        return penalties(o);
    }

    private GenerateOptions.Builder penalties(GenerateOptions.Builder o) {
        if (repetitionPenalty != null) {
            o.repetitionPenalty(repetitionPenalty);
        }
        if (presencePenalty != null) {
            o.presencePenalty(presencePenalty);
        }
        return frequencyPenalty == null ? o : o.frequencyPenalty(frequencyPenalty);
    }
}

package org.kimi4j.springai;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.kimi4j.GenerateOptions;
import org.kimi4j.chat.ToolChoice;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.model.tool.DefaultToolCallingChatOptions;
import org.springframework.ai.model.tool.StructuredOutputChatOptions;
import org.springframework.ai.model.tool.ToolCallingChatOptions;
import org.springframework.ai.tool.ToolCallback;

/**
 * How one reply is generated. Immutable. What is null is not set: the model's own options say, and where they do not, Kimi's
 * defaults. Ranges are checked when the request is made.
 */
public final class KimiChatOptions extends DefaultToolCallingChatOptions implements StructuredOutputChatOptions {

    private final @Nullable Boolean thinking;
    private final @Nullable Integer maxThinkingTokens;
    private final @Nullable Boolean preserveThinking;
    private final @Nullable Double minP;
    private final @Nullable Double repetitionPenalty;
    private final @Nullable Long seed;
    private final @Nullable Integer logprobs;
    private final @Nullable Map<Integer, Float> logitBias;
    private final @Nullable Duration deadline;
    private final @Nullable String caller;
    private final @Nullable Boolean strictTools;
    private final @Nullable ToolChoice toolChoice;
    private final @Nullable String outputSchema;

    private KimiChatOptions(Builder b) {
        super(
                b.callbacks(),
                b.context(),
                b.model(),
                b.frequencyPenalty(),
                b.maxTokens(),
                b.presencePenalty(),
                b.stopSequences(),
                b.temperature(),
                b.topK(),
                b.topP());
        this.thinking = b.thinking;
        this.maxThinkingTokens = b.maxThinkingTokens;
        this.preserveThinking = b.preserveThinking;
        this.minP = b.minP;
        this.repetitionPenalty = b.repetitionPenalty;
        this.seed = b.seed;
        this.logprobs = b.logprobs;
        this.logitBias = b.logitBias;
        this.deadline = b.deadline;
        this.caller = b.caller;
        this.strictTools = b.strictTools;
        this.toolChoice = b.toolChoice;
        this.outputSchema = b.outputSchema;
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Whether the model thinks before it answers; Kimi's default is yes. */
    public @Nullable Boolean getThinking() {
        return thinking;
    }

    /** The most tokens of thinking, after which it is closed and the answer begins. */
    public @Nullable Integer getMaxThinkingTokens() {
        return maxThinkingTokens;
    }

    /** Whether the reasoning of every earlier turn stays in the prompt; K2.6 and K2.7-Code only. */
    public @Nullable Boolean getPreserveThinking() {
        return preserveThinking;
    }

    /** Only tokens with at least this share of the highest probability are candidates. */
    public @Nullable Double getMinP() {
        return minP;
    }

    /** Divides the positive logits of tokens seen before; 1 is off. */
    public @Nullable Double getRepetitionPenalty() {
        return repetitionPenalty;
    }

    /** The start of the random numbers. */
    public @Nullable Long getSeed() {
        return seed;
    }

    /** Reports each token's logarithm of probability and those of this many alternatives, 0 to 20. */
    public @Nullable Integer getLogprobs() {
        return logprobs;
    }

    /** Added to logits, by token id. */
    public @Nullable Map<Integer, Float> getLogitBias() {
        return logitBias;
    }

    /** The longest time from the request to the last token. */
    public @Nullable Duration getDeadline() {
        return deadline;
    }

    /** Who asks, for fairness between callers; the calling thread if not set. */
    public @Nullable String getCaller() {
        return caller;
    }

    /** Whether the arguments of tool calls must follow the tools' schemas. */
    public @Nullable Boolean getStrictTools() {
        return strictTools;
    }

    /** Whether the reply may, or must, call tools. */
    public @Nullable ToolChoice getToolChoice() {
        return toolChoice;
    }

    /** A JSON schema that the answer follows. */
    @Override
    public @Nullable String getOutputSchema() {
        return outputSchema;
    }

    @Override
    public Builder mutate() {
        Builder b = new Builder();
        b.model(getModel())
                .frequencyPenalty(getFrequencyPenalty())
                .maxTokens(getMaxTokens())
                .presencePenalty(getPresencePenalty())
                .stopSequences(getStopSequences())
                .temperature(getTemperature())
                .topK(getTopK())
                .topP(getTopP())
                .toolCallbacks(getToolCallbacks())
                .toolContext(getToolContext());
        b.thinking = thinking;
        b.maxThinkingTokens = maxThinkingTokens;
        b.preserveThinking = preserveThinking;
        b.minP = minP;
        b.repetitionPenalty = repetitionPenalty;
        b.seed = seed;
        b.logprobs = logprobs;
        b.logitBias = logitBias;
        b.deadline = deadline;
        b.caller = caller;
        b.strictTools = strictTools;
        b.toolChoice = toolChoice;
        b.outputSchema = outputSchema;
        return b;
    }

    /** These options as Kimi has them; what is not set stays at Kimi's default. Tools are not part of them. */
    public GenerateOptions generateOptions() {
        return OptionMapping.generate(this);
    }

    /** Options that have the values of a request where it sets them, and these where it does not. */
    KimiChatOptions overriddenBy(ChatOptions request) {
        Builder b = mutate();
        // Lists would be joined: those of the request are meant instead.
        if (request.getStopSequences() != null) {
            b.stopSequences(null);
        }
        if (request instanceof ToolCallingChatOptions tools && tools.getToolCallbacks() != null) {
            b.toolCallbacks((List<ToolCallback>) null);
        }
        return b.combineWith(request.mutate()).build();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof KimiChatOptions that && super.equals(that) && own().equals(that.own());
    }

    @Override
    public int hashCode() {
        return Objects.hash(super.hashCode(), own());
    }

    private List<@Nullable Object> own() {
        return java.util.Arrays.asList(
                thinking,
                maxThinkingTokens,
                preserveThinking,
                minP,
                repetitionPenalty,
                seed,
                logprobs,
                logitBias,
                deadline,
                caller,
                strictTools,
                toolChoice,
                outputSchema);
    }

    /** Collects options. */
    public static final class Builder extends DefaultToolCallingChatOptions.Builder<Builder>
            implements StructuredOutputChatOptions.Builder<Builder> {

        private @Nullable Boolean thinking;
        private @Nullable Integer maxThinkingTokens;
        private @Nullable Boolean preserveThinking;
        private @Nullable Double minP;
        private @Nullable Double repetitionPenalty;
        private @Nullable Long seed;
        private @Nullable Integer logprobs;
        private @Nullable Map<Integer, Float> logitBias;
        private @Nullable Duration deadline;
        private @Nullable String caller;
        private @Nullable Boolean strictTools;
        private @Nullable ToolChoice toolChoice;
        private @Nullable String outputSchema;

        private Builder() {}

        /** Whether the model thinks before it answers; Kimi's default is yes. */
        public Builder thinking(@Nullable Boolean value) {
            thinking = value;
            return this;
        }

        /** The most tokens of thinking, after which it is closed and the answer begins. */
        public Builder maxThinkingTokens(@Nullable Integer value) {
            maxThinkingTokens = value;
            return this;
        }

        /** Whether the reasoning of every earlier turn stays in the prompt; K2.6 and K2.7-Code only. */
        public Builder preserveThinking(@Nullable Boolean value) {
            preserveThinking = value;
            return this;
        }

        /** Only tokens with at least this share of the highest probability are candidates. */
        public Builder minP(@Nullable Double value) {
            minP = value;
            return this;
        }

        /** Divides the positive logits of tokens seen before; 1 is off. */
        public Builder repetitionPenalty(@Nullable Double value) {
            repetitionPenalty = value;
            return this;
        }

        /** The start of the random numbers. */
        public Builder seed(@Nullable Long value) {
            seed = value;
            return this;
        }

        /** Reports each token's logarithm of probability and those of this many alternatives, 0 to 20. */
        public Builder logprobs(@Nullable Integer value) {
            logprobs = value;
            return this;
        }

        /** Added to logits, by token id. */
        public Builder logitBias(@Nullable Map<Integer, Float> value) {
            logitBias = value;
            return this;
        }

        /** The longest time from the request to the last token. */
        public Builder deadline(@Nullable Duration value) {
            deadline = value;
            return this;
        }

        /** Who asks, for fairness between callers; the calling thread if not set. */
        public Builder caller(@Nullable String value) {
            caller = value;
            return this;
        }

        /** Whether the arguments of tool calls must follow the tools' schemas. */
        public Builder strictTools(@Nullable Boolean value) {
            strictTools = value;
            return this;
        }

        /** Whether the reply may, or must, call tools. */
        public Builder toolChoice(@Nullable ToolChoice value) {
            toolChoice = value;
            return this;
        }

        /** A JSON schema that the answer follows. */
        @Override
        public Builder outputSchema(@Nullable String value) {
            outputSchema = value;
            return this;
        }

        @Override
        public Builder combineWith(ChatOptions.Builder<?> other) {
            super.combineWith(other);
            if (other instanceof Builder that) {
                thinking = that.thinking == null ? thinking : that.thinking;
                maxThinkingTokens = that.maxThinkingTokens == null ? maxThinkingTokens : that.maxThinkingTokens;
                preserveThinking = that.preserveThinking == null ? preserveThinking : that.preserveThinking;
                minP = that.minP == null ? minP : that.minP;
                repetitionPenalty = that.repetitionPenalty == null ? repetitionPenalty : that.repetitionPenalty;
                seed = that.seed == null ? seed : that.seed;
                logprobs = that.logprobs == null ? logprobs : that.logprobs;
                logitBias = that.logitBias == null ? logitBias : that.logitBias;
                deadline = that.deadline == null ? deadline : that.deadline;
                caller = that.caller == null ? caller : that.caller;
                strictTools = that.strictTools == null ? strictTools : that.strictTools;
                toolChoice = that.toolChoice == null ? toolChoice : that.toolChoice;
                outputSchema = that.outputSchema == null ? outputSchema : that.outputSchema;
            } else if (other.build() instanceof StructuredOutputChatOptions structured
                    && structured.getOutputSchema() != null) {
                outputSchema = structured.getOutputSchema();
            }
            return this;
        }

        @Override
        public KimiChatOptions build() {
            return new KimiChatOptions(this);
        }

        private @Nullable String model() {
            return model;
        }

        private @Nullable Double frequencyPenalty() {
            return frequencyPenalty;
        }

        private @Nullable Integer maxTokens() {
            return maxTokens;
        }

        private @Nullable Double presencePenalty() {
            return presencePenalty;
        }

        private @Nullable List<String> stopSequences() {
            return stopSequences;
        }

        private @Nullable Double temperature() {
            return temperature;
        }

        private @Nullable Integer topK() {
            return topK;
        }

        private @Nullable Double topP() {
            return topP;
        }

        private @Nullable List<ToolCallback> callbacks() {
            return toolCallbacks;
        }

        private @Nullable Map<String, Object> context() {
            return toolContext;
        }
    }
}

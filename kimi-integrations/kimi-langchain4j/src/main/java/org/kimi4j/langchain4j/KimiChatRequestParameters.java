package org.kimi4j.langchain4j;

import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.DefaultChatRequestParameters;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** LangChain4j's parameters and those that only Kimi has. A parameter that is null is not set. */
public final class KimiChatRequestParameters extends DefaultChatRequestParameters {

    private final Builder b;

    private KimiChatRequestParameters(Builder builder) {
        super(builder);
        this.b = new Builder().own(builder);
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Whether the model thinks before it answers. */
    public @Nullable Boolean thinking() {
        return b.thinking;
    }

    /** The most tokens of thinking, after which the answer begins. */
    public @Nullable Integer maxThinkingTokens() {
        return b.maxThinkingTokens;
    }

    /** Whether the reasoning of every earlier turn stays in the prompt; K2.6 and K2.7-Code only. */
    public @Nullable Boolean preserveThinking() {
        return b.preserveThinking;
    }

    /** Tokens less probable than this share of the most probable one are not drawn. */
    public @Nullable Double minP() {
        return b.minP;
    }

    /** Above 1, tokens that the prompt or the answer has become less probable. */
    public @Nullable Double repetitionPenalty() {
        return b.repetitionPenalty;
    }

    /** What is added to the logits of single tokens, by their ids. */
    public @Nullable Map<Integer, Float> logitBias() {
        return b.logitBias;
    }

    /** Start of the random numbers; equal seeds give equal replies. */
    public @Nullable Long seed() {
        return b.seed;
    }

    /** How many of the most probable tokens are reported for each token; see {@link KimiChatResponseMetadata#logprobs()}. */
    public @Nullable Integer logprobs() {
        return b.logprobs;
    }

    /** The one tool that must be called, which LangChain4j's {@code toolChoice} cannot say. */
    public @Nullable String toolName() {
        return b.toolName;
    }

    /** The longest time from the request to the last token. */
    public @Nullable Duration timeout() {
        return b.timeout;
    }

    /** Who asks, for fairness between callers; the calling thread if it is not set. */
    public @Nullable String caller() {
        return b.caller;
    }

    @Override
    public KimiChatRequestParameters overrideWith(ChatRequestParameters that) {
        return builder().overrideWith(this).overrideWith(that).build();
    }

    @Override
    public KimiChatRequestParameters defaultedBy(ChatRequestParameters that) {
        return builder().overrideWith(that).overrideWith(this).build();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return super.equals(other)
                && other instanceof KimiChatRequestParameters that
                && that.b.own().equals(b.own());
    }

    @Override
    public int hashCode() {
        return Objects.hash(super.hashCode(), b.own());
    }

    @Override
    public String toString() {
        return "KimiChatRequestParameters{" + super.toString() + ", thinking=" + b.thinking + ", maxThinkingTokens="
                + b.maxThinkingTokens + ", preserveThinking=" + b.preserveThinking + ", minP=" + b.minP
                + ", repetitionPenalty=" + b.repetitionPenalty + ", logitBias=" + b.logitBias + ", seed=" + b.seed
                + ", logprobs=" + b.logprobs + ", toolName=" + b.toolName + ", timeout=" + b.timeout + ", caller="
                + b.caller + "}";
    }

    /** Collects parameters. */
    public static final class Builder extends DefaultChatRequestParameters.Builder<Builder> {

        private @Nullable Boolean thinking;
        private @Nullable Integer maxThinkingTokens;
        private @Nullable Boolean preserveThinking;
        private @Nullable Double minP;
        private @Nullable Double repetitionPenalty;
        private @Nullable Map<Integer, Float> logitBias;
        private @Nullable Long seed;
        private @Nullable Integer logprobs;
        private @Nullable String toolName;
        private @Nullable Duration timeout;
        private @Nullable String caller;

        private Builder() {}

        /** Whether the model thinks before it answers. */
        public Builder thinking(Boolean value) {
            thinking = value;
            return this;
        }

        /** The most tokens of thinking, after which the answer begins. */
        public Builder maxThinkingTokens(Integer value) {
            maxThinkingTokens = value;
            return this;
        }

        /** Whether the reasoning of every earlier turn stays in the prompt; K2.6 and K2.7-Code only. */
        public Builder preserveThinking(Boolean value) {
            preserveThinking = value;
            return this;
        }

        /** Tokens less probable than this share of the most probable one are not drawn. */
        public Builder minP(Double value) {
            minP = value;
            return this;
        }

        /** Above 1, tokens that the prompt or the answer has become less probable. */
        public Builder repetitionPenalty(Double value) {
            repetitionPenalty = value;
            return this;
        }

        /** What is added to the logits of single tokens, by their ids. */
        public Builder logitBias(Map<Integer, Float> value) {
            logitBias = Map.copyOf(value);
            return this;
        }

        /** Start of the random numbers; equal seeds give equal replies. */
        public Builder seed(Long value) {
            seed = value;
            return this;
        }

        /** How many of the most probable tokens are reported for each token; see {@link KimiChatResponseMetadata#logprobs()}. */
        public Builder logprobs(Integer value) {
            logprobs = value;
            return this;
        }

        /** The one tool that must be called, which LangChain4j's {@code toolChoice} cannot say. */
        public Builder toolName(String value) {
            toolName = value;
            return this;
        }

        /** The longest time from the request to the last token. */
        public Builder timeout(Duration value) {
            timeout = value;
            return this;
        }

        /** Who asks, for fairness between callers; the calling thread if it is not set. */
        public Builder caller(String value) {
            caller = value;
            return this;
        }

        /** @throws UnsupportedFeatureException for parameters of another model, which would be lost here */
        @Override
        public Builder overrideWith(ChatRequestParameters parameters) {
            super.overrideWith(parameters);
            if (parameters instanceof KimiChatRequestParameters kimi) {
                own(kimi.b);
            } else if (parameters.getClass() != DefaultChatRequestParameters.class) {
                throw new UnsupportedFeatureException("parameters of type "
                        + parameters.getClass().getName()
                        + " are not supported by Kimi; use KimiChatRequestParameters or DefaultChatRequestParameters");
            }
            return this;
        }

        private Builder own(Builder from) {
            thinking = from.thinking == null ? thinking : from.thinking;
            maxThinkingTokens = from.maxThinkingTokens == null ? maxThinkingTokens : from.maxThinkingTokens;
            preserveThinking = from.preserveThinking == null ? preserveThinking : from.preserveThinking;
            minP = from.minP == null ? minP : from.minP;
            repetitionPenalty = from.repetitionPenalty == null ? repetitionPenalty : from.repetitionPenalty;
            logitBias = from.logitBias == null ? logitBias : from.logitBias;
            seed = from.seed == null ? seed : from.seed;
            logprobs = from.logprobs == null ? logprobs : from.logprobs;
            toolName = from.toolName == null ? toolName : from.toolName;
            timeout = from.timeout == null ? timeout : from.timeout;
            caller = from.caller == null ? caller : from.caller;
            return this;
        }

        private List<@Nullable Object> own() {
            return Arrays.asList(
                    thinking,
                    maxThinkingTokens,
                    preserveThinking,
                    minP,
                    repetitionPenalty,
                    logitBias,
                    seed,
                    logprobs,
                    toolName,
                    timeout,
                    caller);
        }

        @Override
        public KimiChatRequestParameters build() {
            return new KimiChatRequestParameters(this);
        }
    }
}

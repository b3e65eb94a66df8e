package org.kimi4j;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.kimi4j.chat.ToolChoice;
import org.kimi4j.error.UnsupportedOptionException;
import org.kimi4j.sampling.SamplingOptions;

/** How one reply is generated. Immutable; {@link #DEFAULTS} are Moonshot's recommendations, {@link #with} changes them. */
public final class GenerateOptions {

    /** Thinking, at temperature 1.0 and top-p 0.95; instant answers at temperature 0.6. */
    public static final GenerateOptions DEFAULTS = new Builder().build();

    /** Moonshot's recommended temperature for thinking. */
    public static final double THINKING_TEMPERATURE = 1.0;

    /** Moonshot's recommended temperature for instant answers. */
    public static final double INSTANT_TEMPERATURE = 0.6;

    /** Moonshot's recommended top-p. */
    public static final double TOP_P = 0.95;

    private final Builder b;

    private GenerateOptions(Builder builder) {
        this.b = builder;
    }

    /** These options with changes: {@code options.with(o -> o.maxTokens(256))}. */
    public GenerateOptions with(UnaryOperator<Builder> changes) {
        return changes.apply(new Builder(b)).build();
    }

    /** Whether the model thinks before it answers. */
    public boolean thinking() {
        return b.thinking;
    }

    /** Whether the reasoning of every earlier turn stays in the prompt; K2.6 and K2.7-Code only. */
    public boolean preserveThinking() {
        return b.preserveThinking;
    }

    /** The most tokens generated, thinking included; empty for as many as context and budget hold. */
    public OptionalInt maxTokens() {
        return b.maxTokens;
    }

    /** The most tokens generated where {@link #maxTokens} is empty and context and budget hold more; 8192 by default. */
    public int defaultMaxTokens() {
        return b.defaultMaxTokens;
    }

    /** The most tokens of thinking, after which it is closed and the answer begins; empty for no limit. */
    public OptionalInt maxThinkingTokens() {
        return b.maxThinkingTokens;
    }

    /** A sentence that ends the thinking when its budget is spent; empty for none. */
    public String thinkingClosing() {
        return b.thinkingClosing;
    }

    /** Whether the reply may or must call tools. */
    public ToolChoice toolChoice() {
        return b.toolChoice;
    }

    /** Texts that end the answer when they appear in it; they are not part of it. */
    public List<String> stop() {
        return b.stop;
    }

    /** What the answer must look like. */
    public ResponseFormat responseFormat() {
        return b.responseFormat;
    }

    /** The longest time from request to the last token; empty for no limit. */
    public Optional<Duration> deadline() {
        return b.deadline;
    }

    /** Who asks, for fairness between callers; empty for the calling thread. */
    public String caller() {
        return b.caller;
    }

    /** Is told how far the prompt has come; default nobody. */
    public Consumer<PromptProgress> progress() {
        return b.progress;
    }

    boolean hasProgress() {
        return b.progress != Builder.NOBODY;
    }

    /** How tokens are chosen, the recommended temperature filled in where none is set. */
    public SamplingOptions sampling() {
        double temperature = b.temperature.orElse(b.thinking ? THINKING_TEMPERATURE : INSTANT_TEMPERATURE);
        return b.sampling.with(s -> s.temperature(temperature));
    }

    /** Collects options; each setter checks its value and names the option if it is refused. */
    public static final class Builder {
        private static final int DEFAULT_MAX_TOKENS = 8192;
        private static final int MAX_STOP = 16;
        private static final int MAX_STOP_LENGTH = 1024;
        private static final Consumer<PromptProgress> NOBODY = _ -> {};

        private boolean thinking = true;
        private boolean preserveThinking;
        private OptionalInt maxTokens = OptionalInt.empty();
        private int defaultMaxTokens = DEFAULT_MAX_TOKENS;
        private OptionalInt maxThinkingTokens = OptionalInt.empty();
        private String thinkingClosing = "";
        private ToolChoice toolChoice = ToolChoice.AUTO;
        private List<String> stop = List.of();
        private ResponseFormat responseFormat = ResponseFormat.TEXT;
        private Optional<Duration> deadline = Optional.empty();
        private String caller = "";
        private Consumer<PromptProgress> progress = NOBODY;
        private OptionalDouble temperature = OptionalDouble.empty();
        private SamplingOptions sampling = SamplingOptions.builder().topP(TOP_P).build();

        private Builder() {}

        private Builder(Builder from) {
            thinking = from.thinking;
            preserveThinking = from.preserveThinking;
            maxTokens = from.maxTokens;
            defaultMaxTokens = from.defaultMaxTokens;
            maxThinkingTokens = from.maxThinkingTokens;
            thinkingClosing = from.thinkingClosing;
            toolChoice = from.toolChoice;
            stop = from.stop;
            responseFormat = from.responseFormat;
            deadline = from.deadline;
            caller = from.caller;
            progress = from.progress;
            temperature = from.temperature;
            sampling = from.sampling;
        }

        public Builder thinking(boolean value) {
            thinking = value;
            return this;
        }

        public Builder preserveThinking(boolean value) {
            preserveThinking = value;
            return this;
        }

        public Builder maxTokens(int tokens) {
            if (tokens < 1) {
                throw new UnsupportedOptionException("maxTokens: expected at least 1, found " + tokens);
            }
            maxTokens = OptionalInt.of(tokens);
            return this;
        }

        /** For a host that bounds replies whose caller sets nothing: unlike maxTokens, it is lowered to what there is room for. */
        public Builder defaultMaxTokens(int tokens) {
            if (tokens < 1) {
                throw new UnsupportedOptionException("defaultMaxTokens: expected at least 1, found " + tokens);
            }
            defaultMaxTokens = tokens;
            return this;
        }

        public Builder maxThinkingTokens(int tokens) {
            if (tokens < 0) {
                throw new UnsupportedOptionException("maxThinkingTokens: expected at least 0, found " + tokens);
            }
            maxThinkingTokens = OptionalInt.of(tokens);
            return this;
        }

        public Builder thinkingClosing(String sentence) {
            thinkingClosing = sentence;
            return this;
        }

        public Builder toolChoice(ToolChoice choice) {
            toolChoice = choice;
            return this;
        }

        public Builder stop(String... texts) {
            return stop(List.of(texts));
        }

        public Builder stop(List<String> texts) {
            if (texts.size() > MAX_STOP || texts.stream().anyMatch(t -> t.isEmpty() || t.length() > MAX_STOP_LENGTH)) {
                throw new UnsupportedOptionException("stop: expected at most " + MAX_STOP + " texts of 1 to "
                        + MAX_STOP_LENGTH + " characters, found "
                        + texts.stream().map(String::length).toList());
            }
            stop = List.copyOf(texts);
            return this;
        }

        /** Cannot be combined with {@link #stop}. */
        public Builder responseFormat(ResponseFormat format) {
            responseFormat = format;
            return this;
        }

        public Builder deadline(Duration longest) {
            if (longest.isNegative() || longest.isZero()) {
                throw new UnsupportedOptionException("deadline: expected a positive time, found " + longest);
            }
            deadline = Optional.of(longest);
            return this;
        }

        public Builder caller(String name) {
            caller = name;
            return this;
        }

        /**
         * Is told how far the prompt has come: a large picture or a long video takes minutes. Called by the thread that
         * asks and waits for the reply, in the midst of its waiting; what it throws ends the reply and is thrown there.
         */
        public Builder progress(Consumer<PromptProgress> listener) {
            progress = listener;
            return this;
        }

        /** 0 is greedy. */
        public Builder temperature(double value) {
            sampling = sampling.with(s -> s.temperature(value));
            temperature = OptionalDouble.of(value);
            return this;
        }

        public Builder topP(double value) {
            return sampling(s -> s.topP(value));
        }

        public Builder topK(int value) {
            return sampling(s -> s.topK(value));
        }

        public Builder minP(double value) {
            return sampling(s -> s.minP(value));
        }

        public Builder repetitionPenalty(double value) {
            return sampling(s -> s.repetitionPenalty(value));
        }

        public Builder presencePenalty(double value) {
            return sampling(s -> s.presencePenalty(value));
        }

        public Builder frequencyPenalty(double value) {
            return sampling(s -> s.frequencyPenalty(value));
        }

        public Builder logitBias(Map<Integer, Float> byToken) {
            return sampling(s -> s.logitBias(byToken));
        }

        public Builder seed(long value) {
            return sampling(s -> s.seed(value));
        }

        /** Reports each token's logarithm of probability, and those of the {@code top} most probable ones (0 to 20). */
        public Builder logprobs(int top) {
            return sampling(s -> s.topLogprobs(top));
        }

        private Builder sampling(UnaryOperator<SamplingOptions.Builder> change) {
            sampling = sampling.with(change);
            return this;
        }

        private GenerateOptions build() {
            return new GenerateOptions(new Builder(this));
        }
    }
}

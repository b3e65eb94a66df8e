package org.kimi4j.sampling;

import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.kimi4j.error.UnsupportedOptionException;

/**
 * How a token is chosen from logits. They apply in this order: repetition, frequency and presence penalty and bias on the
 * raw logits, temperature, top-k, top-p, min-p, draw. The defaults draw from the model's own distribution. Immutable.
 */
public final class SamplingOptions {

    private static final double MAX_TEMPERATURE = 2;
    private static final double MAX_PENALTY = 2;
    private static final double MIN_REPETITION_PENALTY = 0.01;
    private static final double MAX_REPETITION_PENALTY = 10;
    private static final double MAX_BIAS = 100;

    private final double temperature;
    private final int topK;
    private final double topP;
    private final double minP;
    private final double repetitionPenalty;
    private final double presencePenalty;
    private final double frequencyPenalty;
    private final Map<Integer, Float> logitBias;
    private final OptionalLong seed;
    private final OptionalInt topLogprobs;

    private SamplingOptions(Builder builder) {
        temperature = builder.temperature;
        topK = builder.topK;
        topP = builder.topP;
        minP = builder.minP;
        repetitionPenalty = builder.repetitionPenalty;
        presencePenalty = builder.presencePenalty;
        frequencyPenalty = builder.frequencyPenalty;
        logitBias = Map.copyOf(builder.logitBias);
        seed = builder.seed;
        topLogprobs = builder.topLogprobs;
    }

    /** Options at their defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** These options with changes: {@code options.with(o -> o.topK(40))}. */
    public SamplingOptions with(UnaryOperator<Builder> changes) {
        return changes.apply(new Builder(this)).build();
    }

    /** 0 is greedy: the highest logit, the lower id among equals, and nothing is drawn. */
    public double temperature() {
        return temperature;
    }

    /** Only this many of the highest logits are candidates; 0 is all of them. */
    public int topK() {
        return topK;
    }

    /** Only the most probable tokens that together reach this probability are candidates. */
    public double topP() {
        return topP;
    }

    /** Only tokens with at least this share of the highest probability are candidates. */
    public double minP() {
        return minP;
    }

    /** Divides positive logits, and multiplies negative ones, of tokens in the prompt or the answer; 1 is off. */
    public double repetitionPenalty() {
        return repetitionPenalty;
    }

    /** Subtracted from the logit of each token in the answer; 0 is off. */
    public double presencePenalty() {
        return presencePenalty;
    }

    /** Subtracted from the logit of a token for each time it is in the answer; 0 is off. */
    public double frequencyPenalty() {
        return frequencyPenalty;
    }

    /** Added to logits, by token id. */
    public Map<Integer, Float> logitBias() {
        return logitBias;
    }

    /** The start of the random numbers: equal seeds, options and logits give equal tokens. */
    public OptionalLong seed() {
        return seed;
    }

    /** How many of the most probable tokens to report with each token; empty if no logprobs are wanted at all. */
    public OptionalInt topLogprobs() {
        return topLogprobs;
    }

    boolean isPenalised() {
        return repetitionPenalty != 1 || presencePenalty != 0 || frequencyPenalty != 0;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SamplingOptions that && values().equals(that.values());
    }

    @Override
    public int hashCode() {
        return values().hashCode();
    }

    @Override
    public String toString() {
        return "SamplingOptions" + values();
    }

    private Map<String, Object> values() {
        Map<String, Object> values = new TreeMap<>();
        values.put("temperature", temperature);
        values.put("topK", topK);
        values.put("topP", topP);
        values.put("minP", minP);
        values.put("repetitionPenalty", repetitionPenalty);
        values.put("presencePenalty", presencePenalty);
        values.put("frequencyPenalty", frequencyPenalty);
        values.put("logitBias", logitBias);
        values.put("seed", seed);
        values.put("topLogprobs", topLogprobs);
        return values;
    }

    /** Collects options; each setter checks its range and names the option if a value is outside. */
    public static final class Builder {
        private double temperature = 1;
        private int topK = 0;
        private double topP = 1;
        private double minP = 0;
        private double repetitionPenalty = 1;
        private double presencePenalty = 0;
        private double frequencyPenalty = 0;
        private Map<Integer, Float> logitBias = Map.of();
        private OptionalLong seed = OptionalLong.empty();
        private OptionalInt topLogprobs = OptionalInt.empty();

        private Builder() {}

        private Builder(SamplingOptions options) {
            temperature = options.temperature;
            topK = options.topK;
            topP = options.topP;
            minP = options.minP;
            repetitionPenalty = options.repetitionPenalty;
            presencePenalty = options.presencePenalty;
            frequencyPenalty = options.frequencyPenalty;
            logitBias = options.logitBias;
            seed = options.seed;
            topLogprobs = options.topLogprobs;
        }

        /** 0 (greedy) to 2; 1 by default. */
        public Builder temperature(double value) {
            temperature = range("temperature", value, 0, MAX_TEMPERATURE);
            return this;
        }

        /** 0 (all, the default) or more. */
        public Builder topK(int value) {
            topK = (int) range("topK", value, 0, Integer.MAX_VALUE);
            return this;
        }

        /** Above 0 to 1 (all, the default). */
        public Builder topP(double value) {
            topP = range("topP", value, Double.MIN_VALUE, 1);
            return this;
        }

        /** 0 (all, the default) to 1. */
        public Builder minP(double value) {
            minP = range("minP", value, 0, 1);
            return this;
        }

        /** 0.01 to 10; 1 (off) by default. */
        public Builder repetitionPenalty(double value) {
            repetitionPenalty = range("repetitionPenalty", value, MIN_REPETITION_PENALTY, MAX_REPETITION_PENALTY);
            return this;
        }

        /** -2 to 2; 0 (off) by default. */
        public Builder presencePenalty(double value) {
            presencePenalty = range("presencePenalty", value, -MAX_PENALTY, MAX_PENALTY);
            return this;
        }

        /** -2 to 2; 0 (off) by default. */
        public Builder frequencyPenalty(double value) {
            frequencyPenalty = range("frequencyPenalty", value, -MAX_PENALTY, MAX_PENALTY);
            return this;
        }

        /** Values of -100 to 100 by token id; none by default. */
        public Builder logitBias(Map<Integer, Float> values) {
            values.forEach((id, bias) -> {
                range("logitBias: token id", id, 0, Integer.MAX_VALUE);
                range("logitBias of token " + id, bias, -MAX_BIAS, MAX_BIAS);
            });
            logitBias = Map.copyOf(values);
            return this;
        }

        /** Any number; by default each request has a new one. */
        public Builder seed(long value) {
            seed = OptionalLong.of(value);
            return this;
        }

        /** 0 (the chosen token alone) to 20; no logprobs by default. */
        public Builder topLogprobs(int value) {
            topLogprobs = OptionalInt.of((int) range("topLogprobs", value, 0, Logprobs.MAX_TOP));
            return this;
        }

        /** The options as set so far. */
        public SamplingOptions build() {
            return new SamplingOptions(this);
        }

        private static double range(String option, double value, double min, double max) {
            if (value >= min && value <= max) {
                return value;
            }
            String allowed = min == Double.MIN_VALUE
                    ? "a number above 0 and at most " + text(max)
                    : "a number from " + text(min) + (max == Integer.MAX_VALUE ? " on" : " to " + text(max));
            throw new UnsupportedOptionException(
                    option + ": expected " + allowed + ", found " + text(value) + "; choose a value in that range");
        }

        private static String text(double value) {
            return value == Math.rint(value) && Math.abs(value) < Integer.MAX_VALUE
                    ? Long.toString((long) value)
                    : Double.toString(value);
        }
    }
}

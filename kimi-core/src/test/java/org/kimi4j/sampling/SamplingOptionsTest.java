package org.kimi4j.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.kimi4j.error.UnsupportedOptionException;

class SamplingOptionsTest {

    private static void refused(Consumer<SamplingOptions.Builder> setter, String message) {
        assertThatThrownBy(() -> setter.accept(SamplingOptions.builder()))
                .isInstanceOf(UnsupportedOptionException.class)
                .hasMessageStartingWith(message);
    }

    @Test
    void valuesOutOfRangeAreRefusedByNameWithTheRange() {
        refused(o -> o.temperature(-0.1), "temperature: expected a number from 0 to 2, found -0.1");
        refused(o -> o.temperature(2.5), "temperature: expected a number from 0 to 2, found 2.5");
        refused(o -> o.temperature(Double.NaN), "temperature: expected a number from 0 to 2, found NaN");
        refused(o -> o.topK(-1), "topK: expected a number from 0 on, found -1");
        refused(o -> o.topP(0), "topP: expected a number above 0 and at most 1, found 0");
        refused(o -> o.topP(1.01), "topP: expected a number above 0 and at most 1, found 1.01");
        refused(o -> o.minP(-1), "minP: expected a number from 0 to 1, found -1");
        refused(o -> o.repetitionPenalty(0), "repetitionPenalty: expected a number from 0.01 to 10, found 0");
        refused(o -> o.presencePenalty(-2.5), "presencePenalty: expected a number from -2 to 2, found -2.5");
        refused(o -> o.frequencyPenalty(3), "frequencyPenalty: expected a number from -2 to 2, found 3");
        refused(
                o -> o.logitBias(Map.of(5, 101f)),
                "logitBias of token 5: expected a number from -100 to 100, found 101");
        refused(o -> o.logitBias(Map.of(-5, 1f)), "logitBias: token id: expected a number from 0 on, found -5");
        refused(o -> o.topLogprobs(21), "topLogprobs: expected a number from 0 to 20, found 21");
    }

    @Test
    void withChangesOneOptionAndKeepsTheOthers() {
        SamplingOptions options = SamplingOptions.builder()
                .temperature(0.6)
                .topK(40)
                .topP(0.95)
                .minP(0.01)
                .repetitionPenalty(1.1)
                .presencePenalty(0.5)
                .frequencyPenalty(-0.5)
                .logitBias(Map.of(3, 1f))
                .seed(9)
                .topLogprobs(5)
                .build();
        SamplingOptions changed = options.with(o -> o.topK(10));
        assertThat(changed.topK()).isEqualTo(10);
        assertThat(changed).isNotEqualTo(options);
        assertThat(changed.with(o -> o.topK(40))).isEqualTo(options).hasSameHashCodeAs(options);
        assertThat(options.toString()).contains("temperature=0.6", "topK=40", "seed=OptionalLong[9]");
    }

    @Test
    void defaultsDrawFromTheModelsOwnDistribution() {
        SamplingOptions options = SamplingOptions.builder().build();
        assertThat(options.temperature()).isEqualTo(1);
        assertThat(options.topP()).isEqualTo(1);
        assertThat(options.topK()).isZero();
        assertThat(options.minP()).isZero();
        assertThat(options.isPenalised()).isFalse();
        assertThat(options.logitBias()).isEmpty();
        assertThat(options.seed()).isEmpty();
        assertThat(options.topLogprobs()).isEmpty();
    }
}

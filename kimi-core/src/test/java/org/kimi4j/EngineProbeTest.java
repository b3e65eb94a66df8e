package org.kimi4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.kimi4j.error.ClosedException;
import org.kimi4j.measure.ModelProbe;
import org.kimi4j.nano.KimiNano;

class EngineProbeTest {

    private final KimiModel model = KimiModel.open(KimiNano.path());
    private final ModelProbe probe = model.probe();

    @AfterEach
    void close() {
        model.close();
    }

    private static int[] tokens(int count, int first) {
        int[] tokens = new int[count];
        Arrays.setAll(tokens, i -> 300 + (first + 7 * i) % 200);
        return tokens;
    }

    @Test
    void aReplyHasAsManyTokensAsAskedForWhateverTheyAre() {
        ModelProbe.Timing timing = probe.generate(tokens(20, 0), 50);
        assertThat(timing.cachedTokens()).isZero();
        assertThat(timing.prefillTokens()).isEqualTo(20);
        assertThat(timing.decodeTokens()).isEqualTo(49);
        assertThat(timing.submitted()).isLessThan(timing.firstToken());
        assertThat(timing.firstToken()).isLessThan(timing.lastToken());
    }

    @Test
    void aFilledContextIsFoundByEveryRequestThatBeginsWithItsTokens() {
        int[] context = tokens(130, 1);
        probe.fill(context, 9);
        assertThat(model.stats().idleTimelines()).isEqualTo(1);
        assertThat(model.stats().kvBytes()).isPositive();
        for (int more : new int[] {1, 30, 2}) {
            int[] prompt = Arrays.copyOf(context, context.length + more);
            Arrays.fill(prompt, context.length, prompt.length, 301 + more);
            ModelProbe.Timing timing = probe.generate(prompt, 3);
            assertThat(timing.cachedTokens()).isEqualTo(context.length);
            assertThat(timing.prefillTokens()).isEqualTo(more);
        }
        probe.forget();
        assertThat(model.stats().kvBytes()).isZero();
        assertThat(probe.generate(context, 1).cachedTokens()).isZero();
    }

    @Test
    void aClosedModelIsNotMeasured() {
        model.close();
        assertThatThrownBy(model::probe).isInstanceOf(ClosedException.class);
        assertThatThrownBy(() -> probe.fill(tokens(3, 0), 1)).isInstanceOf(ClosedException.class);
    }
}

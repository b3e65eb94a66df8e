package org.kimi4j.nativecpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.kimi4j.Backend;
import org.kimi4j.Kimi;
import org.kimi4j.KimiOptions;
import org.kimi4j.config.Precision;
import org.kimi4j.nano.KimiNano;

/** The bundled model on the native kernels. */
@EnabledIf(value = "org.kimi4j.nativecpu.Usable#here", disabledReason = "no native kernels here: LibraryTest says why")
class NativeModelTest {

    private static final List<String> QUESTIONS =
            List.of("What is the capital of France?", "Hello, my name is Nina", "What is the capital of Japan?");

    private static List<String> answers(Backend backend, Precision precision, int threads) {
        try (Kimi kimi = Kimi.load(
                KimiNano.path(),
                KimiOptions.DEFAULTS.with(
                        o -> o.backend(backend).precision(precision).threads(threads)))) {
            return QUESTIONS.stream()
                    .map(question -> kimi.chat()
                            .user(question)
                            .temperature(0)
                            .maxTokens(60)
                            .send())
                    .map(reply -> reply.thinking() + "|" + reply.text())
                    .toList();
        }
    }

    @Test
    void exactAnswersAreThoseOfTheVectorKernels() {
        assertThat(answers(Backend.NATIVE, Precision.EXACT, 2)).isEqualTo(answers(Backend.VECTOR, Precision.EXACT, 2));
    }

    @Test
    void threadsNeverChangeAnAnswer() {
        assertThat(answers(Backend.NATIVE, Precision.FAST, 1)).isEqualTo(answers(Backend.NATIVE, Precision.FAST, 3));
    }

    @Test
    void fastAnswersOnTheBundledModelAreTheExactOnes() {
        assertThat(answers(Backend.NATIVE, Precision.FAST, 2)).isEqualTo(answers(Backend.VECTOR, Precision.EXACT, 2));
    }
}

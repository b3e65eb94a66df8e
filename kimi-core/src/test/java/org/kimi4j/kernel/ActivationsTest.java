package org.kimi4j.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kimi4j.config.Precision;
import org.kimi4j.kernel.RandomWeights.Encoding;
import org.kimi4j.tensor.Matrix;

class ActivationsTest {

    private static final long SEED = 20261104;

    @Test
    void integersTimesScaleAreWithinHalfAStepOfTheValues() {
        float[] x = new RandomWeights(SEED, Arena.global()).row(96);
        byte[] codes = new byte[96];
        float[] scales = new float[3];
        Activations.quantize(x, 0, 96, codes, 0, scales, 0);
        for (int i = 0; i < 96; i++) {
            assertThat(Math.abs(codes[i] * scales[i / 32] - x[i]))
                    .as("element %d, seed %d", i, SEED)
                    .isLessThanOrEqualTo(scales[i / 32] * 0.50001f);
        }
    }

    @Test
    void bothFormsStandForTheSameValues() {
        float[] x = new RandomWeights(SEED, Arena.global()).row(96);
        byte[] codes = new byte[96];
        float[] scales = new float[3];
        Activations.quantize(x, 0, 96, codes, 0, scales, 0);
        Activations.round(x, 0, 96);
        for (int i = 0; i < 96; i++) {
            assertThat(x[i]).as("element %d, seed %d", i, SEED).isEqualTo(codes[i] * scales[i / 32]);
        }
    }

    /** A group of values so small that their inverse overflows: what SiLU makes of very negative gates. */
    @ParameterizedTest
    @ValueSource(floats = {1e-36f, 1e-37f, 1e-38f, 1e-40f, Float.MIN_VALUE, 0})
    void groupsOfTinyValuesStayFiniteAndTiny(float size) {
        float[] x = new float[64];
        Arrays.fill(x, 0, 32, size);
        x[5] = 0;
        x[6] = -size / 2;
        for (int i = 32; i < 64; i++) {
            x[i] = i;
        }
        float[] rounded = x.clone();
        Activations.round(rounded, 0, 64);
        for (int i = 0; i < 64; i++) {
            assertThat(Math.abs(rounded[i] - x[i]))
                    .as("element %d", i)
                    .isLessThanOrEqualTo(Math.max(size, 0.3f * i / 32));
        }
        try (Arena arena = Arena.ofShared()) {
            Matrix w = new RandomWeights(SEED, arena).matrix(Encoding.INT4, 8, 64, 0);
            float[] without = x.clone();
            Arrays.fill(without, 0, 32, 0);
            for (Backends backend : Backends.values()) {
                try (Kernels k = backend.create(Precision.FAST, 1)) {
                    for (boolean prompt : new boolean[] {true, false}) {
                        float[][] rows = {x, without};
                        boolean[] roles = {prompt, prompt};
                        float[][] y = Backends.rows(k, k.matmul(Backends.tensor(k, rows), w, roles));
                        assertThat(y[0]).as("%s, prompt %s", backend, prompt).containsExactly(y[1]);
                    }
                }
            }
        }
    }
}

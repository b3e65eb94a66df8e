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

    @Test
    void vectorsRoundAsThePlainFormDoes() {
        int groups = 40;
        float[] x = new RandomWeights(SEED, Arena.global()).row(groups * 32 + 3);
        for (int i = 0; i < 32; i++) {
            x[3 + i] = i % 2 == 0 ? i + 0.5f : -i - 0.5f; // ties, once multiplied with 1
            x[3 + 32 + i] = i * 1e-36f;
            x[3 + 64 + i] = -0f;
            x[3 + 96 + i] = i * 1e-20f;
        }
        x[3] = 127;
        x[3 + 128] = Float.POSITIVE_INFINITY;
        byte[] codes = new byte[groups * 32];
        float[] scales = new float[groups];
        Activations.quantize(x, 3, groups * 32, codes, 0, scales, 0);
        byte[] vectorCodes = new byte[groups * 32 + 1];
        float[] vectorScales = new float[groups + 1];
        float[] sums = new float[groups + 1];
        VectorElementwise.quantize(x, 3, groups * 32, vectorCodes, 1, vectorScales, sums, 1, new int[32]);
        assertThat(Arrays.copyOfRange(vectorCodes, 1, vectorCodes.length)).isEqualTo(codes);
        assertThat(Arrays.copyOfRange(vectorScales, 1, groups + 1)).isEqualTo(scales);
        for (int g = 0; g < groups; g++) {
            int sum = 0;
            for (int i = 0; i < 32; i++) {
                sum += codes[g * 32 + i];
            }
            assertThat(sums[g + 1]).as("group %d, seed %d", g, SEED).isEqualTo(sum);
        }
    }

    @Test
    void vectorsRoundToTheBitsOfThePlainForm() {
        int groups = 40;
        float[] x = new RandomWeights(SEED, Arena.global()).row(groups * 32 + 3);
        for (int i = 0; i < 32; i++) {
            x[3 + i] = i % 2 == 0 ? i + 0.5f : -i - 0.5f; // ties, once multiplied with 1
            x[3 + 32 + i] = i * 1e-36f;
            x[3 + 64 + i] = -0f;
            x[3 + 96 + i] = i * 1e-20f;
        }
        x[3] = 127;
        x[3 + 128] = Float.POSITIVE_INFINITY;
        x[3 + 160] = Float.NaN;
        float[] plain = x.clone();
        Activations.round(plain, 3, groups * 32);
        VectorElementwise.round(x, 3, groups * 32);
        assertThat(x).as("seed %d", SEED).isEqualTo(plain);
        for (int i = 0; i < x.length; i++) {
            // Float.compare tells zeros by their sign.
            assertThat(Float.compare(x[i], plain[i]))
                    .as("element %d, seed %d", i, SEED)
                    .isZero();
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

package org.kimi4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class NumbersTest {

    @Test
    void nibblesCountUpFromTheLowestBitsOfAWord() {
        byte[] low = {0x10, 0x32, 0x54, 0x76}; // the word 0x76543210, little-endian
        byte[] high = {(byte) 0x98, (byte) 0xba, (byte) 0xdc, (byte) 0xfe};
        short one = Numbers.bf16(1);
        for (int i = 0; i < 8; i++) {
            assertThat(Numbers.dequantise(low, i, one)).isEqualTo(i - 8);
            assertThat(Numbers.dequantise(high, i, one)).isEqualTo(i);
        }
    }

    @Test
    void bf16RoundsToNearestAndTiesToEven() {
        assertThat(Numbers.fromBf16(Numbers.bf16(1.0f))).isEqualTo(1.0f);
        assertThat(Numbers.fromBf16(Numbers.bf16(1 + 0x1p-8f))).isEqualTo(1.0f);
        assertThat(Numbers.fromBf16(Numbers.bf16(1 + 0x1.8p-7f))).isEqualTo(1 + 0x1p-6f);
        assertThat(Numbers.fromBf16(Numbers.bf16(1 + 0x1.01p-8f))).isEqualTo(1 + 0x1p-7f);
        assertThat(Numbers.fromBf16(Numbers.bf16(-3.14f))).isEqualTo(-3.140625f);
    }

    @Test
    void everyWeightIsWithinHalfAStepUnlessItIsTheLargest() {
        long seed = 7;
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        float[] weights = new float[Numbers.GROUP];
        byte[] packed = new byte[Numbers.GROUP / 2];
        for (int round = 0; round < 1_000; round++) {
            for (int i = 0; i < weights.length; i++) {
                weights[i] = (float) random.nextGaussian();
            }
            short scale = Numbers.quantise(weights, 0, packed, 0);
            float step = Numbers.fromBf16(scale);
            for (int i = 0; i < weights.length; i++) {
                float q = Numbers.dequantise(packed, i, scale);
                // 7.5 steps reach the largest weight; on the positive side the levels end at 7.
                assertThat(Math.abs(q - weights[i])).isLessThanOrEqualTo(0.54f * step);
            }
        }
    }

    @Test
    void aGroupOfZerosStaysZero() {
        byte[] packed = new byte[16];
        short scale = Numbers.quantise(new float[32], 0, packed, 0);
        assertThat(Numbers.dequantise(packed, 31, scale)).isZero();
    }

    @Test
    void theQuantilesHaveTheMomentsOfANormalDistribution() {
        double mean = 0;
        double square = 0;
        double fourth = 0;
        for (float q : Normal.QUANTILES) {
            mean += q / 65_536.0;
            square += (double) q * q / 65_536;
            fourth += Math.pow(q, 4) / 65_536;
        }
        assertThat(mean).isBetween(-1e-7, 1e-7);
        assertThat(square).isBetween(0.9999, 1.0001);
        assertThat(fourth).isBetween(2.99, 3.01);
        assertThat(Normal.QUANTILES).isSorted();
        // 0.975 of the distribution lies below 1.959964.
        assertThat(Normal.QUANTILES[(int) (0.975 * 65_536)]).isBetween(1.9598f, 1.9601f);
    }
}

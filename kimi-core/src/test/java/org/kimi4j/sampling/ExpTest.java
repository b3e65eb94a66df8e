package org.kimi4j.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class ExpTest {

    @Test
    void isCloseToTheExactValue() {
        long seed = 111;
        Random random = new Random(seed);
        for (int i = 0; i < 1_000_000; i++) {
            double x = -random.nextDouble() * (i % 2 == 0 ? 708 : 3);
            double expected = StrictMath.exp(x);
            double error = Math.abs(Exp.of(x) - expected) / expected;
            if (!(error < 1e-15)) {
                assertThat(error).as("seed %d, x = %s", seed, x).isLessThan(1e-15);
            }
        }
    }

    @Test
    void edgesAreExact() {
        assertThat(Exp.of(0)).isEqualTo(1);
        assertThat(Exp.of(-0.0)).isEqualTo(1);
        assertThat(Exp.of(-708)).isPositive();
        assertThat(Exp.of(-709)).isZero();
        assertThat(Exp.of(Double.NEGATIVE_INFINITY)).isZero();
        assertThat(Exp.of(-Double.MIN_VALUE)).isEqualTo(1);
    }

    /** The first rounds run in the interpreter, the last in optimised code. */
    @Test
    void bitsDoNotChangeWithCompilation() {
        long first = bits(2_000);
        for (int round = 0; round < 200; round++) {
            assertThat(bits(2_000)).isEqualTo(first);
        }
        assertThat(first).as("on every machine").isEqualTo(5129522067761966440L);
    }

    private static long bits(int count) {
        Random random = new Random(112);
        long hash = 0;
        for (int i = 0; i < count; i++) {
            hash = hash * 31 + Double.doubleToRawLongBits(Exp.of(-40 * random.nextDouble()));
        }
        return hash;
    }
}

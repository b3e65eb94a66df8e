package org.kimi4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TensorAssertTest {

    @Test
    void theDifferenceIsMeasuredAgainstTheSizeOfTheExpectedValues() {
        TensorDifference d = TensorDifference.of(new float[] {3, 4.5f}, new float[] {3, 4});
        assertThat(d.maxAbs()).isEqualTo(0.5);
        assertThat(d.at()).isEqualTo(1);
        assertThat(d.nmse()).isEqualTo(0.25 / 25);
        assertThat(d.rmsRelative()).isEqualTo(0.1);
    }

    @Test
    void bothBoundsMustHoldAndTheErrorSaysWhere() {
        float[] expected = {1, 2, 3};
        float[] actual = {1, 2, 3.001f};
        assertThatCode(() -> TensorAssert.assertClose("x", actual, expected, 1e-3, 2e-3))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> TensorAssert.assertClose("x", actual, expected, 1e-3, 1e-4))
                .isInstanceOf(AssertionError.class)
                .hasMessageContainingAll("x", "at 2", "3.001");
        assertThatThrownBy(() -> TensorAssert.assertClose("x", actual, expected, 1e-5, 1))
                .isInstanceOf(AssertionError.class);
    }

    @Test
    void notANumberIsNeverClose() {
        float[] expected = {1, 0};
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
            assertThatThrownBy(() -> TensorAssert.assertClose("x", new float[] {1, bad}, expected, 1e9, 1e9))
                    .isInstanceOf(AssertionError.class);
        }
        assertThatThrownBy(() -> TensorAssert.assertClose("x", expected, new float[] {1, Float.NaN}, 1e9, 1e9))
                .isInstanceOf(AssertionError.class);
    }

    @Test
    void lengthsMustAgree() {
        assertThatThrownBy(() -> TensorAssert.assertClose("x", new float[1], new float[2], 1, 1))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("expected 2 values, found 1");
    }

    @Test
    void sameBitsTellsZeroFromMinusZero() {
        assertThatThrownBy(() -> TensorAssert.assertSameBits("x", new float[] {0f}, new float[] {-0f}))
                .isInstanceOf(AssertionError.class);
        TensorAssert.assertSameBits("x", new float[] {Float.NaN}, new float[] {Float.NaN});
    }
}

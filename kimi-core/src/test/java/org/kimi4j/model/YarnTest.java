package org.kimi4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.kimi4j.config.RopeScaling;
import org.kimi4j.config.TextConfig;

/** The rotary frequencies and the softmax scale of Kimi K2.5 against a table computed elsewhere in double. */
class YarnTest {

    private static final double[] FREQUENCIES = {
        1.0,
        0.713111084911932,
        0.5085274194242727,
        0.3626365397731082,
        0.2586001363063102,
        0.18441062375976636,
        0.1315052599786131,
        0.09377785861497445,
        0.0668740304976422,
        0.04377665595133869,
        0.028427959083084944,
        0.018282955605182935,
        0.011619159941997385,
        0.007274119270653809,
        0.0044658487485676485,
        0.002670203390997384,
        0.0015372967345311057,
        0.0008346550446242516,
        0.0004086459874979698,
        0.00015837499102694852,
        1.8070233867863153e-05,
        1.2886084078124232e-05,
        9.189209397217544e-06,
        6.5529270827327235e-06,
        4.672964941316314e-06,
        3.3323430990574996e-06,
        2.376330802667683e-06,
        1.6945878367999938e-06,
        1.2084293707790075e-06,
        8.617443796356615e-07,
        6.145194694787463e-07,
        4.382206455794937e-07
    };

    private static final RopeScaling K25 = new RopeScaling(64, 4096, 32, 1, 1, 1);

    static TextConfig config(RopeScaling scaling) {
        return new TextConfig(
                "kimi_k2", 163_840, 7168, 18_432, 2048, 61, 0, 1, 1, 384, 8, 1, 1, 1, true, 2.827, 64, 1536, 512, 128,
                64, 128, 1e-5, 50_000, scaling, 262_144, List.of());
    }

    @Test
    void frequenciesOfK25AreThoseOfTheTable() {
        double[] frequencies = Yarn.frequencies(config(K25));
        assertThat(frequencies).hasSize(FREQUENCIES.length);
        for (int j = 0; j < FREQUENCIES.length; j++) {
            assertThat(frequencies[j] / FREQUENCIES[j]).as("frequency %d", j).isCloseTo(1, offset(1e-15));
        }
    }

    @Test
    void softmaxScaleOfK25HasTheSquareOfTheTemperature() {
        TextConfig c = config(K25);
        assertThat(c.softmaxScale() / 0.14467962580268923).isCloseTo(1, offset(1e-15));
        assertThat(c.ropeScaling().cosSinScale()).isEqualTo(1);
        assertThat(c.ropeScaling().softmaxFactor()).isCloseTo(2.004739701682487, offset(1e-15));
    }

    @Test
    void withoutStretchingFrequenciesArePowersOfTheta() {
        double[] frequencies = Yarn.frequencies(config(new RopeScaling(1, 4096, 32, 1, 1, 1)));
        for (int j = 0; j < frequencies.length; j++) {
            assertThat(frequencies[j] / Math.pow(50_000, -2.0 * j / 64))
                    .as("frequency %d", j)
                    .isCloseTo(1, offset(1e-15));
        }
    }

    @Test
    void unequalTemperaturesScaleCosinesAndSoftmaxSeparately() {
        RopeScaling scaling = new RopeScaling(64, 4096, 32, 1, 0.707, 1);
        assertThat(scaling.cosSinScale())
                .isCloseTo((0.1 * 0.707 * Math.log(64) + 1) / (0.1 * Math.log(64) + 1), offset(1e-15));
        assertThat(scaling.softmaxFactor()).isEqualTo(K25.softmaxFactor());
    }
}

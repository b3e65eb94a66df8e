package org.kimi4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.condition.DisabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kimi4j.config.KvType;
import org.kimi4j.config.Precision;
import org.kimi4j.kernel.Backends;
import org.kimi4j.kernel.Widths;
import org.kimi4j.trace.Trace;

/** The golden models' logits and hidden states in EXACT, against a float64 reference. */
@DisabledIf(
        value = "org.kimi4j.kernel.Widths#isThatOfTheDefaultRun",
        disabledReason = "the default run has this vector width")
class GoldenLogitsTest {

    private static final double RMS_BOUND = 1e-5;
    private static final double MAX_BOUND = 2e-4;

    /** Whether a prompt is short enough for an emulated width, which is every prompt with -Dkimi.golden.all=true. */
    private static boolean isIncluded(Golden.Case golden) {
        return !Widths.isEmulated() || golden.tokens().length < 100 || Boolean.getBoolean("kimi.golden.all");
    }

    static Stream<Object[]> cases() {
        return Stream.of("tiny-a", "tiny-b")
                .flatMap(model -> Golden.read(model).cases().stream()
                        .filter(GoldenLogitsTest::isIncluded)
                        .flatMap(c -> Backends.atThisWidth().map(b -> new Object[] {model, c, b})));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void logitsAgreeWithTheReferenceAndChunksChangeNoBit(String name, Golden.Case golden, Backends backend) {
        Golden all = Golden.read(name);
        float[][] media = all.media().stream()
                .filter(m -> golden.media().contains(m.name()))
                .flatMap(m -> Stream.of(m.embeddings()))
                .toArray(float[][]::new);
        List<float[]> hidden = new ArrayList<>();
        Trace lastRows = (trace, _, tensor) -> {
            if (trace.equals("l_out")) {
                float[] row = new float[tensor.cols()];
                tensor.copyRow(tensor.rows() - 1, row, 0);
                hidden.add(row);
            }
        };
        try (OpenedModel opened = new OpenedModel(
                all.directory().resolve("checkpoint"), backend.create(Precision.EXACT, 2), KvType.F32, lastRows)) {
            int pad = opened.config.mediaPlaceholderTokenId().orElseThrow();
            OpenedModel.Overwrite overwrite = (x, start) -> {
                int next = 0;
                for (int i = 0; i < start + x.rows(); i++) {
                    if (golden.tokens()[i] == pad) {
                        if (i >= start) {
                            opened.kernels.write(x, i - start, media[next]);
                        }
                        next++;
                    }
                }
            };
            float[][] whole = opened.logits(golden.tokens(), golden.tokens().length, overwrite);
            float[][] wanted = new float[golden.positions().length][];
            for (int i = 0; i < wanted.length; i++) {
                wanted[i] = whole[golden.positions()[i]];
            }
            assertClose(wanted, golden.logits());
            if (golden.hidden().length > 0) {
                assertClose(hidden.toArray(float[][]::new), golden.hidden());
            }
            assertThat(opened.logits(golden.tokens(), 7, overwrite)).isDeepEqualTo(whole);
            assertThat(opened.logits(golden.tokens(), 1, overwrite)).isDeepEqualTo(whole);
        }
    }

    private static void assertClose(float[][] actual, float[][] expected) {
        assertThat(actual.length).isEqualTo(expected.length);
        double error = 0;
        double size = 0;
        double max = 0;
        for (int r = 0; r < expected.length; r++) {
            for (int i = 0; i < expected[r].length; i++) {
                double d = (double) actual[r][i] - expected[r][i];
                error += d * d;
                size += (double) expected[r][i] * expected[r][i];
                max = Math.max(max, Math.abs(d));
            }
        }
        assertThat(Math.sqrt(error / size)).as("relative rms error").isLessThanOrEqualTo(RMS_BOUND);
        assertThat(max).as("largest error").isLessThanOrEqualTo(MAX_BOUND);
    }
}

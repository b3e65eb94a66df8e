package org.kimi4j.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.condition.DisabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.kimi4j.config.Precision;
import org.kimi4j.kernel.RandomWeights.Encoding;
import org.kimi4j.tensor.Matrix;
import org.kimi4j.tensor.Tensor;

/** All experts at once against the same operations one after the other: not one bit differs. */
@DisabledIf(
        value = "org.kimi4j.kernel.Widths#isThatOfTheDefaultRun",
        disabledReason = "the default run has this vector width")
class MoeContractTest {

    private static final long SEED = 20261103;
    private static final int EXPERTS = 12;

    static Stream<Object[]> cases() {
        List<Object[]> cases = new ArrayList<>();
        for (Encoding encoding : List.of(Encoding.INT4, Encoding.INT8, Encoding.BF16)) {
            for (Precision precision : Precision.values()) {
                for (int rows : Widths.isEmulated() ? new int[] {1, 5} : new int[] {1, 2, 5, 23, 60}) {
                    cases.add(new Object[] {encoding, precision, rows, 256, 96});
                    cases.add(new Object[] {encoding, precision, rows, 352, 64});
                }
            }
        }
        return cases.stream();
    }

    /** A checkpoint may hold each matrix in an encoding of its own. */
    @ParameterizedTest
    @EnumSource(Precision.class)
    void expertsOfSeveralEncodingsHaveTheBitsOfSingleOperations(Precision precision) {
        check(List.of(Encoding.BF16, Encoding.INT4, Encoding.INT8), precision, 23, 256, 96);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void fusedExpertsHaveTheBitsOfSingleOperations(
            Encoding encoding, Precision precision, int rows, int hidden, int inner) {
        check(List.of(encoding), precision, rows, hidden, inner);
    }

    private static void check(List<Encoding> encodings, Precision precision, int rows, int hidden, int inner) {
        try (Arena arena = Arena.ofShared();
                Kernels vector = Backends.VECTOR.create(precision, 2);
                Kernels single =
                        new WatchedKernels(Backends.VECTOR.create(precision, 2), new WatchedKernels.Watch() {})) {
            RandomWeights random = new RandomWeights(SEED, arena);
            GatedMlp[] experts = new GatedMlp[EXPERTS];
            for (int e = 0; e < EXPERTS; e++) {
                Encoding encoding = encodings.get(e % encodings.size());
                experts[e] = new GatedMlp(
                        random.matrix(encoding, inner, hidden, 2),
                        random.matrix(encoding, inner, hidden, 0),
                        random.matrix(encoding, hidden, inner, 8));
            }
            Matrix.F32 bias = random.vector(1, EXPERTS, 0.1f, 0);
            RouterConfig router = new RouterConfig(EXPERTS, 4, 1, 1, true, 2.827f);
            SplittableRandom roles = new SplittableRandom(SEED);
            boolean[] prompt = new boolean[rows];
            float[][] h = new float[rows][];
            float[][] logits = new float[rows][];
            float[][] start = new float[rows][];
            for (int r = 0; r < rows; r++) {
                prompt[r] = roles.nextBoolean();
                h[r] = random.row(hidden);
                logits[r] = random.row(EXPERTS);
                start[r] = random.row(hidden);
            }
            List<float[][]> results = new ArrayList<>();
            for (Kernels k : List.of(vector, single)) {
                Tensor out = Backends.tensor(k, start);
                Routing routing = k.route(Backends.tensor(k, logits), bias, router);
                k.moe(out, Backends.tensor(k, h), routing, e -> experts[e], prompt);
                results.add(Backends.rows(k, out));
            }
            assertThat(results.get(0)).as("seed " + SEED).isDeepEqualTo(results.get(1));
        }
    }
}

package org.kimi4j.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kimi4j.kernel.RandomWeights.Encoding;
import org.kimi4j.tensor.Matrix;
import org.kimi4j.tensor.Tensor;
import org.kimi4j.tensor.Workspace;

/** The encoder's vector kernels against their scalar twins, and both against double arithmetic. */
class DenseKernelsContractTest {

    private final Arena arena = Arena.ofShared();
    private final RandomWeights random = new RandomWeights(20261102, arena);
    private final WorkerPool pool = new WorkerPool("test", 2);
    private final DenseKernels scalar = new ScalarDenseKernels(pool, new Workspace(true));
    private final DenseKernels vector = new PanamaDenseKernels(pool, new Workspace(true));

    @AfterEach
    void close() {
        scalar.close();
        vector.close();
        pool.close();
        arena.close();
    }

    private float[][] rows(int rows, int cols) {
        float[][] x = new float[rows][];
        for (int r = 0; r < rows; r++) {
            x[r] = random.row(cols);
        }
        return x;
    }

    private static Tensor tensor(DenseKernels k, float[][] rows) {
        Tensor t = k.workspace().allocate(rows.length, rows[0].length);
        for (int r = 0; r < rows.length; r++) {
            t.setRow(r, rows[r], 0);
        }
        return t;
    }

    private static float[][] read(Tensor t) {
        float[][] rows = new float[t.rows()][t.cols()];
        for (int r = 0; r < rows.length; r++) {
            t.copyRow(r, rows[r], 0);
        }
        return rows;
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 1", "5, 3, 2", "70, 4, 18", "33, 2, 72", "129, 16, 8", "64, 1, 5", "253, 1, 5", "1100, 1, 6"})
    void attentionHasTheBitsOfItsTwinAndTheValuesOfTheTextbook(int count, int heads, int width) {
        float[][] qkv = rows(count, 3 * heads * width);
        float scale = (float) (1 / Math.sqrt(width));
        float[][] expected = read(scalar.attention(tensor(scalar, qkv), heads, scale));
        assertThat(read(vector.attention(tensor(vector, qkv), heads, scale))).isDeepEqualTo(expected);
        int hidden = heads * width;
        for (int r = 0; r < count; r += 7) {
            for (int h = 0; h < heads; h++) {
                double[] weight = new double[count];
                double total = 0;
                for (int p = 0; p < count; p++) {
                    double s = 0;
                    for (int i = 0; i < width; i++) {
                        s += (double) qkv[r][h * width + i] * qkv[p][hidden + h * width + i];
                    }
                    weight[p] = Math.exp(s * scale);
                    total += weight[p];
                }
                for (int i = 0; i < width; i++) {
                    double sum = 0;
                    for (int p = 0; p < count; p++) {
                        sum += weight[p] / total * qkv[p][2 * hidden + h * width + i];
                    }
                    assertThat((double) expected[r][h * width + i]).isCloseTo(sum, within(3e-6));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 8, 9, 588, 1152, 4304})
    void linearAndNormAgreeWithTheirTwins(int cols) {
        Matrix w = random.matrix(Encoding.BF16, 37, cols, 2);
        Matrix.F32 bias = random.vector(1, 37, 1, 0);
        Matrix.F32 weight = random.vector(1, cols, 1, 0);
        Matrix.F32 shift = random.vector(1, cols, 1, 0);
        for (int count : List.of(1, 3, 4, 50)) {
            float[][] x = rows(count, cols);
            assertClose(
                    read(vector.linear(tensor(vector, x), w, bias)), read(scalar.linear(tensor(scalar, x), w, bias)));
            assertClose(
                    read(vector.layerNorm(tensor(vector, x), weight, shift, 1e-5f)),
                    read(scalar.layerNorm(tensor(scalar, x), weight, shift, 1e-5f)));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 255, 300, 1152})
    void aRowOfAProductDoesNotDependOnTheOthers(int cols) {
        Matrix w = random.matrix(Encoding.BF16, 150, cols, 2);
        Matrix.F32 bias = random.vector(1, 150, 1, 0);
        float[][] x = rows(200, cols);
        float[][] together = read(vector.linear(tensor(vector, x), w, bias));
        for (int r : List.of(0, 1, 5, 6, 191, 192, 199)) {
            assertThat(read(vector.linear(tensor(vector, new float[][] {x[r]}), w, bias))[0])
                    .isEqualTo(together[r]);
        }
    }

    private static void assertClose(float[][] actual, float[][] expected) {
        double error = 0;
        double size = 0;
        for (int r = 0; r < expected.length; r++) {
            for (int c = 0; c < expected[r].length; c++) {
                error += Math.pow((double) actual[r][c] - expected[r][c], 2);
                size += Math.pow(expected[r][c], 2);
            }
        }
        assertThat(Math.sqrt(error / size)).isLessThan(2e-6);
    }

    @Test
    void bothGelusAreThoseOfDoubleArithmetic() {
        float[][] x = new float[1][1601];
        for (int i = 0; i <= 1600; i++) {
            x[0][i] = (i - 800) / 100f;
        }
        Tensor tanh = tensor(vector, x);
        vector.geluTanh(tanh);
        Tensor twin = tensor(scalar, x);
        scalar.geluTanh(twin);
        assertThat(read(tanh)).isDeepEqualTo(read(twin));
        Tensor erf = tensor(vector, x);
        vector.geluErf(erf);
        for (int i = 0; i <= 1600; i++) {
            double v = x[0][i];
            double u = Math.sqrt(2 / Math.PI) * (v + 0.044715 * v * v * v);
            assertThat((double) read(tanh)[0][i])
                    .isCloseTo(0.5 * v * (1 + Math.tanh(u)), within(1e-6 * Math.abs(v) + 1e-9));
            double exact = 0.5 * v * (1 + erf(v / Math.sqrt(2)));
            assertThat((double) read(erf)[0][i]).isCloseTo(exact, within(3e-7 * Math.abs(v) + 1e-9));
        }
    }

    /** The error function by Simpson's rule. */
    private static double erf(double x) {
        int steps = 2000;
        double h = x / steps;
        double sum = 1 + Math.exp(-x * x);
        for (int i = 1; i < steps; i++) {
            sum += Math.exp(-(i * h) * (i * h)) * (i % 2 == 0 ? 2 : 4);
        }
        return sum * h / 3 * 2 / Math.sqrt(Math.PI);
    }

    @Test
    void rotationTurnsPairsByTheAnglesOfTheirRow() {
        float[][] x = rows(6, 8);
        float[][] angle = new float[3][4];
        for (int r = 0; r < 3; r++) {
            for (int i = 0; i < 2; i++) {
                angle[r][2 * i] = (float) Math.cos(r + i);
                angle[r][2 * i + 1] = (float) Math.sin(r + i);
            }
        }
        Tensor t = tensor(vector, x);
        vector.rotate(t, 2, tensor(vector, angle));
        float[][] y = read(t);
        for (int r = 0; r < 6; r++) {
            for (int i = 0; i < 8; i += 2) {
                double phi = r % 3 + i / 2 % 2;
                assertThat((double) y[r][i])
                        .isCloseTo(x[r][i] * Math.cos(phi) - x[r][i + 1] * Math.sin(phi), within(1e-6));
                assertThat((double) y[r][i + 1])
                        .isCloseTo(x[r][i + 1] * Math.cos(phi) + x[r][i] * Math.sin(phi), within(1e-6));
            }
        }
    }
}

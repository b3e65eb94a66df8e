package org.kimi4j.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kimi4j.cache.CacheShape;
import org.kimi4j.cache.LatentCache;
import org.kimi4j.cache.PagePool;
import org.kimi4j.config.KvType;
import org.kimi4j.config.Precision;
import org.kimi4j.kernel.RandomWeights.Encoding;
import org.kimi4j.tensor.Matrix;
import org.kimi4j.tensor.Tensor;

/** The vector kernels against their scalar twins, on sizes around every boundary. */
@DisabledIf(
        value = "org.kimi4j.kernel.Widths#isThatOfTheDefaultRun",
        disabledReason = "the default run has this vector width")
class KernelsContractTest {

    private static final long SEED = 20261101;
    /**
     * Sums of K products, each implementation with another order: relative to the root mean square of the results the
     * difference stays below this, for K up to 7168 (measured: below 6e-7).
     */
    private static final double SUM_BOUND = 2e-6;

    private final Arena arena = Arena.ofShared();
    private final List<Kernels> opened = new ArrayList<>();
    private final RandomWeights random = new RandomWeights(SEED, arena);

    private Kernels open(Backends backend, Precision precision) {
        Kernels kernels = backend.create(precision, 2);
        opened.add(kernels);
        return kernels;
    }

    @AfterEach
    void close() {
        opened.forEach(Kernels::close);
        arena.close();
    }

    private static void assertClose(float[][] actual, float[][] expected, double bound) {
        double error = 0;
        double size = 0;
        for (int r = 0; r < expected.length; r++) {
            assertThat(actual[r]).hasSameSizeAs(expected[r]);
            for (int c = 0; c < expected[r].length; c++) {
                assertThat(actual[r][c]).isFinite();
                error += Math.pow((double) actual[r][c] - expected[r][c], 2);
                size += Math.pow(expected[r][c], 2);
            }
        }
        assertThat(Math.sqrt(error / size))
                .as("relative rms error, seed " + SEED)
                .isLessThan(bound);
    }

    private float[][] activations(int rows, int cols) {
        float[][] x = new float[rows][];
        for (int r = 0; r < rows; r++) {
            x[r] = random.row(cols);
        }
        return x;
    }

    private static boolean[] roles(int rows) {
        boolean[] prompt = new boolean[rows];
        for (int r = 0; r < rows; r++) {
            prompt[r] = r % 3 == 0;
        }
        return prompt;
    }

    static Stream<Object[]> products() {
        List<Object[]> cases = new ArrayList<>();
        int lane = PanamaKernels.vectorBits() / 32;
        boolean all = !Widths.isEmulated();
        int[] rows = all ? new int[] {1, 2, 3, 4, 5, lane - 1, lane, lane + 1, 13} : new int[] {1, 5, lane + 1};
        int[] outputs =
                all ? new int[] {1, lane - 1, lane, lane + 1, 13, 207} : new int[] {1, lane - 1, lane, lane + 1};
        for (Encoding encoding : Encoding.values()) {
            boolean grouped = encoding == Encoding.INT4 || encoding == Encoding.INT8;
            int[] inner = grouped ? new int[] {32, 64, 96, 352} : new int[] {1, lane - 1, lane, lane + 1, 13, 207, 512};
            for (int cols : inner) {
                for (int r : rows) {
                    for (int o : outputs) {
                        cases.add(new Object[] {encoding, r, o, cols, 0});
                    }
                }
                cases.add(new Object[] {encoding, 207, 5, cols, 2});
            }
            for (int o : new int[] {6, 7, 13}) {
                // Whole steps of every encoding at every width, and a rest; not so few outputs that all might nearly
                // cancel.
                cases.add(new Object[] {encoding, 1, o, 1120, 0});
                cases.add(new Object[] {encoding, 5, o, 1120, 0});
            }
            for (int misalignment : new int[] {0, 2, 8}) {
                for (int r : new int[] {1, 5}) {
                    cases.add(new Object[] {encoding, r, 7, 2048, misalignment});
                    cases.add(new Object[] {encoding, r, 7, 7168, misalignment});
                    cases.add(new Object[] {encoding, r, all ? 7168 : 200, 64, misalignment});
                }
                cases.add(new Object[] {encoding, all ? 7168 : 200, 3, 96, misalignment});
            }
        }
        return cases.stream();
    }

    @ParameterizedTest
    @MethodSource("products")
    void productAgreesWithItsTwin(Encoding encoding, int rows, int outputs, int cols, int misalignment) {
        Matrix w = random.matrix(encoding, outputs, cols, misalignment);
        float[][] x = activations(rows, cols);
        boolean[] prompt = roles(rows);
        for (Precision precision : Precision.values()) {
            Kernels scalar = open(Backends.SCALAR, precision);
            Kernels vector = open(Backends.VECTOR, precision);
            float[][] expected = Backends.rows(scalar, scalar.matmul(Backends.tensor(scalar, x), w, prompt));
            float[][] actual = Backends.rows(vector, vector.matmul(Backends.tensor(vector, x), w, prompt));
            assertClose(actual, expected, SUM_BOUND);
            expected = Backends.rows(scalar, scalar.matmul(Backends.tensor(scalar, x), w));
            actual = Backends.rows(vector, vector.matmul(Backends.tensor(vector, x), w));
            assertClose(actual, expected, SUM_BOUND);
            opened.forEach(Kernels::close);
            opened.clear();
        }
    }

    /** Kernels take several weight rows at a time; which ones must not matter. */
    @ParameterizedTest
    @EnumSource(Encoding.class)
    void anOutputHasTheBitsOfAProductWithItsWeightRowAlone(Encoding encoding) {
        int cols = 1120;
        Matrix w = random.matrix(encoding, 15, cols, 0);
        float[][] x = activations(2, cols);
        boolean[] prompt = {false, true};
        for (Precision precision : Precision.values()) {
            Kernels k = open(Backends.VECTOR, precision);
            float[][] all = Backends.rows(k, k.matmul(Backends.tensor(k, x), w, prompt));
            for (int o = 0; o < 15; o++) {
                float[][] one = Backends.rows(k, k.matmul(Backends.tensor(k, x), rowOf(w, o), prompt));
                for (int r = 0; r < x.length; r++) {
                    assertThat(one[r][0])
                            .as("%s, row %d, output %d", precision, r, o)
                            .isEqualTo(all[r][o]);
                }
            }
        }
    }

    private static Matrix rowOf(Matrix w, int o) {
        return switch (w) {
            case Matrix.F32 f -> new Matrix.F32(1, w.cols(), rowOf(f.values(), w, o));
            case Matrix.Bf16 b -> new Matrix.Bf16(1, w.cols(), rowOf(b.values(), w, o));
            case Matrix.Int4 q -> new Matrix.Int4(1, w.cols(), rowOf(q.packed(), w, o), rowOf(q.scales(), w, o));
            case Matrix.Int8 q ->
                new Matrix.Int8(1, w.cols(), q.group(), rowOf(q.packed(), w, o), rowOf(q.scales(), w, o));
        };
    }

    private static MemorySegment rowOf(MemorySegment memory, Matrix w, int o) {
        long bytes = memory.byteSize() / w.rows();
        return memory.asSlice(o * bytes, bytes);
    }

    @ParameterizedTest
    @EnumSource(Encoding.class)
    void exactProductIsTheProductInDoubleRoundedOnlyByFloatSums(Encoding encoding) {
        int cols = 7168;
        Matrix w = random.matrix(encoding, 5, cols, 0);
        float[][] x = activations(3, cols);
        float[][] expected = new float[3][5];
        float[] row = new float[cols];
        for (int o = 0; o < 5; o++) {
            Weights.row(w, o, 0, cols, row, 0);
            for (int r = 0; r < 3; r++) {
                double sum = 0;
                for (int i = 0; i < cols; i++) {
                    sum += (double) x[r][i] * row[i];
                }
                expected[r][o] = (float) sum;
            }
        }
        for (Backends backend : Backends.values()) {
            Kernels kernels = open(backend, Precision.EXACT);
            assertClose(Backends.rows(kernels, kernels.matmul(Backends.tensor(kernels, x), w)), expected, SUM_BOUND);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Encoding.class,
            names = {"INT4", "INT8"})
    void fastProductLosesNoMoreThanEightBitActivationsDo(Encoding encoding) {
        Matrix w = random.matrix(encoding, 64, 7168, 0);
        float[][] x = activations(4, 7168);
        Kernels exact = open(Backends.SCALAR, Precision.EXACT);
        Kernels fast = open(Backends.VECTOR, Precision.FAST);
        boolean[] prompt = {false, false, true, true};
        float[][] expected = Backends.rows(exact, exact.matmul(Backends.tensor(exact, x), w, prompt));
        // Rounding to 1/127 of a group's largest value: 5e-3 of the rms on normal activations.
        assertClose(Backends.rows(fast, fast.matmul(Backends.tensor(fast, x), w, prompt)), expected, 7e-3);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 4, 7, 8, 9, 13, 15, 16, 17, 207, 7168})
    void elementwiseOperationsHaveTheBitsOfTheirTwins(int cols) {
        float[][] a = activations(3, cols);
        float[][] b = activations(3, cols);
        a[0][0] = 1000;
        a[1][0] = -1000;
        a[2][0] = 0;
        Kernels scalar = open(Backends.SCALAR, Precision.EXACT);
        Kernels vector = open(Backends.VECTOR, Precision.EXACT);
        for (Kernels k : List.of(scalar, vector)) {
            k.workspace().release(0);
        }
        float[][] expected =
                Backends.rows(scalar, scalar.siluMul(Backends.tensor(scalar, a), Backends.tensor(scalar, b)));
        assertThat(Backends.rows(vector, vector.siluMul(Backends.tensor(vector, a), Backends.tensor(vector, b))))
                .isDeepEqualTo(expected);
        Tensor s = Backends.tensor(scalar, a);
        scalar.add(s, Backends.tensor(scalar, b));
        Tensor v = Backends.tensor(vector, a);
        vector.add(v, Backends.tensor(vector, b));
        assertThat(Backends.rows(vector, v)).isDeepEqualTo(Backends.rows(scalar, s));
        Matrix.F32 weight = random.vector(1, cols, 1, 0);
        assertClose(
                Backends.rows(vector, vector.rmsNorm(v, weight, 1e-5f)),
                Backends.rows(scalar, scalar.rmsNorm(s, weight, 1e-5f)),
                SUM_BOUND);
    }

    @Test
    void siluIsTheSiluOfDoubleArithmetic() {
        float[][] gate = new float[1][4001];
        float[][] up = new float[1][4001];
        float[][] expected = new float[1][4001];
        for (int i = 0; i <= 4000; i++) {
            gate[0][i] = (i - 2000) / 40f;
            up[0][i] = 1;
            expected[0][i] = (float) (gate[0][i] / (1 + Math.exp(-(double) gate[0][i])));
        }
        Kernels k = open(Backends.VECTOR, Precision.EXACT);
        float[][] actual = Backends.rows(k, k.siluMul(Backends.tensor(k, gate), Backends.tensor(k, up)));
        for (int i = 0; i <= 4000; i++) {
            assertThat((double) actual[0][i])
                    .as("silu(%s)", gate[0][i])
                    .isCloseTo(
                            expected[0][i],
                            org.assertj.core.data.Offset.offset(3e-7 * Math.abs(expected[0][i]) + 1e-30));
        }
    }

    /** Heads around the lanes, latent widths around the blocks, caches around tiles and segments. */
    static Stream<Object[]> attentions() {
        return Stream.of(
                new Object[] {new MlaShape(4, 32, 16, 32, 64, 0.14f), KvType.F32, 130},
                new Object[] {new MlaShape(1, 8, 2, 8, 5, 0.3f), KvType.F32, 65},
                new Object[] {new MlaShape(17, 16, 4, 8, 64, 0.2f), KvType.BF16, 64},
                new Object[] {new MlaShape(33, 8, 6, 16, 128, 0.2f), KvType.BF16, 3},
                new Object[] {new MlaShape(17, 8, 6, 8, 192, 0.2f), KvType.I8, 130},
                new Object[] {new MlaShape(3, 8, 2, 8, 77, 0.2f), KvType.I8, ScalarAttention.SEGMENT + 5},
                new Object[] {new MlaShape(2, 8, 2, 8, 13, 0.2f), KvType.I8, 3},
                new Object[] {new MlaShape(3, 8, 4, 8, 12, 0.2f), KvType.F32, 2 * ScalarAttention.SEGMENT + 70});
    }

    @ParameterizedTest
    @MethodSource("attentions")
    void attentionHasTheBitsOfItsTwin(MlaShape shape, KvType type, int length) {
        CacheShape stored = new CacheShape(2, shape.latentDim(), shape.ropeDim(), type);
        try (PagePool pool = new PagePool(stored, 1L << 30)) {
            LatentCache cache = pool.newCache();
            cache.grow(length);
            Kernels scalar = open(Backends.SCALAR, Precision.EXACT);
            Kernels vector = open(Backends.VECTOR, Precision.EXACT);
            float[][] latents = activations(length, shape.latentDim());
            float[][] keys = activations(length, shape.ropeDim());
            scalar.append(
                    1,
                    Backends.tensor(scalar, latents),
                    Backends.tensor(scalar, keys),
                    Rows.of(cache, 0, length, true));
            int count = Math.min(length, 3);
            Rows rows = Rows.of(cache, length - count, count, false);
            float[][] qLatent = activations(count, shape.heads() * shape.latentDim());
            float[][] q = activations(count, shape.heads() * shape.queryDim());
            float[][] expected = Backends.rows(
                    scalar,
                    scalar.latentAttention(
                            Backends.tensor(scalar, qLatent), Backends.tensor(scalar, q), 1, rows, shape));
            float[][] actual = Backends.rows(
                    vector,
                    vector.latentAttention(
                            Backends.tensor(vector, qLatent), Backends.tensor(vector, q), 1, rows, shape));
            assertThat(actual).isDeepEqualTo(expected);
            assertClose(expected, naiveAttention(shape, type, latents, keys, qLatent, q, length - count), 3e-6);
        }
    }

    /** The textbook formula in double. */
    private static float[][] naiveAttention(
            MlaShape shape, KvType type, float[][] latents, float[][] keys, float[][] qLatent, float[][] q, int start) {
        float[][] out = new float[q.length][shape.heads() * shape.latentDim()];
        for (int r = 0; r < q.length; r++) {
            for (int h = 0; h < shape.heads(); h++) {
                double[] weight = new double[start + r + 1];
                double max = Double.NEGATIVE_INFINITY;
                for (int p = 0; p < weight.length; p++) {
                    double s = 0;
                    for (int c = 0; c < shape.latentDim(); c++) {
                        s += (double) qLatent[r][h * shape.latentDim() + c] * stored(latents[p], c, type);
                    }
                    for (int i = 0; i < shape.ropeDim(); i++) {
                        s += (double) q[r][h * shape.queryDim() + shape.nopeDim() + i] * storedKey(keys[p][i], type);
                    }
                    weight[p] = s * shape.softmaxScale();
                    max = Math.max(max, weight[p]);
                }
                double total = 0;
                for (int p = 0; p < weight.length; p++) {
                    weight[p] = Math.exp(weight[p] - max);
                    total += weight[p];
                }
                for (int c = 0; c < shape.latentDim(); c++) {
                    double sum = 0;
                    for (int p = 0; p < weight.length; p++) {
                        sum += weight[p] * stored(latents[p], c, type);
                    }
                    out[r][h * shape.latentDim() + c] = (float) (sum / total);
                }
            }
        }
        return out;
    }

    /** One value of a latent as it comes back from the cache, written down once more. */
    private static float stored(float[] latent, int i, KvType type) {
        return switch (type) {
            case F32 -> latent[i];
            case BF16 -> Float.intBitsToFloat(Weights.toBf16(latent[i]) << 16);
            case I8 -> {
                float largest = 0;
                for (int j = i / 64 * 64; j < Math.min(latent.length, i / 64 * 64 + 64); j++) {
                    largest = Math.max(largest, Math.abs(latent[j]));
                }
                float scale = Float.intBitsToFloat(Weights.toBf16(largest / 127) << 16);
                yield Math.round((double) (latent[i] / scale)) * scale;
            }
        };
    }

    private static float storedKey(float value, KvType type) {
        return type == KvType.F32 ? value : Float.intBitsToFloat(Weights.toBf16(value) << 16);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5, 9})
    void keyAndValueHalvesOfKvBAgreeWithTheirTwins(int rows) {
        for (MlaShape shape : List.of(
                new MlaShape(4, 32, 16, 32, 64, 1f),
                new MlaShape(3, 13, 2, 7, 31, 1f),
                new MlaShape(2, 128, 64, 128, 512, 1f))) {
            Matrix kvB = random.matrix(Encoding.BF16, shape.heads() * shape.kvDim(), shape.latentDim(), 2);
            float[][] q = activations(rows, shape.heads() * shape.queryDim());
            float[][] oLatent = activations(rows, shape.heads() * shape.latentDim());
            Kernels scalar = open(Backends.SCALAR, Precision.EXACT);
            Kernels vector = open(Backends.VECTOR, Precision.EXACT);
            assertThat(Backends.rows(vector, vector.absorbQuery(Backends.tensor(vector, q), kvB, shape)))
                    .isDeepEqualTo(Backends.rows(scalar, scalar.absorbQuery(Backends.tensor(scalar, q), kvB, shape)));
            assertClose(
                    Backends.rows(vector, vector.expandValue(Backends.tensor(vector, oLatent), kvB, shape)),
                    Backends.rows(scalar, scalar.expandValue(Backends.tensor(scalar, oLatent), kvB, shape)),
                    SUM_BOUND);
        }
    }

    @Test
    void shapesThatDoNotFitAreRefusedByName() {
        Matrix w = random.matrix(Encoding.BF16, 4, 8, 0);
        Kernels k = open(Backends.VECTOR, Precision.EXACT);
        Tensor x = Backends.tensor(k, activations(3, 7));
        assertThatThrownBy(() -> k.matmul(x, w))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("matmul: x [3, 7] by w [4, 8]: inner sizes differ");
    }
}

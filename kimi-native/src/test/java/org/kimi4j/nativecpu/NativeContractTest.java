package org.kimi4j.nativecpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntPredicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kimi4j.config.Precision;
import org.kimi4j.kernel.Kernels;
import org.kimi4j.kernel.ScalarKernels;
import org.kimi4j.kernel.WorkerPool;
import org.kimi4j.spi.KernelsProvider;
import org.kimi4j.tensor.Matrix;
import org.kimi4j.tensor.Tensor;
import org.kimi4j.tensor.Workspace;

/** The products in C against the scalar twin, and each row of a product against the row alone. */
@EnabledIf(value = "org.kimi4j.nativecpu.Usable#here", disabledReason = "no native kernels here: LibraryTest says why")
class NativeContractTest {

    private static final long SEED = 20261123;
    /** As the vector kernels: sums of up to 7168 products in another order. */
    private static final double SUM_BOUND = 2e-6;

    private final Arena arena = Arena.ofShared();
    private final SplittableRandom random = new SplittableRandom(SEED);
    private final List<Kernels> opened = new ArrayList<>();

    @AfterEach
    void close() {
        opened.forEach(Kernels::close);
        arena.close();
    }

    static Stream<Object[]> products() {
        List<Object[]> cases = new ArrayList<>();
        for (String encoding : List.of("bf16", "int4", "int8 32", "int8 64")) {
            for (int rows : new int[] {1, 2, 3, 4, 7, 13, 35}) {
                for (int outputs : new int[] {1, 7, 16, 17, 207}) {
                    // The error is measured against the results' size: too few of them may all be close to nothing.
                    if (rows * outputs < 7) {
                        continue;
                    }
                    for (int cols : new int[] {64, 192, 320, 2048}) {
                        cases.add(new Object[] {encoding, rows, outputs, cols, 0});
                    }
                }
            }
            for (int misalignment : new int[] {2, 8}) {
                cases.add(new Object[] {encoding, 5, 33, 7168, misalignment});
            }
        }
        for (int cols : new int[] {32, 96, 352, 1056}) {
            cases.add(new Object[] {"int4", 5, 33, cols, 2});
            cases.add(new Object[] {"int8 32", 5, 33, cols, 2});
        }
        for (int cols : new int[] {1, 7, 8, 9, 13, 31, 33, 207, 257, 2049}) {
            cases.add(new Object[] {"bf16", 3, 33, cols, 2});
        }
        return cases.stream();
    }

    @ParameterizedTest
    @MethodSource("products")
    void productAgreesWithItsScalarTwinAndRowsDoNotDependOnEachOther(
            String encoding, int rows, int outputs, int cols, int misalignment) {
        Matrix w = matrix(encoding, outputs, cols, misalignment);
        float[][] x = new float[rows][cols];
        boolean[] prompt = new boolean[rows];
        for (int r = 0; r < rows; r++) {
            prompt[r] = r % 5 < 3;
            for (int i = 0; i < cols; i++) {
                x[r][i] = (float) random.nextGaussian();
            }
        }
        for (Precision precision : Precision.values()) {
            Kernels scalar = open(new ScalarKernels(precision, new WorkerPool("test", 2), new Workspace(true)));
            Kernels tested = open(new NativeProvider()
                    .create(new KernelsProvider.Request(precision, new WorkerPool("test", 2), new Workspace(true))));
            float[][] actual = product(tested, x, w, prompt, _ -> true);
            float[][] meant = precision == Precision.FAST ? asMeant(x, w, prompt) : x;
            assertThat(distance(actual, product(scalar, meant, w, prompt, _ -> true)))
                    .describedAs("%s, seed %d", precision, SEED)
                    .isLessThan(SUM_BOUND);
            for (int r = 0; r < rows; r += 3) {
                int only = r;
                assertThat(product(tested, x, w, prompt, i -> i == only)[0]).isEqualTo(actual[r]);
            }
        }
    }

    /** What the twin has to be given in FAST: prompt rows meet bfloat16 weights in bfloat16, with AVX-512 only. */
    private static float[][] asMeant(float[][] x, Matrix w, boolean[] prompt) {
        float[][] meant = x.clone();
        if (w instanceof Matrix.Bf16 && Library.isa().isAvx512()) {
            float[][] rounded = SelfCheck.rounded(x);
            for (int r = 0; r < x.length; r++) {
                meant[r] = prompt[r] ? rounded[r] : x[r];
            }
        }
        return meant;
    }

    private Kernels open(Kernels kernels) {
        opened.add(kernels);
        return kernels;
    }

    private static float[][] product(Kernels kernels, float[][] x, Matrix w, boolean[] prompt, IntPredicate chosen) {
        List<Integer> rows = new ArrayList<>();
        for (int r = 0; r < x.length; r++) {
            if (chosen.test(r)) {
                rows.add(r);
            }
        }
        Tensor in = kernels.workspace().allocate(rows.size(), w.cols());
        boolean[] roles = new boolean[rows.size()];
        for (int i = 0; i < rows.size(); i++) {
            kernels.write(in, i, x[rows.get(i)]);
            roles[i] = prompt[rows.get(i)];
        }
        Tensor out = kernels.matmul(in, w, roles);
        float[][] values = new float[rows.size()][w.rows()];
        for (int i = 0; i < values.length; i++) {
            kernels.read(out, i, values[i]);
        }
        kernels.workspace().release(0);
        return values;
    }

    private static double distance(float[][] actual, float[][] expected) {
        double error = 0;
        double size = 0;
        for (int r = 0; r < expected.length; r++) {
            for (int o = 0; o < expected[r].length; o++) {
                error += Math.pow((double) actual[r][o] - expected[r][o], 2);
                size += Math.pow(expected[r][o], 2);
            }
        }
        return Math.sqrt(error / size);
    }

    private Matrix matrix(String encoding, int rows, int cols, int misalignment) {
        return switch (encoding) {
            case "bf16" -> new Matrix.Bf16(rows, cols, halves((long) rows * cols, misalignment));
            case "int4" ->
                new Matrix.Int4(
                        rows,
                        cols,
                        bytes((long) rows * cols / 2, misalignment),
                        halves((long) rows * cols / 32, misalignment));
            default -> {
                int group = Integer.parseInt(encoding.substring(5));
                yield new Matrix.Int8(
                        rows,
                        cols,
                        group,
                        bytes((long) rows * cols, misalignment),
                        halves((long) rows * cols / group, misalignment));
            }
        };
    }

    private MemorySegment bytes(long size, int misalignment) {
        MemorySegment bytes = arena.allocate(size + misalignment, 64).asSlice(misalignment);
        for (long i = 0; i < size; i++) {
            bytes.set(JAVA_BYTE, i, (byte) random.nextInt());
        }
        return bytes;
    }

    private MemorySegment halves(long count, int misalignment) {
        MemorySegment halves = arena.allocate(2 * count + misalignment, 64).asSlice(misalignment);
        for (long i = 0; i < count; i++) {
            float value = (float) random.nextGaussian() / 64;
            halves.set(JAVA_SHORT_UNALIGNED, 2 * i, (short) (Float.floatToRawIntBits(value) >>> 16));
        }
        return halves;
    }
}

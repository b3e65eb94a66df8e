package org.kimi4j.nativecpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kimi4j.cache.CacheShape;
import org.kimi4j.cache.LatentCache;
import org.kimi4j.cache.PagePool;
import org.kimi4j.config.KvType;
import org.kimi4j.config.Precision;
import org.kimi4j.kernel.Kernels;
import org.kimi4j.kernel.MlaShape;
import org.kimi4j.kernel.Rows;
import org.kimi4j.kernel.ScalarKernels;
import org.kimi4j.kernel.WorkerPool;
import org.kimi4j.spi.KernelsProvider;
import org.kimi4j.tensor.Tensor;
import org.kimi4j.tensor.Workspace;

/** Attention of this backend against the scalar twin, and each row against the row alone. */
@EnabledIf(value = "org.kimi4j.nativecpu.Usable#here", disabledReason = "no native kernels here: LibraryTest says why")
class AttentionContractTest {

    private static final long SEED = 20261201;
    /** Queries and weights in two bfloat16 parts: of the root mean square, some four times what was measured. */
    private static final double PARTS_BOUND = 1e-5;

    private static final int SEGMENT = 4096;

    private final SplittableRandom random = new SplittableRandom(SEED);
    private final List<Kernels> opened = new ArrayList<>();

    @AfterEach
    void close() {
        opened.forEach(Kernels::close);
    }

    /** Heads around the blocks, widths around the steps, caches around pages and segments; the last has K2.5's widths. */
    static Stream<Object[]> attentions() {
        List<Object[]> cases = new ArrayList<>();
        for (KvType type : KvType.values()) {
            cases.add(new Object[] {new MlaShape(4, 32, 16, 32, 64, 0.14f), type, 130});
            cases.add(new Object[] {new MlaShape(1, 8, 2, 8, 5, 0.3f), type, 65});
            cases.add(new Object[] {new MlaShape(17, 16, 4, 8, 64, 0.2f), type, 64});
            cases.add(new Object[] {new MlaShape(33, 8, 6, 16, 128, 0.2f), type, 3});
            cases.add(new Object[] {new MlaShape(3, 8, 4, 8, 12, 0.2f), type, 2 * SEGMENT + 70});
            cases.add(new Object[] {new MlaShape(64, 128, 64, 128, 512, 0.07f), type, 140});
        }
        return cases.stream();
    }

    @ParameterizedTest
    @MethodSource("attentions")
    void attentionAgreesWithItsScalarTwinAndRowsDoNotDependOnEachOther(MlaShape shape, KvType type, int length) {
        CacheShape stored = new CacheShape(2, shape.latentDim(), shape.ropeDim(), type);
        try (PagePool pool = new PagePool(stored, 1L << 30);
                LatentCache cache = pool.newCache()) {
            cache.grow(length);
            int count = Math.min(length, 11);
            float[][] qLatent = values(count, shape.heads() * shape.latentDim());
            float[][] q = values(count, shape.heads() * shape.queryDim());
            float[][] latents = values(length, shape.latentDim());
            float[][] keys = values(length, shape.ropeDim());
            for (Precision precision : Precision.values()) {
                Kernels scalar = open(new ScalarKernels(precision, new WorkerPool("test", 2), new Workspace(true)));
                Kernels tested = open(new NativeProvider()
                        .create(new KernelsProvider.Request(
                                precision, new WorkerPool("test", 2), new Workspace(true))));
                scalar.append(1, tensor(scalar, latents), tensor(scalar, keys), Rows.of(cache, 0, length, true));
                scalar.workspace().release(0);
                int[] all = IntStream.range(0, count).toArray();
                float[][] expected = attend(scalar, cache, shape, qLatent, q, all);
                float[][] actual = attend(tested, cache, shape, qLatent, q, all);
                if (precision == Precision.FAST && type == KvType.BF16 && Library.isa() == Isa.AMX) {
                    assertThat(distance(actual, expected))
                            .describedAs("%s, %s, seed %d", precision, type, SEED)
                            .isGreaterThan(0)
                            .isLessThan(PARTS_BOUND);
                } else {
                    assertThat(actual).isDeepEqualTo(expected);
                }
                for (int r = 0; r < count; r += 5) {
                    assertThat(attend(tested, cache, shape, qLatent, q, r)[0]).isEqualTo(actual[r]);
                }
            }
        }
    }

    private Kernels open(Kernels kernels) {
        opened.add(kernels);
        return kernels;
    }

    /** Some of the last rows. */
    private static float[][] attend(
            Kernels kernels, LatentCache cache, MlaShape shape, float[][] qLatent, float[][] q, int... chosen) {
        int first = cache.length() - q.length;
        Rows rows = new Rows(
                Arrays.stream(chosen).map(r -> first + r).toArray(),
                new int[chosen.length],
                new boolean[chosen.length],
                new LatentCache[] {cache});
        Tensor out = kernels.latentAttention(
                tensor(kernels, pick(qLatent, chosen)), tensor(kernels, pick(q, chosen)), 1, rows, shape);
        float[][] values = new float[out.rows()][out.cols()];
        for (int r = 0; r < values.length; r++) {
            kernels.read(out, r, values[r]);
        }
        kernels.workspace().release(0);
        return values;
    }

    private static float[][] pick(float[][] rows, int[] chosen) {
        return Arrays.stream(chosen).mapToObj(r -> rows[r]).toArray(float[][]::new);
    }

    private static Tensor tensor(Kernels kernels, float[][] rows) {
        Tensor tensor = kernels.workspace().allocate(rows.length, rows[0].length);
        for (int r = 0; r < rows.length; r++) {
            kernels.write(tensor, r, rows[r]);
        }
        return tensor;
    }

    private float[][] values(int rows, int cols) {
        float[][] values = new float[rows][cols];
        for (float[] row : values) {
            for (int i = 0; i < cols; i++) {
                row[i] = (float) random.nextGaussian();
            }
        }
        return values;
    }

    private static double distance(float[][] actual, float[][] expected) {
        double error = 0;
        double size = 0;
        for (int r = 0; r < expected.length; r++) {
            for (int i = 0; i < expected[r].length; i++) {
                error += Math.pow((double) actual[r][i] - expected[r][i], 2);
                size += Math.pow(expected[r][i], 2);
            }
        }
        return Math.sqrt(error / size);
    }
}

package org.kimi4j.benchmarks.suite;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kimi4j.config.Precision;
import org.kimi4j.kernel.Kernels;
import org.kimi4j.kernel.PanamaKernels;
import org.kimi4j.kernel.WorkerPool;
import org.kimi4j.tensor.Matrix;
import org.kimi4j.tensor.Tensor;
import org.kimi4j.tensor.Workspace;

class WeightPoolTest {

    private static final long PLAIN = 4L << 20;

    @TempDir
    private Path folder;

    private WeightPool open(int experts) throws IOException {
        return WeightPool.open(folder.resolve("pool"), experts, PLAIN, 3);
    }

    @Test
    void aPoolThatIsThereIsKeptAndOneOfAnotherSizeWrittenAnew() throws IOException {
        open(1).close();
        Object first = Files.getLastModifiedTime(folder.resolve("pool"));
        open(1).close();
        assertThat(Files.getLastModifiedTime(folder.resolve("pool"))).isEqualTo(first);
        open(2).close();
        assertThat(Files.size(folder.resolve("pool"))).isEqualTo(2 * WeightPool.EXPERT_BYTES + PLAIN);
        try (var files = Files.list(folder)) {
            assertThat(files).hasSize(1);
        }
    }

    @Test
    void theColdPoolIsLargerThanFourGibibytes() {
        assertThat(WeightPool.coldExperts() * WeightPool.EXPERT_BYTES).isGreaterThan(4L << 30);
    }

    @Test
    void choicesAreDifferentAndAscend() throws IOException {
        try (WeightPool pool = open(3)) {
            for (int i = 0; i < 20; i++) {
                int[] chosen = pool.choose(2);
                assertThat(chosen[0]).isLessThan(chosen[1]).isBetween(0, 2);
            }
        }
    }

    /** Products of normal activations with weights of known magnitudes come out finite, of the size expected, and alike. */
    @Test
    void weightsOfEveryEncodingAreFiniteAndTheTwinsAgreeOnThem() throws IOException {
        try (WeightPool pool = open(1);
                Kernels vector = new PanamaKernels(Precision.EXACT, new WorkerPool("test", 2), new Workspace());
                Kernels scalar = KernelSet.scalar(Precision.EXACT, 2)) {
            for (Matrix w : new Matrix[] {
                pool.nextInt4(false), pool.nextInt4(true), pool.nextBf16(128, 256), pool.nextInt8(128, 256, 128)
            }) {
                float[] fast = product(vector, w);
                float[] slow = product(scalar, w);
                double difference = 0;
                double size = 0;
                for (int i = 0; i < fast.length; i++) {
                    difference += Math.pow(fast[i] - slow[i], 2);
                    size += Math.pow(slow[i], 2);
                }
                assertThat(size).isGreaterThan(0).isFinite();
                assertThat(Math.sqrt(difference / size)).isLessThan(1e-6);
            }
        }
    }

    private static float[] product(Kernels k, Matrix w) {
        Tensor x = KernelSet.activations(k, 1, w.cols(), 5);
        float[] out = new float[w.rows()];
        k.read(k.matmul(x, w), 0, out);
        k.workspace().release(0);
        return out;
    }

    @Test
    void theMemoryOfAMatrixIsAllItReads() throws IOException {
        try (WeightPool pool = open(1)) {
            for (Matrix w : new Matrix[] {pool.nextInt4(false), pool.nextBf16(64, 64), pool.nextInt8(64, 128, 32)}) {
                long bytes = WeightPool.memory(w).stream()
                        .mapToLong(MemorySegment::byteSize)
                        .sum();
                assertThat(bytes)
                        .as(Arrays.toString(w.getClass().getRecordComponents()))
                        .isEqualTo(w.byteSize());
            }
        }
    }
}

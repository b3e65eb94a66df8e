package org.kimi4j.benchmarks.jmh;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.kimi4j.benchmarks.suite.KernelSet;
import org.kimi4j.benchmarks.suite.WeightPool;
import org.kimi4j.config.Precision;
import org.kimi4j.kernel.Kernels;
import org.kimi4j.tensor.Matrix;
import org.kimi4j.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Rows by weights, for every weight of Kimi K2.5, cold; the pool is the file that the property {@code kimi.pool} names. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class Products {

    /** The weights by their names in the checkpoint. */
    public enum Weight {
        EXPERT_GATE(WeightPool.INTERMEDIATE, WeightPool.HIDDEN, 4),
        EXPERT_DOWN(WeightPool.HIDDEN, WeightPool.INTERMEDIATE, 4),
        Q_A_PROJ(1_536, WeightPool.HIDDEN, 16),
        Q_B_PROJ(12_288, 1_536, 16),
        KV_A_PROJ(576, WeightPool.HIDDEN, 16),
        O_PROJ(WeightPool.HIDDEN, 8_192, 16),
        SHARED_GATE(WeightPool.INTERMEDIATE, WeightPool.HIDDEN, 16),
        SHARED_DOWN(WeightPool.HIDDEN, WeightPool.INTERMEDIATE, 16),
        DENSE_GATE(18_432, WeightPool.HIDDEN, 16),
        DENSE_DOWN(WeightPool.HIDDEN, 18_432, 16),
        ROUTER(384, WeightPool.HIDDEN, 16),
        LM_HEAD(32_768, WeightPool.HIDDEN, 16),
        O_PROJ_INT8(WeightPool.HIDDEN, 8_192, 8),
        DENSE_GATE_INT8(18_432, WeightPool.HIDDEN, 8);

        private final int rows;
        private final int cols;
        private final int bits;

        Weight(int rows, int cols, int bits) {
            this.rows = rows;
            this.cols = cols;
            this.bits = bits;
        }

        private Supplier<Matrix> from(WeightPool pool) {
            return switch (bits) {
                case 4 -> () -> pool.nextInt4(this == EXPERT_DOWN);
                case 8 -> () -> pool.nextInt8(rows, cols, 128);
                case 16 -> () -> pool.nextBf16(rows, cols);
                default -> throw new IllegalStateException(bits + " bits");
            };
        }
    }

    @Param
    public Weight weight = Weight.EXPERT_GATE;

    @Param({"1", "16", "128"})
    public int rows = 1;

    @Param({"FAST", "EXACT"})
    public Precision precision = Precision.FAST;

    @Param({"vector", "native", "scalar"})
    public String kernels = "vector";

    @Param("1")
    public int threads = 1;

    private WeightPool pool;
    private Supplier<Matrix> next;
    private Kernels chosen;
    private Tensor x;
    private boolean[] roles = {};
    private long bytes;
    private long flops;

    @Setup
    public void open() throws IOException {
        pool = WeightPool.open(
                Path.of(System.getProperty(
                        "kimi.pool", System.getProperty("java.io.tmpdir") + "/kimi-benchmarks.pool")),
                WeightPool.coldExperts(),
                1);
        next = weight.from(pool);
        chosen = KernelSet.of(kernels, precision, threads);
        x = KernelSet.activations(chosen, rows, weight.cols, 1);
        roles = new boolean[rows];
        Arrays.fill(roles, rows > 1);
        bytes = next.get().byteSize();
        flops = 2L * rows * weight.rows * weight.cols;
    }

    @TearDown
    public void close() {
        chosen.close();
        pool.close();
    }

    @Benchmark
    public void product(Traffic traffic) {
        long mark = chosen.workspace().mark();
        chosen.matmul(x, next.get(), roles);
        chosen.workspace().release(mark);
        traffic.bytes += bytes;
        traffic.flops += flops;
    }
}

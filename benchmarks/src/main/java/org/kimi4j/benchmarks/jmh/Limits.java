package org.kimi4j.benchmarks.jmh;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.kimi4j.benchmarks.denominator.Peak;
import org.kimi4j.benchmarks.denominator.ReadPass;
import org.kimi4j.benchmarks.measure.Work;
import org.kimi4j.benchmarks.suite.WeightPool;
import org.kimi4j.kernel.WorkerPool;
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

/** What products are to be compared with: reading weights of the pool, and arithmetic on registers. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class Limits {

    @Param({
        "read 1 Java",
        "read 2 Java",
        "read 4 Java",
        "read 1 C",
        "read 2 C",
        "read 4 C",
        "fma 8 Java",
        "fma 12 Java",
        "fma 16 Java",
        "fma 8 C",
        "fma 12 C",
        "fma 16 C"
    })
    public String limit = "";

    @Param("1")
    public int threads = 1;

    private WeightPool weights;
    private WorkerPool pool;
    private Work work;

    @Setup
    public void open() throws IOException {
        weights = WeightPool.open(
                Path.of(System.getProperty(
                        "kimi.pool", System.getProperty("java.io.tmpdir") + "/kimi-benchmarks.pool")),
                WeightPool.coldExperts(),
                1);
        pool = new WorkerPool("limit", threads);
        List<Work> all = new ArrayList<>(ReadPass.works(
                pool, weights.nextInt4(false).byteSize(), () -> WeightPool.memory(weights.nextInt4(false))));
        all.addAll(Peak.fma(pool));
        work = all.stream()
                .filter(w -> w.name().equals(limit))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(limit + ": not on this machine (no C compiler?)"));
    }

    @TearDown
    public void close() {
        pool.close();
        weights.close();
    }

    @Benchmark
    public void limit(Traffic traffic) throws Throwable {
        work.body().run();
        traffic.bytes += (long) work.bytes();
        traffic.flops += (long) work.flops();
    }
}

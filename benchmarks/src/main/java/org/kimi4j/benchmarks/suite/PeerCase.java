package org.kimi4j.benchmarks.suite;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.ServiceLoader;
import org.kimi4j.benchmarks.measure.Work;
import org.kimi4j.benchmarks.peer.Peer;
import org.kimi4j.config.Precision;
import org.kimi4j.kernel.Kernels;
import org.kimi4j.kernel.WorkerPool;
import org.kimi4j.tensor.Matrix;
import org.kimi4j.tensor.Tensor;

/**
 * Our INT4 products beside those of other engines: the same weights, of which there are more than caches hold, the same
 * activations, the same number of threads. Every result is compared with the scalar twin's before anything is timed. An
 * owner.
 */
public final class PeerCase implements AutoCloseable {

    /** What 8-bit activations may differ by: root mean square, relative. */
    private static final double BOUND = 0.02;

    private final KernelSet kernels;
    private final WorkerPool denominators;
    private final List<Peer> peers = new ArrayList<>();
    private final List<String> terms = new ArrayList<>();
    private final Case measured;

    /** @param count of weights [INTERMEDIATE, HIDDEN] */
    public PeerCase(WeightPool pool, int count, int rows, int threads) throws Exception {
        this.kernels = KernelSet.fast(threads);
        this.denominators = new WorkerPool("denominator", threads);
        List<Matrix.Int4> weights = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            weights.add(pool.nextInt4(false));
        }
        Matrix.Int4 first = weights.getFirst();
        double bytes = (double) count * first.byteSize();
        double flops = 2.0 * count * rows * first.rows() * first.cols();
        List<Work> works = new ArrayList<>();
        float[][] expected = expected(first, rows);
        boolean[] roles = new boolean[rows];
        Arrays.fill(roles, rows > 1);
        for (KernelSet.Named named : kernels.all()) {
            Kernels k = named.kernels();
            Tensor x = KernelSet.activations(k, rows, first.cols(), 1);
            float[][] found = product(k, x, first, roles);
            terms.add(named.name() + ": off by " + require(named.name(), found, expected));
            works.add(new Work(named.name(), bytes, flops, () -> {
                for (Matrix.Int4 w : weights) {
                    long mark = k.workspace().mark();
                    k.matmul(x, w, roles);
                    k.workspace().release(mark);
                }
            }));
        }
        for (Peer.Provider provider : ServiceLoader.load(Peer.Provider.class)) {
            provider.create(new Peer.Request(weights, activations(rows, first.cols()), threads))
                    .ifPresent(peers::add);
        }
        for (Peer peer : peers) {
            peer.run();
            float[][] found = new float[rows][];
            for (int r = 0; r < rows; r++) {
                found[r] = peer.output(0, r);
            }
            terms.add(peer.name() + ": " + peer.terms() + "; off by " + require(peer.name(), found, expected));
            works.add(new Work(peer.name(), bytes, flops, peer::run));
        }
        List<MemorySegment> memory = new ArrayList<>();
        weights.forEach(w -> memory.addAll(WeightPool.memory(w)));
        String name =
                count + " x [" + first.rows() + " " + first.cols() + "] x " + rows + (rows == 1 ? " row" : " rows");
        this.measured = new Case("peers", name, denominators, works, () -> memory, rows > 1);
    }

    /** The case to be timed. */
    public Case measured() {
        return measured;
    }

    /** Versions and settings of the engines, and how far results are from the scalar twin's. */
    public List<String> terms() {
        return terms;
    }

    /** The scalar twin's results of all rows with one weight. */
    private static float[][] expected(Matrix.Int4 w, int rows) {
        try (Kernels scalar = KernelSet.scalar(Precision.EXACT, 1)) {
            boolean[] roles = new boolean[rows];
            return product(scalar, KernelSet.activations(scalar, rows, w.cols(), 1), w, roles);
        }
    }

    private static float[][] product(Kernels k, Tensor x, Matrix.Int4 w, boolean[] roles) {
        long mark = k.workspace().mark();
        Tensor y = k.matmul(x, w, roles);
        float[][] rows = new float[y.rows()][y.cols()];
        for (int r = 0; r < rows.length; r++) {
            k.read(y, r, rows[r]);
        }
        k.workspace().release(mark);
        return rows;
    }

    private static float[][] activations(int rows, int cols) {
        try (Kernels scalar = KernelSet.scalar(Precision.EXACT, 1)) {
            Tensor x = KernelSet.activations(scalar, rows, cols, 1);
            float[][] all = new float[rows][cols];
            for (int r = 0; r < rows; r++) {
                scalar.read(x, r, all[r]);
            }
            return all;
        }
    }

    private static String require(String name, float[][] found, float[][] expected) {
        double difference = 0;
        double size = 0;
        for (int r = 0; r < expected.length; r++) {
            for (int o = 0; o < expected[r].length; o++) {
                difference += Math.pow(found[r][o] - expected[r][o], 2);
                size += Math.pow(expected[r][o], 2);
            }
        }
        double off = Math.sqrt(difference / size);
        if (!(off <= BOUND)) {
            throw new IllegalStateException(
                    name + ": results are off by " + off + " (relative, root mean square), more than " + BOUND);
        }
        return String.format(Locale.ROOT, "%.1e", off);
    }

    @Override
    public void close() {
        peers.forEach(Peer::close);
        kernels.close();
        denominators.close();
    }
}

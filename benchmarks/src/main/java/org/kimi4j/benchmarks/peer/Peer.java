package org.kimi4j.benchmarks.peer;

import java.util.List;
import java.util.Optional;
import org.kimi4j.tensor.Matrix;

/**
 * Another engine's INT4 products, set up with weights and activations of ours; an owner of copies of them in the engine's
 * own layout.
 */
public interface Peer extends AutoCloseable {

    /** What tables call it. */
    String name();

    /** Version, threads, accuracy and layout: what the figures hold for. */
    String terms();

    /** Multiplies all rows with each of the weights, one weight after the other. */
    void run() throws Exception;

    /** A row of the result of one of the weights, after a run. */
    float[] output(int weight, int row) throws Exception;

    @Override
    void close();

    /** Finds engines, which are on the class path if the build was told to fetch them. */
    interface Provider {

        /** The engine with these inputs; empty if it has no such form, as many threads for example. */
        Optional<Peer> create(Request request) throws Exception;
    }

    /**
     * The inputs.
     *
     * @param weights all of the same shape
     * @param x [rows, cols]
     */
    record Request(List<Matrix.Int4> weights, float[][] x, int threads) {

        public int rows() {
            return x.length;
        }

        /** Outputs of each weight. */
        public int outputs() {
            return weights.getFirst().rows();
        }

        public int cols() {
            return weights.getFirst().cols();
        }
    }
}

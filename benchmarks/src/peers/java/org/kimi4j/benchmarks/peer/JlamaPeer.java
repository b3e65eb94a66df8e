package org.kimi4j.benchmarks.peer;

import com.github.tjake.jlama.tensor.AbstractTensor;
import com.github.tjake.jlama.tensor.FloatBufferTensor;
import com.github.tjake.jlama.tensor.Q4ByteBufferTensor;
import com.github.tjake.jlama.tensor.Q8ByteBufferTensor;
import com.github.tjake.jlama.tensor.TensorShape;
import com.github.tjake.jlama.tensor.operations.NativeSimdTensorOperations;
import com.github.tjake.jlama.tensor.operations.PanamaTensorOperations;
import com.github.tjake.jlama.tensor.operations.TensorOperations;
import com.github.tjake.jlama.util.MachineSpec;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.kimi4j.tensor.Matrix;

/** Jlama's products of 8-bit activations and 4-bit weights, in C or with the Vector API; on the calling thread. */
public final class JlamaPeer implements Peer {

    private static final int BLOCK = 32;

    private final String name;
    private final TensorOperations operations;
    private final List<AbstractTensor<?, ?>> weights = new ArrayList<>();
    private final List<FloatBufferTensor> outputs = new ArrayList<>();
    private final AbstractTensor<?, ?> x;
    private final int cols;

    /** Found by the ServiceLoader. */
    public static final class NativeProvider implements Provider {

        /** For the ServiceLoader. */
        public NativeProvider() {}

        @Override
        public Optional<Peer> create(Request request) {
            return request.threads() > 1
                    ? Optional.empty()
                    : Optional.of(new JlamaPeer("Jlama native", new NativeSimdTensorOperations(), request));
        }
    }

    /** Found by the ServiceLoader. */
    public static final class VectorProvider implements Provider {

        /** For the ServiceLoader. */
        public VectorProvider() {}

        @Override
        public Optional<Peer> create(Request request) {
            return request.threads() > 1
                    ? Optional.empty()
                    : Optional.of(new JlamaPeer(
                            "Jlama Vector API", new PanamaTensorOperations(MachineSpec.VECTOR_TYPE), request));
        }
    }

    private JlamaPeer(String name, TensorOperations operations, Request request) {
        this.name = name;
        this.operations = operations;
        this.cols = request.cols();
        FloatBufferTensor floats = new FloatBufferTensor(request.rows(), cols);
        for (int r = 0; r < request.rows(); r++) {
            for (int c = 0; c < cols; c++) {
                floats.set(request.x()[r][c], r, c);
            }
        }
        x = new Q8ByteBufferTensor(floats);
        for (Matrix.Int4 w : request.weights()) {
            weights.add(repacked(w));
            outputs.add(new FloatBufferTensor(request.rows(), w.rows()));
        }
    }

    /** The same integers and scales: here a block's first half is in the low nibbles and its second in the high ones. */
    private static Q4ByteBufferTensor repacked(Matrix.Int4 w) {
        byte[] from = w.packed().toArray(ValueLayout.JAVA_BYTE);
        ByteBuffer to = ByteBuffer.allocateDirect(from.length).order(ByteOrder.LITTLE_ENDIAN);
        int[] codes = new int[BLOCK];
        for (int at = 0; at < from.length; at += BLOCK / 2) {
            for (int i = 0; i < BLOCK / 2; i++) {
                codes[2 * i] = from[at + i] & 15;
                codes[2 * i + 1] = from[at + i] >> 4 & 15;
            }
            for (int i = 0; i < BLOCK / 2; i++) {
                to.put(at + i, (byte) (codes[i] | codes[i + BLOCK / 2] << 4));
            }
        }
        float[] scales = OnnxModel.floatScales(w);
        FloatBuffer direct = ByteBuffer.allocateDirect(4 * scales.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer();
        direct.put(0, scales);
        FloatBufferTensor blocks =
                new FloatBufferTensor("scales", direct, TensorShape.of(w.rows(), w.cols() / BLOCK), true);
        return new Q4ByteBufferTensor("weights", to, blocks, TensorShape.of(w.rows(), w.cols()), true);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String terms() {
        return "version "
                + Optional.ofNullable(TensorOperations.class.getPackage().getImplementationVersion())
                        .orElse("0.8.4") + ", " + operations.name() + ", " + MachineSpec.VECTOR_TYPE
                + ", 8-bit activations quantised beforehand, 32-bit scales, 1 thread";
    }

    @Override
    public void run() {
        for (int i = 0; i < weights.size(); i++) {
            FloatBufferTensor out = outputs.get(i);
            operations.batchDotProduct(
                    out, x, weights.get(i), 0, 0, cols, 0, 0, out.shape().last());
        }
    }

    @Override
    public float[] output(int weight, int row) {
        FloatBufferTensor out = outputs.get(weight);
        float[] values = new float[out.shape().last()];
        for (int i = 0; i < values.length; i++) {
            values[i] = out.get(row, i);
        }
        return values;
    }

    @Override
    public void close() {
        // buffers of the JVM
    }
}

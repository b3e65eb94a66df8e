package org.kimi4j.benchmarks.peer;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.util.Map;
import java.util.Optional;

/** ONNX Runtime's MatMulNBits with 8-bit activations (accuracy level 4), weights packed by the engine when it loads. */
public final class OnnxRuntimePeer implements Peer {

    private static final int ACCURACY_LEVEL = 4;

    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private final OrtSession session;
    private final OnnxTensor input;
    private final int threads;
    private OrtSession.Result last;

    /** Found by the ServiceLoader. */
    public static final class Provider implements Peer.Provider {

        /** For the ServiceLoader. */
        public Provider() {}

        @Override
        public Optional<Peer> create(Request request) throws OrtException {
            return Optional.of(new OnnxRuntimePeer(request));
        }
    }

    private OnnxRuntimePeer(Request request) throws OrtException {
        threads = request.threads();
        OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        options.setIntraOpNumThreads(threads);
        options.setInterOpNumThreads(1);
        session = environment.createSession(OnnxModel.of(request, ACCURACY_LEVEL), options);
        FloatBuffer x = FloatBuffer.allocate(request.rows() * request.cols());
        for (float[] row : request.x()) {
            x.put(row);
        }
        input = OnnxTensor.createTensor(environment, x.flip(), new long[] {request.rows(), request.cols()});
        last = session.run(Map.of("A", input));
    }

    @Override
    public String name() {
        return "ONNX Runtime MatMulNBits";
    }

    @Override
    public String terms() {
        return "version " + environment.getVersion() + ", accuracy level " + ACCURACY_LEVEL
                + ", weights prepacked, 32-bit scales, " + threads + (threads == 1 ? " thread" : " threads");
    }

    @Override
    public void run() throws OrtException {
        last.close();
        last = session.run(Map.of("A", input));
    }

    @Override
    public float[] output(int weight, int row) throws OrtException {
        return ((float[][]) last.get("Y" + weight).orElseThrow().getValue())[row];
    }

    @Override
    public void close() {
        try {
            last.close();
            input.close();
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        }
    }
}

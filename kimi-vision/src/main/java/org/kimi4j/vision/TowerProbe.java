package org.kimi4j.vision;

import java.nio.file.Path;
import java.util.SplittableRandom;
import org.kimi4j.chat.MediaOptions;
import org.kimi4j.checkpoint.Checkpoint;
import org.kimi4j.config.ModelConfig;
import org.kimi4j.config.VisionConfig;
import org.kimi4j.error.UnsupportedModelException;
import org.kimi4j.kernel.DenseKernels;
import org.kimi4j.kernel.PanamaDenseKernels;
import org.kimi4j.kernel.WorkerPool;
import org.kimi4j.tensor.Matrix;
import org.kimi4j.tensor.Tensor;
import org.kimi4j.tensor.Workspace;

/**
 * Measuring the tower and the projector from within; an owner of an opened checkpoint and of the threads that compute. For
 * benchmarks, and for one thread.
 */
public final class TowerProbe implements AutoCloseable {

    /**
     * Time and work of all operations of a kind.
     *
     * @param multiplications each with its addition
     */
    public record Part(double seconds, double multiplications) {

        /** Billions of floating point operations per second, a multiplication and its addition being two. */
        public double gigaflops() {
            return 2 * multiplications / seconds / 1e9;
        }
    }

    /**
     * One picture.
     *
     * @param seconds from pixels to vectors, without pauses
     * @param products all products with weights
     * @param attention all attention, without its projections
     */
    public record Timing(int patches, int tokens, double seconds, Part products, Part attention) {}

    private final Checkpoint checkpoint;
    private final WorkerPool pool;
    private final TimedKernels kernels;
    private final VisionModel model;
    private final ImagePreprocessor preprocessor;

    /** Opens the vision part of a checkpoint, with the Vector API. */
    public TowerProbe(Path directory, int threads) {
        VisionConfig config = ModelConfig.read(directory)
                .visionConfig()
                .orElseThrow(() -> new UnsupportedModelException(directory + ": has no vision tower"));
        preprocessor = new ImagePreprocessor(MediaConfig.read(directory), MediaOptions.DEFAULTS);
        checkpoint = Checkpoint.open(directory);
        VisionWeights weights = checkpoint.bind(r -> {
            r.leaveOut("language_model", "not measured");
            return VisionWeights.read(r, config);
        });
        pool = new WorkerPool("kimi-tower", threads);
        kernels = new TimedKernels(new PanamaDenseKernels(pool, new Workspace()));
        model = new VisionModel(weights, config, kernels);
    }

    /** The threads, for measuring beside it what the machine can do. */
    @SuppressWarnings("exports") // the benchmarks may see it
    public WorkerPool pool() {
        return pool;
    }

    /**
     * Encodes a picture of random pixels.
     *
     * @param width pixels before preprocessing
     * @param height pixels before preprocessing
     * @param pause run after each layer and once at the end while all memory is still held; not part of the time
     */
    public Timing encode(int width, int height, Runnable pause) {
        byte[] rgb = new byte[3 * width * height];
        new SplittableRandom(1).nextBytes(rgb);
        MediaItem item = preprocessor.image(RgbImage.of(width, height, rgb));
        kernels.reset();
        long[] paused = new long[1];
        long start = System.nanoTime();
        Tensor rows = model.encode(item, () -> false, _ -> {
            long from = System.nanoTime();
            pause.run();
            paused[0] += System.nanoTime() - from;
        });
        double seconds = (System.nanoTime() - start - paused[0]) / 1e9;
        int tokens = rows.rows();
        pause.run();
        kernels.workspace().trim();
        return new Timing(item.numPatches(), tokens, seconds, kernels.products(), kernels.attention());
    }

    @Override
    public void close() {
        kernels.close();
        pool.close();
        checkpoint.close();
    }

    /** Notes what takes how long, and leaves the rest to other kernels. */
    private static final class TimedKernels implements DenseKernels {

        private final DenseKernels kernels;
        private long productNanos;
        private double productMultiplications;
        private long attentionNanos;
        private double attentionMultiplications;

        TimedKernels(DenseKernels kernels) {
            this.kernels = kernels;
        }

        void reset() {
            productNanos = 0;
            productMultiplications = 0;
            attentionNanos = 0;
            attentionMultiplications = 0;
        }

        Part products() {
            return new Part(productNanos / 1e9, productMultiplications);
        }

        Part attention() {
            return new Part(attentionNanos / 1e9, attentionMultiplications);
        }

        @Override
        public Workspace workspace() {
            return kernels.workspace();
        }

        @Override
        public Tensor unpack(Matrix w) {
            return kernels.unpack(w);
        }

        @Override
        public void linear(Tensor out, Tensor x, Matrix w, Matrix.F32 bias) {
            long start = System.nanoTime();
            kernels.linear(out, x, w, bias);
            productNanos += System.nanoTime() - start;
            productMultiplications += (double) x.rows() * w.rows() * w.cols();
        }

        @Override
        public Tensor layerNorm(Tensor x, Matrix.F32 weight, Matrix.F32 bias, float eps) {
            return kernels.layerNorm(x, weight, bias, eps);
        }

        @Override
        public void rotate(Tensor x, int heads, Tensor cosSin) {
            kernels.rotate(x, heads, cosSin);
        }

        @Override
        public Tensor attention(Tensor qkv, int heads, float scale) {
            long start = System.nanoTime();
            Tensor out = kernels.attention(qkv, heads, scale);
            attentionNanos += System.nanoTime() - start;
            attentionMultiplications += 2.0 * qkv.rows() * qkv.rows() * out.cols();
            return out;
        }

        @Override
        public void geluTanh(Tensor x) {
            kernels.geluTanh(x);
        }

        @Override
        public void geluErf(Tensor x) {
            kernels.geluErf(x);
        }

        @Override
        public void add(Tensor x, Tensor y) {
            kernels.add(x, y);
        }

        @Override
        public void close() {
            kernels.close();
        }
    }
}

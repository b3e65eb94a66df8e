package org.kimi4j.vision;

import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.kimi4j.chat.Content;
import org.kimi4j.config.VisionConfig;
import org.kimi4j.error.MediaException;
import org.kimi4j.kernel.DenseKernels;
import org.kimi4j.kernel.PanamaDenseKernels;
import org.kimi4j.kernel.ScalarDenseKernels;
import org.kimi4j.spi.MediaEncoder;
import org.kimi4j.spi.MediaEncoderProvider;
import org.kimi4j.tensor.Tensor;
import org.kimi4j.tensor.Workspace;

/**
 * Kimi K2.5's eyes: MoonViT-3D and the projector behind the door of the text model. Owns the tower's memory, which is
 * taken for one item at a time and given back after it. The same pixels are encoded once as long as their vectors are in
 * the cache, which it shares with the encoders of other models that were opened from the same files.
 */
final class MoonVitMediaEncoder implements MediaEncoder {

    /** Pixels that wait in the heap for their turn: about ten pictures of the largest size. */
    private static final long PIXELS_IN_HEAP = 128L << 20;

    private final VisionWeights weights;
    private final VisionConfig config;
    private final DenseKernels kernels;
    private final MediaOpener opener;
    private final EmbeddingCache.Share cache;
    private @Nullable VisionModel tower;

    MoonVitMediaEncoder(VisionWeights weights, VisionConfig config, MediaEncoderProvider.Request request) {
        this.weights = weights;
        this.config = config;
        MediaConfig media = MediaConfig.read(request.directory());
        media.requireMatch(config, request.directory());
        this.opener = new MediaOpener(media, request.options(), new PixelStore(PIXELS_IN_HEAP));
        // Scalar and vector kernels sum in different orders.
        Object maker = WeightFiles.of(request.directory())
                .<Object>map(files -> new Maker(files, request.vector()))
                .orElse(this);
        this.cache = EmbeddingCache.open(maker, request.options().cacheBytes());
        this.kernels = request.vector()
                ? new PanamaDenseKernels(request.pool(), new Workspace())
                : new ScalarDenseKernels(request.pool(), new Workspace());
    }

    /** What vectors depend on besides the pixels. */
    private record Maker(WeightFiles files, boolean vector) {}

    @Override
    public Prepared prepare(Content media, String name) {
        return opener.open(media, name);
    }

    @Override
    public Encoded encode(Prepared media, int chunk, BooleanSupplier cancelled, Progress progress) {
        if (!(media instanceof OpenedMedia opened)) {
            throw new IllegalArgumentException(media.name() + " was prepared by another encoder");
        }
        try {
            return cache.rows(opened.hash(chunk), cancelled, () -> encode(opened.item(chunk), cancelled, progress));
        } catch (OutOfMemoryError e) {
            throw new MediaException(
                    media.name() + ": not enough memory to encode " + opened.describe(chunk)
                            + ": raise -Xmx, or use smaller" + " pictures or frames (option maxFramePatches)",
                    e);
        } finally {
            kernels.workspace().trim();
        }
    }

    private EmbeddingCache.Rows encode(MediaItem item, BooleanSupplier cancelled, Progress progress) {
        VisionModel model = tower;
        if (model == null) {
            // Not before it is needed: it reads the table of positions from the checkpoint.
            model = new VisionModel(weights, config, kernels);
            tower = model;
        }
        int layers = model.layers();
        Tensor result = model.encode(item, cancelled, layer -> progress.steps(layer, layers));
        float[] values = new float[Math.multiplyExact(result.rows(), result.cols())];
        for (int r = 0; r < result.rows(); r++) {
            result.copyRow(r, values, r * result.cols());
        }
        return new EmbeddingCache.Rows(result.rows(), result.cols(), values);
    }

    @Override
    public void close() {
        cache.close();
        kernels.close();
    }
}

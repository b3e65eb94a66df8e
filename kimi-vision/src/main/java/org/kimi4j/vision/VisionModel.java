package org.kimi4j.vision;

import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import org.kimi4j.config.VisionConfig;
import org.kimi4j.error.CancelledException;
import org.kimi4j.kernel.DenseKernels;
import org.kimi4j.tensor.Tensor;
import org.kimi4j.vision.VisionWeights.Block;
import org.kimi4j.vision.VisionWeights.Linear;
import org.kimi4j.vision.VisionWeights.Norm;

/**
 * The forward pass of MoonViT-3D and the projector (Kimi K2.5 technical report, arXiv 2602.02276): patches of a picture,
 * or of up to four frames of a video, to rows of the text model's input.
 *
 * <p>A pre-norm transformer over all patches of the item, frames included, with learnt positions that are stretched to
 * the grid, a fixed signal for the frame, and rotary positions along x and y; then the mean over the frames, two by two
 * patches to one token, and a projector of two layers. For the engine's thread only.
 */
final class VisionModel {

    /** torch.nn.LayerNorm's own. */
    private static final float EPS = 1e-5f;
    /** Rows of the MLP at a time: its inner width is almost four times the tower's. */
    private static final int MLP_ROWS = 2048;

    private static final int EMBED_ROWS = 2048;

    private final VisionWeights w;
    private final VisionConfig c;
    private final DenseKernels k;
    private final PositionTable positions;

    VisionModel(VisionWeights weights, VisionConfig config, DenseKernels kernels) {
        this.w = weights;
        this.c = config;
        this.k = kernels;
        long mark = kernels.workspace().mark();
        this.positions = new PositionTable(config, kernels.unpack(weights.posEmb()));
        kernels.workspace().release(mark);
    }

    /** Layers that {@code encode} counts. */
    int layers() {
        return c.vtNumHiddenLayers();
    }

    /**
     * The vectors of an item: [tokens, text hidden].
     *
     * @param cancelled asked before each layer
     * @param progress told the layers done
     */
    Tensor encode(MediaItem item, BooleanSupplier cancelled, IntConsumer progress) {
        int frames = item.numFrames();
        int height = item.geometry().gridH();
        int width = item.geometry().gridW();
        Tensor x = embed(item); // [frames * height * width, hidden]
        positions.add(x, frames, height, width);
        Tensor cosSin = k.workspace().allocate(height * width, c.vtHiddenSize() / c.vtNumAttentionHeads());
        positions.rotary(cosSin, height, width); // [height * width, head]
        for (int layer = 0; layer < w.blocks().size(); layer++) {
            if (cancelled.getAsBoolean()) {
                throw new CancelledException("cancelled before layer " + layer + " of the vision tower");
            }
            Block block = w.blocks().get(layer);
            attention(x, block, cosSin);
            mlp(x, block);
            progress.accept(layer + 1);
        }
        return project(merge(norm(x, w.finalLayernorm()), frames, height, width));
    }

    /** The patches as vectors, by a convolution that is a product because its steps are as wide as its kernel. */
    private Tensor embed(MediaItem item) {
        Tensor x = k.workspace().allocate(item.numPatches(), c.vtHiddenSize());
        float[] patch = new float[item.patchDim()];
        for (int first = 0; first < x.rows(); first += EMBED_ROWS) {
            long mark = k.workspace().mark();
            int count = Math.min(EMBED_ROWS, x.rows() - first);
            Tensor patches = k.workspace().allocate(count, item.patchDim()); // [count, 3 * patch * patch]
            for (int r = 0; r < count; r++) {
                item.patches(first + r, first + r + 1, patch, 0);
                patches.setRow(r, patch, 0);
            }
            k.linear(
                    x.rows(first, count),
                    patches,
                    w.patchEmbed().weight(),
                    w.patchEmbed().bias());
            k.workspace().release(mark);
        }
        return x;
    }

    private Tensor linear(Tensor x, Linear linear) {
        return k.linear(x, linear.weight(), linear.bias());
    }

    private Tensor norm(Tensor x, Norm norm) {
        return k.layerNorm(x, norm.weight(), norm.bias(), EPS);
    }

    /** x += wo(attention(wqkv(norm0(x)))), all patches of the item seeing each other. */
    private void attention(Tensor x, Block block, Tensor cosSin) {
        long mark = k.workspace().mark();
        int hidden = c.vtHiddenSize();
        int heads = c.vtNumAttentionHeads();
        Tensor qkv = linear(norm(x, block.norm0()), block.wqkv()); // [patches, 3 * hidden]
        k.rotate(qkv.columns(0, hidden), heads, cosSin);
        k.rotate(qkv.columns(hidden, hidden), heads, cosSin);
        float scale = (float) (1 / Math.sqrt((double) hidden / heads));
        k.add(x, linear(k.attention(qkv, heads, scale), block.wo()));
        k.workspace().release(mark);
    }

    /** x += fc1(gelu(fc0(norm1(x)))). */
    private void mlp(Tensor x, Block block) {
        for (int first = 0; first < x.rows(); first += MLP_ROWS) {
            long mark = k.workspace().mark();
            Tensor rows = x.rows(first, Math.min(MLP_ROWS, x.rows() - first));
            Tensor inner = linear(norm(rows, block.norm1()), block.fc0()); // [rows, intermediate]
            k.geluTanh(inner);
            k.add(rows, linear(inner, block.fc1()));
            k.workspace().release(mark);
        }
    }

    /**
     * The mean over the frames, then the projector's norm of each vector, then two by two vectors side by side: [tokens,
     * 4 * hidden].
     */
    private Tensor merge(Tensor x, int frames, int height, int width) {
        int hidden = c.vtHiddenSize();
        Tensor mean = k.workspace().allocate(height * width, hidden);
        float[] sum = new float[hidden];
        float[] row = new float[hidden];
        for (int p = 0; p < height * width; p++) {
            x.copyRow(p, sum, 0);
            for (int f = 1; f < frames; f++) {
                x.copyRow(f * height * width + p, row, 0);
                for (int i = 0; i < hidden; i++) {
                    sum[i] += row[i];
                }
            }
            for (int i = 0; i < hidden; i++) {
                sum[i] /= frames;
            }
            mean.setRow(p, sum, 0);
        }
        Tensor normed = k.layerNorm(mean, w.preNorm().weight(), w.preNorm().bias(), (float) c.projectorLnEps());
        int mergeH = c.mergeKernelSize().get(0);
        int mergeW = c.mergeKernelSize().get(1);
        Tensor merged = k.workspace().allocate(height / mergeH * (width / mergeW), mergeH * mergeW * hidden);
        float[] joined = new float[merged.cols()];
        for (int token = 0; token < merged.rows(); token++) {
            int top = token / (width / mergeW) * mergeH;
            int left = token % (width / mergeW) * mergeW;
            for (int i = 0; i < mergeH * mergeW; i++) {
                normed.copyRow((top + i / mergeW) * width + left + i % mergeW, joined, i * hidden);
            }
            merged.setRow(token, joined, 0);
        }
        return merged;
    }

    /** proj2(gelu(proj0(x))): [tokens, text hidden]. */
    private Tensor project(Tensor merged) {
        Tensor inner = linear(merged, w.proj0());
        k.geluErf(inner);
        return linear(inner, w.proj2());
    }
}

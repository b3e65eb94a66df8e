package org.kimi4j.vision;

import java.util.ArrayList;
import java.util.List;
import org.kimi4j.checkpoint.WeightReader;
import org.kimi4j.config.VisionConfig;
import org.kimi4j.tensor.Matrix;

/**
 * The weights of MoonViT and of the projector: {@code vision_tower.*} and {@code mm_projector.*}.
 *
 * @param patchEmbed [hidden, 3 * patch * patch], the convolution as a matrix
 * @param posEmb [rows * columns, hidden] of the learnt table of positions
 */
record VisionWeights(
        Linear patchEmbed,
        Matrix posEmb,
        List<Block> blocks,
        Norm finalLayernorm,
        Norm preNorm,
        Linear proj0,
        Linear proj2) {

    /** A product with a bias. */
    record Linear(Matrix weight, Matrix.F32 bias) {
        static Linear read(WeightReader r, String name, int rows, int cols) {
            return new Linear(r.matrix(name, rows, cols), r.parameter(name + ".bias", rows));
        }
    }

    /** A layer norm. */
    record Norm(Matrix.F32 weight, Matrix.F32 bias) {
        static Norm read(WeightReader r, String name, int size) {
            return new Norm(r.vector(name, size), r.parameter(name + ".bias", size));
        }
    }

    /** {@code encoder.blocks.N.*} */
    record Block(Norm norm0, Linear wqkv, Linear wo, Norm norm1, Linear fc0, Linear fc1) {
        static Block read(WeightReader r, VisionConfig c) {
            int hidden = c.vtHiddenSize();
            return new Block(
                    Norm.read(r, "norm0", hidden),
                    Linear.read(r, "wqkv", 3 * hidden, hidden),
                    Linear.read(r, "wo", hidden, hidden),
                    Norm.read(r, "norm1", hidden),
                    Linear.read(r.at("mlp"), "fc0", c.vtIntermediateSize(), hidden),
                    Linear.read(r.at("mlp"), "fc1", hidden, c.vtIntermediateSize()));
        }
    }

    VisionWeights {
        blocks = List.copyOf(blocks);
    }

    /** @param r at the root of the checkpoint */
    static VisionWeights read(WeightReader r, VisionConfig c) {
        WeightReader tower = r.at("vision_tower");
        WeightReader embed = tower.at("patch_embed");
        WeightReader encoder = tower.at("encoder");
        WeightReader projector = r.at("mm_projector");
        int hidden = c.vtHiddenSize();
        int patch = c.patchSize();
        int merged = hidden * c.mergeKernelSize().get(0) * c.mergeKernelSize().get(1);
        List<Block> blocks = new ArrayList<>();
        for (int i = 0; i < c.vtNumHiddenLayers(); i++) {
            blocks.add(Block.read(encoder.at("blocks").at(i), c));
        }
        return new VisionWeights(
                new Linear(
                        embed.reshaped("proj", hidden, 3 * patch * patch, hidden, 3, patch, patch),
                        embed.parameter("proj.bias", hidden)),
                embed.reshaped(
                        "pos_emb",
                        c.initPosEmbHeight() * c.initPosEmbWidth(),
                        hidden,
                        c.initPosEmbHeight(),
                        c.initPosEmbWidth(),
                        hidden),
                blocks,
                Norm.read(encoder, "final_layernorm", hidden),
                Norm.read(projector, "pre_norm", hidden),
                Linear.read(projector.at("proj"), "0", merged, merged),
                Linear.read(projector.at("proj"), "2", c.textHiddenSize(), merged));
    }
}

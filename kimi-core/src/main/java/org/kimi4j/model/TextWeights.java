package org.kimi4j.model;

import java.util.ArrayList;
import java.util.List;
import org.kimi4j.checkpoint.WeightReader;
import org.kimi4j.config.TextConfig;
import org.kimi4j.kernel.GatedMlp;
import org.kimi4j.tensor.Matrix;

/** The weights of the text model, or of some of its layers: {@code language_model.*}. */
public record TextWeights(
        Matrix embedTokens, LayerRange range, List<DecoderLayer> layers, Matrix.F32 norm, Matrix lmHead) {

    public TextWeights {
        layers = List.copyOf(layers);
    }

    /**
     * Reads the layers of a range, and what stands before and after all layers.
     *
     * @param r at the text prefix of the checkpoint
     */
    public static TextWeights read(WeightReader r, TextConfig c, LayerRange range) {
        WeightReader model = r.at("model");
        WeightReader layers = model.at("layers").only(range.first(), range.end(), c.numHiddenLayers());
        List<DecoderLayer> records = new ArrayList<>(range.count());
        for (int layer = range.first(); layer < range.end(); layer++) {
            records.add(DecoderLayer.read(layers.at(layer), c, layer));
        }
        return new TextWeights(
                model.matrix("embed_tokens", c.vocabSize(), c.hiddenSize()),
                range,
                records,
                model.vector("norm", c.hiddenSize()),
                r.matrix("lm_head", c.vocabSize(), c.hiddenSize()));
    }

    /** A layer by its number in the model. */
    public DecoderLayer layer(int number) {
        return layers.get(number - range.first());
    }

    /** Bytes of weights that one token reads: everything but the embedding table, and of the experts the chosen ones. */
    public long bytesPerToken(int expertsPerToken) {
        long bytes = lmHead.byteSize() + norm.byteSize();
        for (DecoderLayer layer : layers) {
            MlaWeights a = layer.selfAttn();
            bytes += layer.inputLayernorm().byteSize()
                    + layer.postAttentionLayernorm().byteSize();
            for (Matrix m : List.of(
                    a.qAProj(),
                    a.qALayernorm(),
                    a.qBProj(),
                    a.kvAProjWithMqa(),
                    a.kvALayernorm(),
                    a.kvBProj(),
                    a.oProj())) {
                bytes += m.byteSize();
            }
            bytes += switch (layer.mlp()) {
                case Mlp.DenseMlp(GatedMlp weights) -> weights.byteSize();
                case Mlp.MoeMlp moe ->
                    moe.gate().byteSize()
                            + moe.eScoreCorrectionBias().byteSize()
                            + moe.sharedExperts().byteSize()
                            + expertsPerToken * moe.experts().getFirst().byteSize();
            };
        }
        return bytes;
    }
}

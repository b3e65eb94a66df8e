package org.kimi4j.model;

import org.kimi4j.checkpoint.WeightReader;
import org.kimi4j.config.TextConfig;
import org.kimi4j.tensor.Matrix;

/** One layer: {@code model.layers.N.*}. */
public record DecoderLayer(Matrix.F32 inputLayernorm, MlaWeights selfAttn, Matrix.F32 postAttentionLayernorm, Mlp mlp) {

    static DecoderLayer read(WeightReader r, TextConfig c, int layer) {
        return new DecoderLayer(
                r.vector("input_layernorm", c.hiddenSize()),
                MlaWeights.read(r.at("self_attn"), c),
                r.vector("post_attention_layernorm", c.hiddenSize()),
                Mlp.read(r.at("mlp"), c, layer));
    }
}

package org.kimi4j.model;

import org.kimi4j.checkpoint.WeightReader;
import org.kimi4j.config.TextConfig;
import org.kimi4j.tensor.Matrix;

/** The attention of a layer: {@code self_attn.*}. */
public record MlaWeights(
        Matrix qAProj,
        Matrix.F32 qALayernorm,
        Matrix qBProj,
        Matrix kvAProjWithMqa,
        Matrix.F32 kvALayernorm,
        Matrix kvBProj,
        Matrix oProj) {

    static MlaWeights read(WeightReader r, TextConfig c) {
        int heads = c.numAttentionHeads();
        return new MlaWeights(
                r.matrix("q_a_proj", c.qLoraRank(), c.hiddenSize()),
                r.vector("q_a_layernorm", c.qLoraRank()),
                r.matrix("q_b_proj", heads * c.qkHeadDim(), c.qLoraRank()),
                r.matrix("kv_a_proj_with_mqa", c.kvLoraRank() + c.qkRopeHeadDim(), c.hiddenSize()),
                r.vector("kv_a_layernorm", c.kvLoraRank()),
                r.matrix("kv_b_proj", heads * (c.qkNopeHeadDim() + c.vHeadDim()), c.kvLoraRank()),
                r.matrix("o_proj", c.hiddenSize(), heads * c.vHeadDim()));
    }
}

package org.kimi4j.checkpoint;

import java.util.LinkedHashMap;
import java.util.Map;
import org.kimi4j.config.ModelConfig;
import org.kimi4j.config.TextConfig;
import org.kimi4j.tensor.Matrix;

/** Claims every tensor of the text model, as its weight records do, and keeps them by name. */
final class TextTensors {

    private final TextConfig c;
    private final Map<String, Matrix> matrices = new LinkedHashMap<>();

    private TextTensors(TextConfig c) {
        this.c = c;
    }

    static Map<String, Matrix> read(WeightReader reader, ModelConfig config) {
        return read(reader, config, 0, config.textConfig().numHiddenLayers());
    }

    static Map<String, Matrix> read(WeightReader reader, ModelConfig config, int first, int end) {
        TextTensors tensors = new TextTensors(config.textConfig());
        tensors.read(reader.at(config.textPrefix()), first, end);
        return tensors.matrices;
    }

    private void read(WeightReader r, int first, int end) {
        WeightReader model = r.at("model");
        matrix(model, "embed_tokens", c.vocabSize(), c.hiddenSize());
        WeightReader layers = model.at("layers").only(first, end, c.numHiddenLayers());
        for (int layer = first; layer < end; layer++) {
            WeightReader l = layers.at(layer);
            vector(l, "input_layernorm", c.hiddenSize());
            attention(l.at("self_attn"));
            vector(l, "post_attention_layernorm", c.hiddenSize());
            if (c.isMoeLayer(layer)) {
                moe(l.at("mlp"));
            } else {
                mlp(l.at("mlp"), c.intermediateSize());
            }
        }
        vector(model, "norm", c.hiddenSize());
        matrix(r, "lm_head", c.vocabSize(), c.hiddenSize());
    }

    private void attention(WeightReader a) {
        int heads = c.numAttentionHeads();
        matrix(a, "q_a_proj", c.qLoraRank(), c.hiddenSize());
        vector(a, "q_a_layernorm", c.qLoraRank());
        matrix(a, "q_b_proj", heads * c.qkHeadDim(), c.qLoraRank());
        matrix(a, "kv_a_proj_with_mqa", c.kvLoraRank() + c.qkRopeHeadDim(), c.hiddenSize());
        vector(a, "kv_a_layernorm", c.kvLoraRank());
        matrix(a, "kv_b_proj", heads * (c.qkNopeHeadDim() + c.vHeadDim()), c.kvLoraRank());
        matrix(a, "o_proj", c.hiddenSize(), heads * c.vHeadDim());
    }

    private void moe(WeightReader m) {
        matrix(m, "gate", c.nRoutedExperts(), c.hiddenSize());
        WeightReader gate = m.at("gate");
        matrices.put(
                gate.name("e_score_correction_bias"), gate.parameter("e_score_correction_bias", c.nRoutedExperts()));
        for (int expert = 0; expert < c.nRoutedExperts(); expert++) {
            mlp(m.at("experts").at(expert), c.moeIntermediateSize());
        }
        mlp(m.at("shared_experts"), c.sharedIntermediateSize());
    }

    private void mlp(WeightReader m, int width) {
        matrix(m, "gate_proj", width, c.hiddenSize());
        matrix(m, "up_proj", width, c.hiddenSize());
        matrix(m, "down_proj", c.hiddenSize(), width);
    }

    private void matrix(WeightReader r, String name, int rows, int cols) {
        matrices.put(r.name(name), r.matrix(name, rows, cols));
    }

    private void vector(WeightReader r, String name, int size) {
        matrices.put(r.name(name), r.vector(name, size));
    }
}

package org.kimi4j.testkit;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The tensors of a model under their official names, shard by shard as in the official checkpoint. */
final class K25Tensors {

    // Serialisers of safetensors sort by type, widest alignment first, then by name. The tiny weight_shape tensors come
    // before all others here, so that a file of holes needs no more than one written block.
    private static final List<String> ORDER = List.of("I64", "F32", "I32", "BF16");

    private final ModelShape shape;
    private final String prefix;
    private List<TensorSpec> shard = new ArrayList<>();

    private K25Tensors(ModelShape shape, String prefix) {
        this.shape = shape;
        this.prefix = prefix;
    }

    /**
     * One list per shard: a shard for each layer, one for embedding, final norm and lm_head, and two for projector and
     * vision tower.
     *
     * @param prefix "language_model." or, for text-only checkpoints, nothing
     */
    static List<List<TensorSpec>> shards(ModelShape shape, String prefix, boolean vision) {
        K25Tensors tensors = new K25Tensors(shape, prefix);
        List<List<TensorSpec>> shards = new ArrayList<>();
        for (int layer = 0; layer < shape.get(Size.NUM_HIDDEN_LAYERS); layer++) {
            tensors.layer(layer);
            shards.add(tensors.take());
        }
        tensors.ends();
        shards.add(tensors.take());
        if (vision) {
            tensors.projector();
            shards.add(tensors.take());
            tensors.tower();
            shards.add(tensors.take());
        }
        return shards;
    }

    private List<TensorSpec> take() {
        List<TensorSpec> taken = shard;
        shard = new ArrayList<>();
        taken.sort(Comparator.comparing((TensorSpec t) -> !t.name().endsWith(".weight_shape"))
                .thenComparing(t -> ORDER.indexOf(t.dtype()))
                .thenComparing(TensorSpec::name));
        return List.copyOf(taken);
    }

    private long size(Size size) {
        return shape.get(size);
    }

    private void bf16(String name, long... sizes) {
        shard.add(TensorSpec.of(name, "BF16", sizes));
    }

    private void ends() {
        bf16(prefix + "model.embed_tokens.weight", size(Size.VOCAB_SIZE), size(Size.HIDDEN_SIZE));
        bf16(prefix + "model.norm.weight", size(Size.HIDDEN_SIZE));
        bf16(prefix + "lm_head.weight", size(Size.VOCAB_SIZE), size(Size.HIDDEN_SIZE));
    }

    private void layer(int layer) {
        String base = prefix + "model.layers." + layer + ".";
        long hidden = size(Size.HIDDEN_SIZE);
        long heads = size(Size.NUM_ATTENTION_HEADS);
        long nope = size(Size.QK_NOPE_HEAD_DIM);
        long rope = size(Size.QK_ROPE_HEAD_DIM);
        long kv = size(Size.KV_LORA_RANK);
        long q = size(Size.Q_LORA_RANK);
        long v = size(Size.V_HEAD_DIM);
        bf16(base + "input_layernorm.weight", hidden);
        bf16(base + "post_attention_layernorm.weight", hidden);
        String attention = base + "self_attn.";
        bf16(attention + "q_a_proj.weight", q, hidden);
        bf16(attention + "q_a_layernorm.weight", q);
        bf16(attention + "q_b_proj.weight", heads * (nope + rope), q);
        bf16(attention + "kv_a_proj_with_mqa.weight", kv + rope, hidden);
        bf16(attention + "kv_a_layernorm.weight", kv);
        bf16(attention + "kv_b_proj.weight", heads * (nope + v), kv);
        bf16(attention + "o_proj.weight", hidden, heads * v);
        if (!shape.isMoeLayer(layer)) {
            mlp(base + "mlp.", size(Size.INTERMEDIATE_SIZE));
            return;
        }
        long experts = size(Size.N_ROUTED_EXPERTS);
        long width = size(Size.MOE_INTERMEDIATE_SIZE);
        bf16(base + "mlp.gate.weight", experts, hidden);
        shard.add(TensorSpec.of(base + "mlp.gate.e_score_correction_bias", "F32", experts));
        mlp(base + "mlp.shared_experts.", width * size(Size.N_SHARED_EXPERTS));
        for (int expert = 0; expert < experts; expert++) {
            String e = base + "mlp.experts." + expert + ".";
            int4(e + "gate_proj.", width, hidden);
            int4(e + "up_proj.", width, hidden);
            int4(e + "down_proj.", hidden, width);
        }
    }

    private void mlp(String base, long width) {
        long hidden = size(Size.HIDDEN_SIZE);
        bf16(base + "gate_proj.weight", width, hidden);
        bf16(base + "up_proj.weight", width, hidden);
        bf16(base + "down_proj.weight", hidden, width);
    }

    private void int4(String base, long rows, long cols) {
        shard.add(TensorSpec.of(base + "weight_packed", "I32", rows, cols / 8));
        shard.add(TensorSpec.of(base + "weight_scale", "BF16", rows, cols / Numbers.GROUP));
        shard.add(TensorSpec.of(base + "weight_shape", "I32", 2));
    }

    private void projector() {
        long merged = 4 * size(Size.VT_HIDDEN_SIZE);
        both("mm_projector.pre_norm", size(Size.VT_HIDDEN_SIZE));
        both("mm_projector.proj.0", merged, merged);
        both("mm_projector.proj.2", size(Size.HIDDEN_SIZE), merged);
    }

    private void tower() {
        long width = size(Size.VT_HIDDEN_SIZE);
        long inner = size(Size.VT_INTERMEDIATE_SIZE);
        long patch = size(Size.PATCH_SIZE);
        both("vision_tower.patch_embed.proj", width, 3, patch, patch);
        bf16(
                "vision_tower.patch_embed.pos_emb.weight",
                size(Size.INIT_POS_EMB_HEIGHT),
                size(Size.INIT_POS_EMB_WIDTH),
                width);
        for (int block = 0; block < size(Size.VT_NUM_HIDDEN_LAYERS); block++) {
            String base = "vision_tower.encoder.blocks." + block + ".";
            both(base + "norm0", width);
            both(base + "norm1", width);
            both(base + "wqkv", 3 * width, width);
            both(base + "wo", width, width);
            both(base + "mlp.fc0", inner, width);
            both(base + "mlp.fc1", width, inner);
        }
        both("vision_tower.encoder.final_layernorm", width);
    }

    /** A weight and its bias, which has as many values as the weight has rows. */
    private void both(String name, long... sizes) {
        bf16(name + ".weight", sizes);
        bf16(name + ".bias", sizes[0]);
    }
}

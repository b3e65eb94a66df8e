package org.kimi4j.testkit;

/** The sizes of a model that can be chosen, with their keys in config.json and their values in Kimi K2.5. */
public enum Size {
    NUM_HIDDEN_LAYERS("num_hidden_layers", 61),
    FIRST_K_DENSE_REPLACE("first_k_dense_replace", 1),
    HIDDEN_SIZE("hidden_size", 7_168),
    INTERMEDIATE_SIZE("intermediate_size", 18_432),
    MOE_INTERMEDIATE_SIZE("moe_intermediate_size", 2_048),
    N_ROUTED_EXPERTS("n_routed_experts", 384),
    NUM_EXPERTS_PER_TOK("num_experts_per_tok", 8),
    N_SHARED_EXPERTS("n_shared_experts", 1),
    N_GROUP("n_group", 1),
    TOPK_GROUP("topk_group", 1),
    NUM_ATTENTION_HEADS("num_attention_heads", 64),
    Q_LORA_RANK("q_lora_rank", 1_536),
    KV_LORA_RANK("kv_lora_rank", 512),
    QK_NOPE_HEAD_DIM("qk_nope_head_dim", 128),
    QK_ROPE_HEAD_DIM("qk_rope_head_dim", 64),
    V_HEAD_DIM("v_head_dim", 128),
    VOCAB_SIZE("vocab_size", 163_840),
    MAX_POSITION_EMBEDDINGS("max_position_embeddings", 262_144),
    PATCH_SIZE("patch_size", 14),
    INIT_POS_EMB_HEIGHT("init_pos_emb_height", 64),
    INIT_POS_EMB_WIDTH("init_pos_emb_width", 64),
    INIT_POS_EMB_TIME("init_pos_emb_time", 4),
    VT_HIDDEN_SIZE("vt_hidden_size", 1_152),
    VT_INTERMEDIATE_SIZE("vt_intermediate_size", 4_304),
    VT_NUM_ATTENTION_HEADS("vt_num_attention_heads", 16),
    VT_NUM_HIDDEN_LAYERS("vt_num_hidden_layers", 27);

    private final String key;
    private final int inK25;

    Size(String key, int inK25) {
        this.key = key;
        this.inK25 = inK25;
    }

    /** The key in {@code text_config}, or in {@code vision_config} from {@link #PATCH_SIZE} on. */
    public String key() {
        return key;
    }

    /** The value in Kimi K2.5. */
    public int inK25() {
        return inK25;
    }

    boolean isVision() {
        return compareTo(PATCH_SIZE) >= 0;
    }
}

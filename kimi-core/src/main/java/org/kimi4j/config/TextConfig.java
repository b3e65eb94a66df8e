package org.kimi4j.config;

import java.util.List;

/**
 * The text model: the keys of {@code text_config}, or of the whole file for a text-only checkpoint. Keys that allow one
 * value only (scoring_func "sigmoid", topk_method "noaux_tc", hidden_act "silu", attention_bias false,
 * tie_word_embeddings false, num_key_value_heads = num_attention_heads) are checked and not kept.
 *
 * @param modelType kimi_k2 or deepseek_v3, which are the same
 * @param vocabSize rows of the embedding, reserved ids included
 * @param intermediateSize inner width of the MLP in dense layers
 * @param moeIntermediateSize inner width of one expert
 * @param numHiddenLayers layers that are computed
 * @param numNextnPredictLayers further layers in the files, which are ignored
 * @param firstKDenseReplace how many of the first layers have a dense MLP
 * @param moeLayerFreq of the other layers, those with a number divisible by this one have experts
 * @param nSharedExperts experts that every token uses; their widths are joined to one MLP
 * @param nGroup groups of experts, of which topkGroup are kept per token
 * @param normTopkProb whether the weights of the chosen experts are made to sum to 1 before scaling
 * @param rmsNormEps eps of the block norms and the final norm
 * @param eosTokenId stop ids stated here, may be empty
 */
public record TextConfig(
        String modelType,
        int vocabSize,
        int hiddenSize,
        int intermediateSize,
        int moeIntermediateSize,
        int numHiddenLayers,
        int numNextnPredictLayers,
        int firstKDenseReplace,
        int moeLayerFreq,
        int nRoutedExperts,
        int numExpertsPerTok,
        int nSharedExperts,
        int nGroup,
        int topkGroup,
        boolean normTopkProb,
        double routedScalingFactor,
        int numAttentionHeads,
        int qLoraRank,
        int kvLoraRank,
        int qkNopeHeadDim,
        int qkRopeHeadDim,
        int vHeadDim,
        double rmsNormEps,
        double ropeTheta,
        RopeScaling ropeScaling,
        int maxPositionEmbeddings,
        List<Integer> eosTokenId) {

    static final int MAX_POSITIONS = 1 << 26;
    private static final int MAX_WIDTH = 1 << 20;
    private static final int MAX_COUNT = 1 << 16;

    public TextConfig {
        eosTokenId = List.copyOf(eosTokenId);
    }

    /** Whether a layer has experts; the others have a dense MLP. */
    public boolean isMoeLayer(int layer) {
        return layer >= firstKDenseReplace && layer % moeLayerFreq == 0;
    }

    /** Query and key values per head: the part without position and the rotary part. */
    public int qkHeadDim() {
        return qkNopeHeadDim + qkRopeHeadDim;
    }

    /** Inner width of the shared experts, which are stored as one MLP. */
    public int sharedIntermediateSize() {
        return moeIntermediateSize * nSharedExperts;
    }

    /** 1 / sqrt(qkHeadDim), times YaRN's factor; at every context length. */
    public double softmaxScale() {
        return ropeScaling.softmaxFactor() / Math.sqrt(qkHeadDim());
    }

    static TextConfig read(ConfigObject c) {
        c.only("scoring_func", "sigmoid", true);
        c.only("topk_method", "noaux_tc", true);
        c.only("hidden_act", "silu", true);
        c.only("attention_bias", false);
        c.only("mlp_bias", false);
        c.only("tie_word_embeddings", false);
        c.only("rope_interleave", true);
        c.only("use_sliding_window", false);
        c.absent("sliding_window", "sliding windows are not supported");
        c.absent("rope_parameters", "rope_theta and rope_scaling are supported; use the official config.json");
        c.absent("partial_rotary_factor", "qk_rope_head_dim says how much of a head is rotated");
        c.absent("layer_types", "all layers have the same attention here");
        c.absent("linear_attn_config", "linear attention is not supported");
        TextConfig config = keys(c);
        checkHeads(c, config);
        checkExperts(c, config);
        checkProducts(c, config);
        c.harmless(
                "architectures",
                "auto_map",
                "dtype",
                "torch_dtype",
                "transformers_version",
                "use_cache",
                "initializer_range",
                "attention_dropout",
                "aux_loss_alpha",
                "seq_aux",
                "pretraining_tp",
                "ep_size",
                "bos_token_id",
                "pad_token_id",
                "quantization_config",
                "ignore_index",
                "_name_or_path");
        return config;
    }

    private static TextConfig keys(ConfigObject c) {
        String modelType = c.text("model_type").orElse("");
        if (c.valid("model_type") && !modelType.equals("kimi_k2") && !modelType.equals("deepseek_v3")) {
            c.unsupported("model_type", "\"kimi_k2\" and \"deepseek_v3\" are supported, found \"" + modelType + "\"");
        }
        int vocabSize = c.integer("vocab_size", 1, 1 << 24);
        int maxPositions = c.integer("max_position_embeddings", 1, MAX_POSITIONS);
        return new TextConfig(
                modelType,
                vocabSize,
                c.integer("hidden_size", 1, MAX_WIDTH),
                c.integer("intermediate_size", 1, MAX_WIDTH),
                c.integer("moe_intermediate_size", 1, MAX_WIDTH),
                c.integer("num_hidden_layers", 1, 4_096),
                c.integer("num_nextn_predict_layers", 0, 4_096, 0),
                c.integer("first_k_dense_replace", 0, 4_096),
                c.integer("moe_layer_freq", 1, 4_096, 1),
                c.integer("n_routed_experts", 1, MAX_COUNT),
                c.integer("num_experts_per_tok", 1, MAX_COUNT),
                c.integer("n_shared_experts", 1, 1_024),
                c.integer("n_group", 1, MAX_COUNT),
                c.integer("topk_group", 1, MAX_COUNT),
                c.flag("norm_topk_prob"),
                c.number("routed_scaling_factor", 0, 1e6),
                c.integer("num_attention_heads", 1, MAX_COUNT),
                c.integer("q_lora_rank", 1, MAX_WIDTH),
                c.integer("kv_lora_rank", 1, MAX_WIDTH),
                c.integer("qk_nope_head_dim", 1, MAX_COUNT),
                c.integer("qk_rope_head_dim", 2, MAX_COUNT),
                c.integer("v_head_dim", 1, MAX_COUNT),
                c.number("rms_norm_eps", 0, 1),
                c.number("rope_theta", 1, 1e12),
                c.object("rope_scaling").map(RopeScaling::read).orElseGet(() -> RopeScaling.none(maxPositions)),
                maxPositions,
                c.tokens("eos_token_id", c.valid("vocab_size") ? vocabSize : Integer.MAX_VALUE));
    }

    private static void checkHeads(ConfigObject c, TextConfig t) {
        if (c.has("num_key_value_heads")) {
            int kv = c.integer("num_key_value_heads", 1, MAX_COUNT);
            if (c.valid("num_key_value_heads", "num_attention_heads") && kv != t.numAttentionHeads) {
                c.unsupported(
                        "num_key_value_heads",
                        "expected num_attention_heads " + t.numAttentionHeads + " (the latent serves all heads), found "
                                + kv);
            }
        }
        if (t.qkRopeHeadDim % 2 != 0) {
            c.invalid(
                    "qk_rope_head_dim",
                    "expected an even number (values are rotated in pairs), found " + t.qkRopeHeadDim);
        }
        if (c.has("qk_head_dim") && c.valid("qk_nope_head_dim", "qk_rope_head_dim")) {
            c.integer("qk_head_dim", t.qkHeadDim(), t.qkHeadDim());
        }
        c.harmless("head_dim"); // newer writers state the rotary part under this name
    }

    private static void checkExperts(ConfigObject c, TextConfig t) {
        if (c.valid("first_k_dense_replace", "num_hidden_layers") && t.firstKDenseReplace > t.numHiddenLayers) {
            c.invalid(
                    "first_k_dense_replace",
                    "expected at most num_hidden_layers " + t.numHiddenLayers + ", found " + t.firstKDenseReplace);
        }
        if (!c.valid("n_routed_experts", "num_experts_per_tok", "n_group", "topk_group")) {
            return;
        }
        if (t.nRoutedExperts % t.nGroup != 0) {
            c.invalid("n_group", "expected a divisor of n_routed_experts " + t.nRoutedExperts + ", found " + t.nGroup);
            return;
        }
        int perGroup = t.nRoutedExperts / t.nGroup;
        if (t.topkGroup > t.nGroup) {
            c.invalid("topk_group", "expected at most n_group " + t.nGroup + ", found " + t.topkGroup);
        } else if (t.numExpertsPerTok > t.topkGroup * perGroup) {
            c.invalid(
                    "num_experts_per_tok",
                    "expected at most the " + t.topkGroup * perGroup + " experts of topk_group groups, found "
                            + t.numExpertsPerTok);
        }
        if (t.nGroup > 1 && perGroup < 2) {
            c.invalid("n_group", "expected groups of 2 experts at least (a group is judged by its two best), found 1");
        }
    }

    /** Rows and columns of every matrix must be countable, or a shape would wrap round to a small one. */
    private static void checkProducts(ConfigObject c, TextConfig t) {
        long widest = Math.max(t.qkHeadDim(), (long) t.qkNopeHeadDim + t.vHeadDim) * t.numAttentionHeads;
        if (c.valid("num_attention_heads", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim") && widest > 1 << 24) {
            c.invalid(
                    "num_attention_heads", "expected at most " + (1 << 24) + " values over all heads, found " + widest);
        }
        if (c.valid("moe_intermediate_size", "n_shared_experts")
                && (long) t.moeIntermediateSize * t.nSharedExperts > 1 << 24) {
            c.invalid("n_shared_experts", "the shared experts are wider than " + (1 << 24));
        }
        if (c.valid("max_position_embeddings", "rope_scaling")
                && t.ropeScaling.factor() * t.ropeScaling.originalMaxPositionEmbeddings() > 2.0 * MAX_POSITIONS) {
            c.invalid("rope_scaling", "reaches further than " + 2L * MAX_POSITIONS + " positions");
        }
    }
}

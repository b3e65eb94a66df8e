package org.kimi4j.testkit;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The JSON files beside the weights, with the keys and, sizes aside, the values of Kimi K2.5. */
final class ConfigFiles {

    private static final List<String> IGNORE =
            List.of("lm_head", "re:.*self_attn.*", "re:.*shared_experts.*", "re:.*mlp\\.(gate|up|gate_up|down)_proj.*");

    private ConfigFiles() {}

    /** config.json with {@code text_config} inside, as K2.5 has it. */
    static Map<String, @Nullable Object> nested(ModelShape shape, boolean vision) {
        Map<String, @Nullable Object> config = new LinkedHashMap<>();
        config.put("architectures", List.of("KimiK25ForConditionalGeneration"));
        config.put("model_type", "kimi_k25");
        config.put("dtype", "bfloat16");
        ids(config, shape);
        config.put("ignore_index", -100);
        config.put("media_placeholder_token_id", ControlTokens.id(shape, "<|media_pad|>"));
        config.put("tie_word_embeddings", false);
        config.put("use_unified_vision_chunk", true);
        config.put("text_config", text(shape));
        if (vision) {
            config.put("vision_config", vision(shape));
        }
        return config;
    }

    /** config.json with everything on the first level, as K2-Thinking has it. */
    static Map<String, @Nullable Object> text(ModelShape shape) {
        Map<String, @Nullable Object> config = new LinkedHashMap<>();
        config.put("architectures", List.of("DeepseekV3ForCausalLM"));
        config.put("model_type", "kimi_k2");
        config.put("dtype", "bfloat16");
        ids(config, shape);
        for (Size size : Size.values()) {
            if (!size.isVision()) {
                config.put(size.key(), shape.get(size));
            }
        }
        config.put("num_key_value_heads", shape.get(Size.NUM_ATTENTION_HEADS));
        config.put("num_nextn_predict_layers", 0);
        config.put("moe_layer_freq", 1);
        config.put("ep_size", 1);
        config.put("scoring_func", "sigmoid");
        config.put("topk_method", "noaux_tc");
        config.put("norm_topk_prob", true);
        config.put("routed_scaling_factor", 2.827);
        config.put("attention_bias", false);
        config.put("attention_dropout", 0.0);
        config.put("hidden_act", "silu");
        config.put("rms_norm_eps", 1e-5);
        config.put("rope_theta", 50_000.0);
        Map<String, @Nullable Object> rope = new LinkedHashMap<>();
        rope.put("type", "yarn");
        rope.put("factor", 64.0);
        rope.put("original_max_position_embeddings", 4_096);
        rope.put("beta_fast", 32.0);
        rope.put("beta_slow", 1.0);
        rope.put("mscale", 1.0);
        rope.put("mscale_all_dim", 1.0);
        config.put("rope_scaling", rope);
        config.put("use_cache", true);
        config.put("initializer_range", 0.02);
        config.put("tie_word_embeddings", false);
        config.put("quantization_config", quantization());
        return config;
    }

    private static void ids(Map<String, @Nullable Object> config, ModelShape shape) {
        config.put("bos_token_id", ControlTokens.id(shape, "[BOS]"));
        config.put("eos_token_id", ControlTokens.id(shape, "[EOS]"));
        config.put("pad_token_id", ControlTokens.id(shape, "[PAD]"));
    }

    private static Map<String, @Nullable Object> quantization() {
        Map<String, @Nullable Object> weights = new LinkedHashMap<>();
        weights.put("num_bits", 4);
        weights.put("type", "int");
        weights.put("symmetric", true);
        weights.put("strategy", "group");
        weights.put("group_size", Numbers.GROUP);
        weights.put("dynamic", false);
        weights.put("observer", "minmax");
        weights.put("actorder", null);
        weights.put("block_structure", null);
        Map<String, @Nullable Object> group = new LinkedHashMap<>();
        group.put("targets", List.of("Linear"));
        group.put("input_activations", null);
        group.put("output_activations", null);
        group.put("weights", weights);
        Map<String, @Nullable Object> config = new LinkedHashMap<>();
        config.put("quant_method", "compressed-tensors");
        config.put("format", "pack-quantized");
        config.put("quantization_status", "compressed");
        config.put("kv_cache_scheme", null);
        config.put("ignore", IGNORE);
        config.put("config_groups", Map.of("group_0", group));
        return config;
    }

    private static Map<String, @Nullable Object> vision(ModelShape shape) {
        Map<String, @Nullable Object> config = new LinkedHashMap<>();
        config.put("model_type", "kimi_k25");
        for (Size size : Size.values()) {
            if (size.isVision()) {
                config.put(size.key(), shape.get(size));
            }
        }
        config.put("pos_emb_type", "divided_fixed");
        config.put("merge_kernel_size", List.of(2, 2));
        config.put("merge_type", "sd2_tpool");
        config.put("video_attn_type", "spatial_temporal");
        config.put("mm_projector_type", "patchmerger");
        config.put("mm_hidden_size", shape.get(Size.VT_HIDDEN_SIZE));
        config.put("projector_hidden_act", "gelu");
        config.put("projector_ln_eps", 1e-5);
        config.put("text_hidden_size", shape.get(Size.HIDDEN_SIZE));
        return config;
    }

    static Map<String, @Nullable Object> generation(ModelShape shape) {
        Map<String, @Nullable Object> config = new LinkedHashMap<>();
        config.put("eos_token_id", ControlTokens.id(shape, "<|im_end|>"));
        config.put("max_length", shape.get(Size.MAX_POSITION_EMBEDDINGS));
        return config;
    }

    static Map<String, @Nullable Object> preprocessor(ModelShape shape) {
        Map<String, @Nullable Object> media = new LinkedHashMap<>();
        media.put("in_patch_limit", 16_384);
        media.put("patch_size", shape.get(Size.PATCH_SIZE));
        media.put("image_mean", List.of(0.5, 0.5, 0.5));
        media.put("image_std", List.of(0.5, 0.5, 0.5));
        media.put("merge_kernel_size", 2);
        media.put("fixed_output_tokens", null);
        media.put("patch_limit_on_one_side", 512);
        media.put("in_patch_limit_each_frame", 4_096);
        media.put("in_patch_limit_video", null);
        media.put("sample_fps", 2.0);
        media.put("max_num_frames_each_video", null);
        media.put("temporal_merge_kernel_size", shape.get(Size.INIT_POS_EMB_TIME));
        media.put("timestamp_mode", "hh:mm:ss.fff");
        Map<String, @Nullable Object> config = new LinkedHashMap<>();
        config.put("media_proc_cfg", media);
        return config;
    }
}

package org.kimi4j.testkit;

import static org.kimi4j.testkit.Edits.bytes;
import static org.kimi4j.testkit.Edits.content;
import static org.kimi4j.testkit.Edits.delete;
import static org.kimi4j.testkit.Edits.half;
import static org.kimi4j.testkit.Edits.lfsPointer;
import static org.kimi4j.testkit.Edits.text;

import java.util.ArrayList;
import java.util.List;

/** Damages of config.json and generation_config.json. */
final class ConfigDamages {

    private static final String CONFIG = "config.json";

    private final List<Damage> damages = new ArrayList<>();

    private ConfigDamages() {}

    static List<Damage> list() {
        ConfigDamages damages = new ConfigDamages();
        damages.files();
        damages.sizes();
        damages.features();
        damages.quantisation();
        damages.vision();
        return damages.damages;
    }

    private void add(String name, Damage.Edit edit, String... mustName) {
        damages.add(Damage.of(name, edit, mustName));
    }

    /** A value of a key replaced by another. */
    private void key(String name, String key, String from, String to) {
        add(name, text(CONFIG, "\"" + key + "\": " + from, "\"" + key + "\": " + to), CONFIG, key);
    }

    /** A key that is not in the official file, after one that is. */
    private void extra(String name, String after, String value, String key, String extra) {
        String member = "\"" + after + "\": " + value;
        add(name, text(CONFIG, member, member + ", \"" + key + "\": " + extra), CONFIG, key);
    }

    private void files() {
        add("config.json is missing", delete(CONFIG), CONFIG, "not found");
        add("config.json is empty", content(CONFIG, ""), CONFIG);
        add("config.json ends in the middle", half(CONFIG), CONFIG, "JSON");
        add("config.json is an array", content(CONFIG, "[]"), CONFIG, "object");
        add("config.json is a Git LFS pointer", lfsPointer(CONFIG), CONFIG, "git lfs pull");
        add("config.json is not text", bytes(CONFIG, (byte) '{', (byte) 0xff, (byte) 0xfe), CONFIG, "UTF-8");
        add(
                "config.json says a key twice",
                text(CONFIG, "\"hidden_size\": 128", "\"hidden_size\": 128, \"hidden_size\": 256"),
                CONFIG,
                "hidden_size");
        add("config.json is an empty object", content(CONFIG, "{}"), CONFIG, "model_type");
        add("config.json is nested without end", content(CONFIG, "{\"a\":".repeat(100_000)), CONFIG);
        add("text_config is missing", text(CONFIG, "\"text_config\"", "\"other_config\""), CONFIG, "text_config");
        key("the model is of another family", "model_type", "\"kimi_k25\",\n  \"dtype\"", "\"llama\",\n  \"dtype\"");
        key("the text model is of another family", "model_type", "\"kimi_k2\"", "\"kimi_linear\"");
        add(
                "generation_config.json has a stop id that is no id",
                text("generation_config.json", "\"eos_token_id\": ", "\"eos_token_id\": -"),
                "generation_config.json",
                "eos_token_id");
        add(
                "generation_config.json is a Git LFS pointer",
                lfsPointer("generation_config.json"),
                "generation_config.json",
                "git lfs pull");
    }

    private void sizes() {
        key("a size is a string", "hidden_size", "128", "\"128\"");
        key("a size is a fraction", "hidden_size", "128", "128.5");
        key("a size is zero", "num_hidden_layers", "3", "0");
        key("a size is negative", "kv_lora_rank", "32", "-32");
        key("a size is null", "q_lora_rank", "48", "null");
        key("a size is absurd", "vocab_size", "768", "7680000000000");
        key("a size has a thousand digits", "vocab_size", "768", "7" + "0".repeat(999));
        key("a size has a huge exponent", "vocab_size", "768", "1e999999999");
        add(
                "a size is missing",
                text(CONFIG, "\"moe_intermediate_size\"", "\"moe_width\""),
                CONFIG,
                "moe_intermediate_size");
        key("a flag is a number", "norm_topk_prob", "true", "1");
        key("a number is a string", "rms_norm_eps", "1.0E-5", "\"small\"");
        key("more experts are used than there are", "num_experts_per_tok", "2", "9");
        key("the groups do not divide the experts", "n_group", "1", "3");
        key("more groups are kept than there are", "topk_group", "1", "2");
        key("more layers are dense than there are", "first_k_dense_replace", "1", "4");
        key("an odd number of values is rotated in pairs", "qk_rope_head_dim", "8", "7");
        key("a stop id is outside the vocabulary", "eos_token_id", "513", "5130");
        add(
                "several keys are wrong at once",
                text(CONFIG, "\"hidden_size\": 128", "\"hidden_size\": true")
                        .then(text(CONFIG, "\"rope_theta\": 50000.0", "\"rope_theta\": 0")),
                CONFIG,
                "hidden_size",
                "rope_theta");
    }

    private void features() {
        key("experts are scored by softmax", "scoring_func", "\"sigmoid\"", "\"softmax\"");
        key("experts are chosen without bias", "topk_method", "\"noaux_tc\"", "\"greedy\"");
        key("the activation is another", "hidden_act", "\"silu\"", "\"gelu\"");
        key("positions are scaled linearly", "type", "\"yarn\"", "\"linear\"");
        extra("positions are scaled in an unknown way", "mscale_all_dim", "1.0", "long_factor", "[1, 2]");
        key("attention has biases", "attention_bias", "false", "true");
        key("input and output embeddings are one", "tie_word_embeddings", "false", "true");
        key("keys are grouped", "num_key_value_heads", "4", "2");
        extra("attention slides", "use_cache", "true", "sliding_window", "4096");
        key("layers with experts are listed", "moe_layer_freq", "1", "[0, 1, 1]");
    }

    private void quantisation() {
        key("weights are block FP8", "quant_method", "\"compressed-tensors\"", "\"fp8\"");
        key("weights are NVFP4", "format", "\"pack-quantized\"", "\"nvfp4-pack-quantized\"");
        key("weights are floats of 4 bits", "type", "\"int\"", "\"float\"");
        key("weights have 3 bits", "num_bits", "4", "3");
        key("groups have 128 weights", "group_size", "32", "128");
        key("weights have zero points", "symmetric", "true", "false");
        key("scales are per channel", "strategy", "\"group\"", "\"channel\"");
        key("inputs are reordered", "actorder", "null", "\"group\"");
        key("activations are quantised", "input_activations", "null", "{\"num_bits\": 8}");
        key("the cache is quantised", "kv_cache_scheme", "null", "{\"num_bits\": 8}");
        add("no group of quantised weights", text(CONFIG, "\"config_groups\"", "\"groups\""), CONFIG, "config_groups");
        extra("the checkpoint is one for MLX", "ignore_index", "-100", "quantization", "{\"bits\": 4}");
    }

    private void vision() {
        key("pictures have other positions", "pos_emb_type", "\"divided_fixed\"", "\"learned\"");
        key("the projector ends in another width", "text_hidden_size", "128", "256");
        key("the projector starts in another width", "mm_hidden_size", "32", "64");
        key("heads of the tower cannot be rotated", "vt_num_attention_heads", "2", "3");
        add(
                "the picture token is missing",
                text(CONFIG, "\"media_placeholder_token_id\"", "\"placeholder\""),
                CONFIG,
                "media_placeholder_token_id");
    }
}

package org.kimi4j.testkit;

import static org.kimi4j.testkit.Edits.data;
import static org.kimi4j.testkit.Edits.header;
import static org.kimi4j.testkit.Edits.rename;
import static org.kimi4j.testkit.Edits.shard;
import static org.kimi4j.testkit.Edits.text;

import java.util.ArrayList;
import java.util.List;

/** Sound files whose tensors are not those of the model. Layer 1 is in shard 2. */
final class TensorDamages {

    private static final String LAYER = "language_model.model.layers.1.";
    private static final String EXPERT = LAYER + "mlp.experts.5.down_proj.";
    private static final String QUERY = LAYER + "self_attn.q_a_proj.weight";
    private static final String NORM = LAYER + "self_attn.q_a_layernorm.weight";

    private final List<Damage> damages = new ArrayList<>();

    private TensorDamages() {}

    static List<Damage> list() {
        TensorDamages damages = new TensorDamages();
        damages.names();
        damages.types();
        damages.packed();
        return damages.damages;
    }

    private void add(String name, Damage.Edit edit, String... mustName) {
        damages.add(Damage.of(name, edit, mustName));
    }

    private void names() {
        String other = NORM.replace("q_a_layernorm", "q_c_layernorm");
        add("a tensor has another name", rename(2, NORM, other), NORM, other, shard(2));
        add("a bias is there", rename(2, NORM, QUERY.replace("weight", "bias")), shard(2), "q_a_proj.bias");
        add(
                "the output matrix is missing",
                rename(4, "language_model.lm_head.weight", "language_model.head.weight"),
                "language_model.lm_head.weight");
        add(
                "all text tensors lack their prefix",
                directory -> {
                    for (int shard = 1; shard <= 4; shard++) {
                        replaceAll(directory.resolve(shard(shard)));
                    }
                    replaceAll(directory.resolve(Edits.INDEX));
                },
                "language_model.model.embed_tokens.weight",
                "layers.*");
        add(
                "config.json has a layer more",
                text("config.json", "\"num_hidden_layers\": 3", "\"num_hidden_layers\": 4"),
                "language_model.model.layers.3.");
        add(
                "config.json has an expert more",
                text("config.json", "\"n_routed_experts\": 8", "\"n_routed_experts\": 9"),
                "mlp.experts.8.",
                "mlp.gate.weight");
        add(
                "config.json has an expert less",
                text("config.json", "\"n_routed_experts\": 8", "\"n_routed_experts\": 7"),
                "mlp.experts.7.");
        add(
                "config.json has a wider attention",
                text("config.json", "\"num_attention_heads\": 4", "\"num_attention_heads\": 8")
                        .then(text("config.json", "\"num_key_value_heads\": 4", "\"num_key_value_heads\": 8")),
                "q_b_proj.weight",
                "[192, 48]");
        add(
                "config.json makes another layer dense",
                text("config.json", "\"first_k_dense_replace\": 1", "\"first_k_dense_replace\": 2"),
                LAYER + "mlp.gate_proj.weight");
    }

    /** Of equal length, so that no offset changes. */
    private static void replaceAll(java.nio.file.Path file) throws java.io.IOException {
        java.nio.charset.Charset bytes = java.nio.charset.StandardCharsets.ISO_8859_1;
        String content = java.nio.file.Files.readString(file, bytes);
        java.nio.file.Files.writeString(
                file, content.replace("\"language_model.model.", "\"language_modelXmodel."), bytes);
    }

    private void types() {
        add(
                "a matrix is transposed",
                header(2, "[48,128]", "[128,48]"),
                shard(2),
                QUERY,
                "BF16 [48, 128]",
                "BF16 [128, 48]");
        add("a matrix has three axes", header(2, "[48,128]", "[48,2,64]"), shard(2), QUERY, "BF16 [48, 2, 64]");
        add("a norm is F16", type(2, NORM, "BF16", "F16"), shard(2), NORM, "F16 [48]");
        add("a norm is whole numbers", type(2, NORM, "BF16", "I16"), shard(2), NORM, "I16 [48]");
        add(
                "a matrix is FP8",
                header(2, "\"BF16\",\"shape\":[48,128]", "\"F8_E4M3\",\"shape\":[48,256]"),
                shard(2),
                QUERY,
                "F8_E4M3");
        add(
                "a matrix has the scales of block FP8",
                rename(2, NORM, LAYER + "self_attn.q_a_proj.weight_scale_inv"),
                "FP8",
                "moonshotai/");
    }

    private static Damage.Edit type(int shard, String tensor, String from, String to) {
        String entry = "\"" + tensor + "\":{\"dtype\":\"";
        return header(shard, entry + from, entry + to);
    }

    private void packed() {
        add(
                "scales are missing",
                rename(2, EXPERT + "weight_scale", EXPERT + "weight_scales"),
                EXPERT + "weight_scale",
                shard(2));
        add(
                "packed weights are missing",
                rename(2, EXPERT + "weight_packed", EXPERT + "weight_pack"),
                EXPERT + "weight",
                shard(2));
        add(
                "the shape is missing",
                rename(2, EXPERT + "weight_shape", EXPERT + "weight_sizes"),
                EXPERT + "weight_shape",
                shard(2));
        add(
                "the shape says something else",
                data(2, EXPERT + "weight_shape", (byte) 64),
                shard(2),
                EXPERT + "weight_shape",
                "[128, 64]",
                "[64, 64]");
        add(
                "the shape is one number",
                header(
                        2,
                        EXPERT + "weight_shape\":{\"dtype\":\"I32\",\"shape\":[2]",
                        EXPERT + "weight_shape\":{\"dtype\":\"I64\",\"shape\":[1]"),
                shard(2),
                EXPERT + "weight_shape");
        add(
                "scales are F16",
                type(2, EXPERT + "weight_scale", "BF16", "F16"),
                shard(2),
                EXPERT + "weight_scale",
                "F16 [128, 2]");
        add(
                "packed weights are floats",
                type(2, EXPERT + "weight_packed", "I32", "F32"),
                shard(2),
                EXPERT + "weight_packed",
                "F32");
        add(
                "packed weights are transposed",
                header(
                        2,
                        EXPERT + "weight_packed\":{\"dtype\":\"I32\",\"shape\":[128,8]",
                        EXPERT + "weight_packed\":{\"dtype\":\"I32\",\"shape\":[8,128]"),
                shard(2),
                EXPERT + "weight_packed");
        add(
                "there are zero points",
                rename(2, NORM, EXPERT + "weight_zero_point"),
                shard(2),
                EXPERT + "weight_zero_point");
        add("there is an order of inputs", rename(2, NORM, EXPERT + "weight_g_idx"), shard(2), EXPERT + "weight_g_idx");
        add("a matrix is stored twice", rename(2, NORM, EXPERT + "weight"), shard(2), EXPERT + "weight");
    }
}

package org.kimi4j.quant;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.kimi4j.checkpoint.SafetensorsFile;
import org.kimi4j.checkpoint.TensorInfo;
import org.kimi4j.config.ModelConfig;
import org.kimi4j.config.TextConfig;
import org.kimi4j.error.CheckpointException;
import org.kimi4j.tensor.DType;

/**
 * The matrices that a recipe is about.
 *
 * @param quantized to be quantised: name of the {@code .weight} tensor to the size of its groups
 * @param kept left as they are although the recipe names them: name of the matrix to the reason
 */
record TrunkMatrices(Map<String, Integer> quantized, Map<String, String> kept) {

    private static final List<String> ATTENTION = List.of("q_a_proj", "q_b_proj", "kv_a_proj_with_mqa", "o_proj");
    private static final List<String> GATED = List.of("gate_proj", "up_proj", "down_proj");

    static TrunkMatrices of(String subject, ModelConfig config, Recipe recipe, List<SafetensorsFile> shards) {
        Map<String, TensorInfo> tensors = new LinkedHashMap<>();
        shards.forEach(shard -> shard.tensors().forEach(t -> tensors.put(t.name(), t)));
        Map<String, Integer> quantized = new LinkedHashMap<>();
        Map<String, String> kept = new LinkedHashMap<>();
        List<String> problems = new ArrayList<>();
        for (String matrix : names(config)) {
            TensorInfo weight = tensors.get(matrix + ".weight");
            if (weight == null) {
                if (tensors.containsKey(matrix + ".weight_packed")) {
                    kept.put(matrix, "is packed already");
                } else {
                    problems.add("tensor " + matrix + ".weight\n  expected BF16 or F32, found no such tensor");
                }
            } else if (weight.shape().rank() != 2 || (weight.dtype() != DType.BF16 && weight.dtype() != DType.F32)) {
                problems.add(weight.file() + ": tensor " + weight.name()
                        + "\n  expected BF16 or F32 of two axes, found " + weight.type());
            } else {
                int group = recipe.groupFor(weight.shape().dim(1));
                if (group == 0) {
                    kept.put(matrix, "rows of " + weight.shape().dim(1) + " elements are no multiple of 32");
                } else {
                    quantized.put(weight.name(), group);
                }
            }
        }
        if (!problems.isEmpty()) {
            throw CheckpointException.of(subject, problems);
        }
        if (quantized.isEmpty()) {
            throw new CheckpointException(subject + ": nothing is left to quantise: every matrix of the recipe "
                    + recipe.name() + " is packed already or has rows that are no multiple of 32");
        }
        return new TrunkMatrices(quantized, kept);
    }

    private static List<String> names(ModelConfig config) {
        TextConfig text = config.textConfig();
        String prefix = config.textPrefix().isEmpty() ? "" : config.textPrefix() + ".";
        List<String> names = new ArrayList<>();
        for (int layer = 0; layer < text.numHiddenLayers(); layer++) {
            String at = prefix + "model.layers." + layer;
            ATTENTION.forEach(leaf -> names.add(at + ".self_attn." + leaf));
            String mlp = at + (text.isMoeLayer(layer) ? ".mlp.shared_experts." : ".mlp.");
            GATED.forEach(leaf -> names.add(mlp + leaf));
        }
        names.add(prefix + "lm_head");
        return names;
    }
}

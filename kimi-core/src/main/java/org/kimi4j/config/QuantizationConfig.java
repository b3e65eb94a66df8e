package org.kimi4j.config;

import java.util.ArrayList;
import java.util.List;

/**
 * How the packed weights of a checkpoint are stored. Which matrices are packed is decided by the tensors in the files:
 * the official ignore list leaves out matrices that are not packed either.
 *
 * @param groups the config_groups of pack-quantized weights; empty for a checkpoint without quantised weights
 * @param ignore names and patterns that the writer left alone
 */
public record QuantizationConfig(List<Group> groups, List<String> ignore) {

    private static final String REMEDY = "; use a checkpoint with INT4 experts (compressed-tensors, pack-quantized) as"
            + " Moonshot ships it, for example moonshotai/Kimi-K2.5 or moonshotai/Kimi-K2-Thinking";

    public QuantizationConfig {
        groups = List.copyOf(groups);
        ignore = List.copyOf(ignore);
    }

    /**
     * Weights of one encoding: symmetric integers, one BF16 scale per group along a row.
     *
     * @param name for example group_0
     * @param numBits 4 or 8
     * @param groupSize elements that share a scale: 32 for 4 bits, a multiple of 32 for 8 bits
     */
    public record Group(String name, int numBits, int groupSize, List<String> targets) {
        public Group {
            targets = List.copyOf(targets);
        }
    }

    /** Everything in BF16 or F32. */
    static QuantizationConfig none() {
        return new QuantizationConfig(List.of(), List.of());
    }

    static QuantizationConfig read(ConfigObject object) {
        String method = object.text("quant_method").orElse("");
        if (!method.equals("compressed-tensors")) {
            String block = object.has("weight_block_size") || method.equals("fp8") ? " (block FP8)" : "";
            object.unsupported(
                    "quant_method", "\"compressed-tensors\" is supported, found \"" + method + "\"" + block + REMEDY);
            return none(); // the other keys mean something else in each method
        }
        String format = object.text("format").orElse("");
        if (!format.equals("pack-quantized") && !format.equals("mixed-precision")) {
            object.unsupported("format", "\"pack-quantized\" is supported, found \"" + format + "\"" + REMEDY);
        }
        object.only("quantization_status", "compressed", false);
        object.absent("kv_cache_scheme", "a quantised cache is not prescribed by the checkpoint here");
        object.absent("sparsity_config", "sparse weights are not supported");
        object.absent("transform_config", "rotated weights are not supported");
        List<Group> groups = new ArrayList<>();
        object.object("config_groups").ifPresent(all -> {
            for (String key : all.keys()) {
                all.object(key).ifPresent(group -> groups.add(group(key, group)));
            }
        });
        if (groups.isEmpty() && object.valid("config_groups", "format")) {
            object.invalid("config_groups", "expected at least one group, found none");
        }
        return new QuantizationConfig(groups, object.texts("ignore"));
    }

    private static Group group(String name, ConfigObject group) {
        group.absent("input_activations", "quantised activations are not supported");
        group.absent("output_activations", "quantised activations are not supported");
        group.only("format", "pack-quantized", false);
        List<String> targets = group.texts("targets");
        int bits = 4;
        int size = 32;
        ConfigObject weights = group.object("weights").orElse(null);
        if (weights == null) {
            if (group.valid("weights")) {
                group.invalid("weights", "expected an object, found nothing");
            }
            return new Group(name, bits, size, targets);
        }
        bits = weights.integer("num_bits", 1, 64);
        if (weights.valid("num_bits") && bits != 4 && bits != 8) {
            weights.unsupported("num_bits", "4 and 8 are supported, found " + bits + REMEDY);
        }
        weights.only("type", "int", true);
        weights.only("symmetric", true);
        weights.only("strategy", "group", true);
        weights.only("dynamic", false);
        weights.absent("actorder", "activation ordering is not supported");
        weights.absent("block_structure", "blocks are not supported");
        weights.only("zp_dtype", "torch.int8", false); // stated by some writers for symmetric weights too
        size = weights.integer("group_size", 1, 1 << 20);
        boolean supported = bits == 4 ? size == 32 : size % 32 == 0;
        if (weights.valid("num_bits", "group_size") && !supported) {
            weights.unsupported(
                    "group_size",
                    (bits == 4 ? "32" : "a multiple of 32") + " is supported for " + bits + " bits, found " + size);
        }
        return new Group(name, bits, size, targets);
    }

    /** Whether both say the same about the numbers, whatever they say about names. */
    boolean sameEncoding(QuantizationConfig other) {
        return groups.equals(other.groups);
    }

    /** Whether a value is there that names the quantisation of another family of tools. */
    static void refuseForeign(ConfigObject object) {
        object.absent("quantization", "MLX checkpoints are not supported" + REMEDY);
    }
}

package org.kimi4j.config;

import java.util.List;
import java.util.Optional;

/**
 * The vision tower and the projector: the keys of {@code vision_config}. Keys that allow one value only (pos_emb_type
 * "divided_fixed", merge_type "sd2_tpool", video_attn_type "spatial_temporal", mm_projector_type "patchmerger",
 * projector_hidden_act "gelu") are checked and not kept.
 *
 * @param patchSize pixels along one side of a patch
 * @param initPosEmbHeight rows of the stored table of positions
 * @param initPosEmbTime frames that share one temporal table
 * @param mergeKernelSize height and width, in patches, of what becomes one token
 * @param mmHiddenSize width at which the projector starts, equal to vtHiddenSize
 * @param textHiddenSize width of the text model
 */
public record VisionConfig(
        int patchSize,
        int initPosEmbHeight,
        int initPosEmbWidth,
        int initPosEmbTime,
        List<Integer> mergeKernelSize,
        int vtHiddenSize,
        int vtIntermediateSize,
        int vtNumAttentionHeads,
        int vtNumHiddenLayers,
        int mmHiddenSize,
        double projectorLnEps,
        int textHiddenSize) {

    private static final int MAX_WIDTH = 1 << 20;

    public VisionConfig {
        mergeKernelSize = List.copyOf(mergeKernelSize);
    }

    static VisionConfig read(ConfigObject c, Optional<Integer> hiddenSize) {
        c.only("pos_emb_type", "divided_fixed", true);
        c.only("merge_type", "sd2_tpool", true);
        c.only("video_attn_type", "spatial_temporal", true);
        c.only("mm_projector_type", "patchmerger", true);
        c.only("projector_hidden_act", "gelu", true);
        VisionConfig v = new VisionConfig(
                c.integer("patch_size", 1, 1_024),
                c.integer("init_pos_emb_height", 1, 4_096),
                c.integer("init_pos_emb_width", 1, 4_096),
                c.integer("init_pos_emb_time", 1, 4_096),
                mergeKernel(c),
                c.integer("vt_hidden_size", 1, MAX_WIDTH),
                c.integer("vt_intermediate_size", 1, MAX_WIDTH),
                c.integer("vt_num_attention_heads", 1, 4_096),
                c.integer("vt_num_hidden_layers", 1, 4_096),
                c.integer("mm_hidden_size", 1, MAX_WIDTH),
                c.number("projector_ln_eps", 0, 1),
                c.integer("text_hidden_size", 1, MAX_WIDTH));
        if (c.valid("vt_hidden_size", "mm_hidden_size") && v.mmHiddenSize != v.vtHiddenSize) {
            c.invalid("mm_hidden_size", "expected vt_hidden_size " + v.vtHiddenSize + ", found " + v.mmHiddenSize);
        }
        hiddenSize
                .filter(h -> c.valid("text_hidden_size") && h != v.textHiddenSize)
                .ifPresent(h -> c.invalid(
                        "text_hidden_size",
                        "expected hidden_size " + h + " of text_config, found " + v.textHiddenSize));
        if (c.valid("vt_hidden_size", "vt_num_attention_heads") && v.vtHiddenSize % (4L * v.vtNumAttentionHeads) != 0) {
            c.invalid(
                    "vt_num_attention_heads",
                    "expected heads of a multiple of 4 values (rotated in pairs along x and y), found "
                            + v.vtNumAttentionHeads + " heads of vt_hidden_size " + v.vtHiddenSize);
        }
        c.harmless("model_type", "architectures", "dtype", "torch_dtype", "transformers_version", "_name_or_path");
        return v;
    }

    private static List<Integer> mergeKernel(ConfigObject c) {
        List<Integer> sizes = c.integers("merge_kernel_size", 1, 64);
        if (c.valid("merge_kernel_size") && sizes.size() != 2) {
            c.invalid("merge_kernel_size", "expected [height, width], found " + sizes);
        }
        return sizes;
    }
}

package org.kimi4j.testkit;

import java.util.EnumMap;
import java.util.Map;

/** The sizes of a model. Immutable: {@link #with} makes another one. */
public final class ModelShape {

    private final Map<Size, Integer> sizes;

    private ModelShape(Map<Size, Integer> sizes) {
        this.sizes = sizes;
    }

    /** Kimi K2.5: 61 layers of 384 experts, 595 GB with its vision tower. */
    public static ModelShape k25() {
        Map<Size, Integer> sizes = new EnumMap<>(Size.class);
        for (Size size : Size.values()) {
            sizes.put(size, size.inK25());
        }
        return new ModelShape(sizes);
    }

    /** Three layers, the first of them dense, with 8 experts of which 2 are used per token; under 1 MB. */
    public static ModelShape tiny() {
        return k25().with(Size.NUM_HIDDEN_LAYERS, 3)
                .with(Size.HIDDEN_SIZE, 128)
                .with(Size.INTERMEDIATE_SIZE, 192)
                .with(Size.MOE_INTERMEDIATE_SIZE, 64)
                .with(Size.N_ROUTED_EXPERTS, 8)
                .with(Size.NUM_EXPERTS_PER_TOK, 2)
                .with(Size.NUM_ATTENTION_HEADS, 4)
                .with(Size.Q_LORA_RANK, 48)
                .with(Size.KV_LORA_RANK, 32)
                .with(Size.QK_NOPE_HEAD_DIM, 16)
                .with(Size.QK_ROPE_HEAD_DIM, 8)
                .with(Size.V_HEAD_DIM, 16)
                .with(Size.VOCAB_SIZE, 768)
                .with(Size.INIT_POS_EMB_HEIGHT, 8)
                .with(Size.INIT_POS_EMB_WIDTH, 8)
                .with(Size.VT_HIDDEN_SIZE, 32)
                .with(Size.VT_INTERMEDIATE_SIZE, 48)
                .with(Size.VT_NUM_ATTENTION_HEADS, 2)
                .with(Size.VT_NUM_HIDDEN_LAYERS, 2);
    }

    /** This shape with one size changed. */
    public ModelShape with(Size size, int value) {
        if (value < (size == Size.FIRST_K_DENSE_REPLACE ? 0 : 1)) {
            throw new IllegalArgumentException(size.key() + ": expected a positive size, found " + value);
        }
        Map<Size, Integer> changed = new EnumMap<>(sizes);
        changed.put(size, value);
        return new ModelShape(changed);
    }

    public int get(Size size) {
        return sizes.get(size);
    }

    boolean isMoeLayer(int layer) {
        return layer >= get(Size.FIRST_K_DENSE_REPLACE);
    }

    /** Refuses sizes that contradict each other, before hours of writing. */
    void check() {
        if (get(Size.VOCAB_SIZE) < 512) {
            throw new IllegalArgumentException(
                    "vocab_size: expected at least 512 (256 bytes and 256 control tokens), found "
                            + get(Size.VOCAB_SIZE));
        }
        multiple(Size.HIDDEN_SIZE, Numbers.GROUP);
        multiple(Size.MOE_INTERMEDIATE_SIZE, Numbers.GROUP);
        multiple(Size.QK_ROPE_HEAD_DIM, 2);
        multiple(Size.N_ROUTED_EXPERTS, get(Size.N_GROUP));
        multiple(Size.VT_HIDDEN_SIZE, 4 * get(Size.VT_NUM_ATTENTION_HEADS));
        int usable = get(Size.N_ROUTED_EXPERTS) / get(Size.N_GROUP) * get(Size.TOPK_GROUP);
        if (get(Size.NUM_EXPERTS_PER_TOK) > usable) {
            throw new IllegalArgumentException(
                    "num_experts_per_tok: expected at most " + usable + ", found " + get(Size.NUM_EXPERTS_PER_TOK));
        }
    }

    private void multiple(Size size, int of) {
        if (get(size) % of != 0) {
            throw new IllegalArgumentException(size.key() + ": expected a multiple of " + of + ", found " + get(size));
        }
    }
}

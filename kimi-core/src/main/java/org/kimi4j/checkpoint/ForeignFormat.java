package org.kimi4j.checkpoint;

import java.nio.file.Path;
import java.util.Collection;
import java.util.function.Predicate;
import org.kimi4j.error.UnsupportedModelException;
import org.kimi4j.tensor.DType;

/** Weight formats of the same models that are not computed with, told apart by the names and types of their tensors. */
enum ForeignFormat {
    BLOCK_FP8(
            "block FP8 (weight F8_E4M3 with weight_scale_inv)",
            t -> t.name().endsWith(".weight_scale_inv") || (isFp8(t) && t.name().endsWith(".weight"))),
    NVFP4(
            "NVFP4 (weight_packed U8 with a scale in FP8)",
            t -> t.name().endsWith(".weight_scale_2")
                    || t.name().endsWith(".weight_global_scale")
                    || (isFp8(t) && t.name().endsWith(".weight_scale"))),
    GPTQ(
            "GPTQ or AWQ (qweight, qzeros)",
            t -> t.name().endsWith(".qweight") || t.name().endsWith(".qzeros")),
    MLX("MLX (experts stacked as switch_mlp)", t -> t.name().contains(".switch_mlp."));

    private final String description;
    private final Predicate<TensorInfo> mark;

    ForeignFormat(String description, Predicate<TensorInfo> mark) {
        this.description = description;
        this.mark = mark;
    }

    private static boolean isFp8(TensorInfo tensor) {
        return tensor.dtype() == DType.F8_E4M3 || tensor.dtype() == DType.F8_E5M2;
    }

    /**
     * Refuses a format by name.
     *
     * @throws UnsupportedModelException naming the format, a tensor that shows it, and the remedy
     */
    static void refuse(Path directory, Collection<TensorInfo> tensors) {
        for (ForeignFormat format : values()) {
            for (TensorInfo tensor : tensors) {
                if (format.mark.test(tensor)) {
                    throw new UnsupportedModelException(directory + ": weights in " + format.description
                            + " are not supported\n  seen at " + tensor.where() + ", " + tensor.type()
                            + "\n  use a checkpoint with INT4 experts (compressed-tensors, pack-quantized) as Moonshot"
                            + " ships it, for example moonshotai/Kimi-K2.5 or moonshotai/Kimi-K2-Thinking");
                }
            }
        }
    }
}

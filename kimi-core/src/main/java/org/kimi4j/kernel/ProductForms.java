package org.kimi4j.kernel;

import java.util.Optional;
import org.kimi4j.config.Precision;
import org.kimi4j.tensor.Matrix;

/**
 * The kinds of products a backend has, and which rows take which. What a row meets depends on its role and on the weights
 * alone, never on the rows beside it.
 */
public interface ProductForms extends AutoCloseable {

    /** Name for logs: {@code vector 256}. */
    String name();

    /** Products with 32-bit activations. */
    RowProducts floats();

    /** Products with narrowed activations: 8 bits for integers, bfloat16 where a backend has such products. */
    RowProducts integers();

    /** Whether a row in a role meets these weights with narrowed activations, by {@link #integers}. */
    default boolean byIntegers(Precision precision, Matrix w, boolean prompt) {
        return precision == Precision.FAST && !prompt && isQuantized(w);
    }

    /** Whether a row in a role is rounded to what its 8-bit form stands for, and then meets the weights in floats. */
    default boolean isRounded(Precision precision, Matrix w, boolean prompt) {
        return precision == Precision.FAST && isQuantized(w) && !byIntegers(precision, w, prompt);
    }

    /** What attends to a cache instead of the Vector API, for one more thread. */
    default Optional<SegmentAttention> attention(Precision precision, MlaShape shape) {
        return Optional.empty();
    }

    /** Gives back what lies outside the heap. */
    @Override
    default void close() {}

    /** Whether weights are integers. */
    static boolean isQuantized(Matrix w) {
        return w instanceof Matrix.Int4 || w instanceof Matrix.Int8;
    }
}

package org.kimi4j.checkpoint;

import org.kimi4j.tensor.Matrix;

/**
 * A cursor into the tensors of a checkpoint with a prefix, handed out by {@link Checkpoint#bind}. Every method that
 * returns weights claims the tensors it reads; each tensor can be claimed once.
 *
 * <pre>{@code
 * WeightReader attention = reader.at("language_model").at("model.layers").at(12).at("self_attn");
 * Matrix qAProj = attention.matrix("q_a_proj", qLoraRank, hiddenSize);
 * Matrix.F32 norm = attention.vector("q_a_layernorm", qLoraRank);
 * }</pre>
 *
 * <p>Nothing throws for a tensor that is missing or has another type or shape: the problem is noted, a matrix of [1, 1]
 * is returned in its place, and {@code bind} reports all problems together. Not thread-safe; used up when {@code bind}
 * returns.
 */
public final class WeightReader {

    private final Claims claims;
    private final String prefix; // empty or ending in a dot

    WeightReader(Claims claims, String prefix) {
        this.claims = claims;
        this.prefix = prefix;
    }

    /** The cursor below this one; {@code at("")} is this one. */
    public WeightReader at(String child) {
        return child.isEmpty() ? this : new WeightReader(claims, prefix + child + ".");
    }

    /** The cursor at a numbered child, such as a layer or an expert. */
    public WeightReader at(int number) {
        return at(Integer.toString(number));
    }

    /**
     * Says which numbered children of this cursor will be read: those from {@code first} (inclusive) to {@code end}
     * (exclusive) of {@code total}. The tensors of the others below {@code total} are counted as outside the range, those
     * from {@code total} on as layers the configuration does not use; neither is a problem.
     *
     * @return this cursor
     */
    public WeightReader only(int first, int end, int total) {
        if (first < 0 || first > end || end > total) {
            throw new IllegalArgumentException("range " + first + " to " + end + " of " + total);
        }
        claims.only(prefix, first, end, total);
        return this;
    }

    /**
     * Says that what no one claims below a child is left out by intention; below this cursor if the child is empty.
     *
     * @param reason as it is shown by {@code inspect}
     */
    public void leaveOut(String child, String reason) {
        claims.leaveOut(at(child).prefix, reason);
    }

    /**
     * A weight [rows, cols] in the encoding of the file: {@code NAME.weight} in BF16 or F32, or {@code NAME.weight_packed}
     * with {@code weight_scale} and {@code weight_shape} in INT4 (groups of 32) or INT8 (groups of a multiple of 32). The
     * data stays in the mapped file.
     */
    public Matrix matrix(String name, int rows, int cols) {
        return claims.matrix(prefix + name, rows, cols);
    }

    /**
     * A vector {@code NAME.weight} [size] in BF16 or F32, converted to F32 in memory of the checkpoint; a matrix of one
     * row.
     */
    public Matrix.F32 vector(String name, int size) {
        return claims.vector(prefix + name + ".weight", size);
    }

    /** As {@link #vector}, for a tensor whose full name is given: {@code e_score_correction_bias}, {@code wo.bias}. */
    public Matrix.F32 parameter(String name, int size) {
        return claims.vector(prefix + name, size);
    }

    /**
     * A weight {@code NAME.weight} that the file stores with more than two axes, seen as [rows, cols], for example a
     * convolution [1152, 3, 14, 14] as [1152, 588].
     *
     * @param shape as the file must have it; its product is rows * cols
     */
    public Matrix reshaped(String name, int rows, int cols, long... shape) {
        Shape expected = Shape.of(shape);
        if (expected.elements() != (long) rows * cols) {
            throw new IllegalArgumentException(name + ": " + expected + " is not [" + rows + ", " + cols + "]");
        }
        return claims.plain(prefix + name + ".weight", expected, rows, cols);
    }

    /** Whether the checkpoint has anything below this child. */
    public boolean has(String child) {
        return claims.hasPrefix(prefix + child + ".");
    }

    /** The full name of a child, for messages. */
    public String name(String child) {
        return prefix + child;
    }
}

package org.kimi4j.kernel;

import org.kimi4j.tensor.Matrix;
import org.kimi4j.tensor.Tensor;
import org.kimi4j.tensor.Workspace;

/**
 * The operations of a plain transformer encoder, which the vision tower is: always in 32-bit floats. A row of a result
 * depends on its own row and the weights, in {@link #attention} on all rows of the item, and never on the threads.
 *
 * <p>For one thread at a time: the engine's.
 */
public interface DenseKernels extends AutoCloseable {

    /** Where results come from. */
    Workspace workspace();

    /** A weight as floats, each exactly as stored: [w.rows, w.cols]. */
    Tensor unpack(Matrix w);

    /** x w^T + bias: [rows, w.rows]. */
    default Tensor linear(Tensor x, Matrix w, Matrix.F32 bias) {
        Tensor out = workspace().allocate(x.rows(), w.rows());
        linear(out, x, w, bias);
        return out;
    }

    /** out = x w^T + bias, [rows, w.rows]. */
    void linear(Tensor out, Tensor x, Matrix w, Matrix.F32 bias);

    /** (x - mean) / sqrt(variance + eps) * weight + bias, row by row. */
    Tensor layerNorm(Tensor x, Matrix.F32 weight, Matrix.F32 bias, float eps);

    /**
     * Turns neighbouring values of each head by angles of the row, in place.
     *
     * @param x [rows, heads * width]
     * @param cosSin [some rows, width], cosine and sine by turns; row r of x uses row r modulo their number
     */
    void rotate(Tensor x, int heads, Tensor cosSin);

    /**
     * Attention of all rows to all rows, head by head: [rows, heads * width].
     *
     * @param qkv [rows, 3 * heads * width]: queries, keys and values
     */
    Tensor attention(Tensor qkv, int heads, float scale);

    /** x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2, in place. */
    void geluTanh(Tensor x);

    /** x (1 + erf(x / sqrt(2))) / 2, in place. */
    void geluErf(Tensor x);

    /** x += y. */
    void add(Tensor x, Tensor y);

    /** Frees the workspace. */
    @Override
    void close();
}

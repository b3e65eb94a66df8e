package org.kimi4j.kernel;

import java.util.function.IntFunction;
import org.kimi4j.config.Precision;
import org.kimi4j.tensor.Matrix;
import org.kimi4j.tensor.Tensor;
import org.kimi4j.tensor.Workspace;

/**
 * The operations of the text model. Results are taken from the {@link #workspace()}; tensors that an operation changes
 * are its first argument. A row of a result depends on its own input row, the weights, its position and its sequence's
 * cache, and on nothing else; see docs/determinism.md for what that forbids.
 *
 * <p>For one thread at a time: the engine's.
 */
public interface Kernels extends AutoCloseable {

    /** Name for logs and reports: {@code scalar}, {@code vector 256}, ... */
    String name();

    Precision precision();

    /** Where results come from. */
    Workspace workspace();

    /** The threads that compute, for others who work between passes. */
    WorkerPool pool();

    /** Rows of the embedding table: [tokens, hidden]. */
    Tensor embed(int[] tokens, Matrix table);

    /** x / sqrt(mean(x^2) + eps) * weight, row by row: [rows, cols]. */
    Tensor rmsNorm(Tensor x, Matrix.F32 weight, float eps);

    /** x w^T with 32-bit activations whatever the precision: [rows, w.rows]. For the router and the output head. */
    Tensor matmul(Tensor x, Matrix w);

    /**
     * x w^T in the model's precision: [rows, w.rows].
     *
     * @param prompt the role of each row of x, see {@link Rows#prompt()}
     */
    Tensor matmul(Tensor x, Matrix w, boolean[] prompt);

    /**
     * Turns in place, in each of {@code heads} equal parts of a row, the values from {@code offset} on by the row's
     * position.
     */
    void rope(Tensor x, int heads, int offset, Rope rope, Rows rows);

    /** Stores latents [rows, latent] and rotated keys [rows, rope] at the rows' positions of their caches. */
    void append(int layer, Tensor cKv, Tensor kPe, Rows rows);

    /** The plain part of each head's query taken through the key half of kv_b_proj: [rows, heads * latent]. */
    Tensor absorbQuery(Tensor q, Matrix kvB, MlaShape shape);

    /**
     * Causal attention of each head over the cached latents of the row's sequence, in the absorbed form (DeepSeek-V2,
     * arXiv 2405.04434, section 2.1): [rows, heads * latent].
     *
     * @param q the queries, of which the rotated parts are used
     */
    Tensor latentAttention(Tensor qLatent, Tensor q, int layer, Rows rows, MlaShape shape);

    /** Each head's latent result taken through the value half of kv_b_proj: [rows, heads * value]. */
    Tensor expandValue(Tensor oLatent, Matrix kvB, MlaShape shape);

    /** The experts that each row chooses. The result is valid until the next call. */
    Routing route(Tensor logits, Matrix.F32 bias, RouterConfig config);

    /** silu(gate) * up. */
    Tensor siluMul(Tensor gate, Tensor up);

    /** x += y. */
    void add(Tensor x, Tensor y);

    /** The rows of x that chose the i-th distinct expert: [rows of it, cols]. */
    Tensor gather(Tensor x, Routing routing, int i);

    /** Adds the result of the i-th distinct expert to the rows that chose it, each with its weight. */
    void scatterAdd(Tensor out, Tensor y, Routing routing, int i);

    /** One SwiGLU block: [rows, hidden]. */
    default Tensor swiglu(Tensor x, GatedMlp mlp, boolean[] prompt) {
        return matmul(
                siluMul(matmul(x, mlp.gateProj(), prompt), matmul(x, mlp.upProj(), prompt)), mlp.downProj(), prompt);
    }

    /**
     * Adds to each row its routed experts, in ascending order of ids. Each distinct expert's weights are read once.
     *
     * @param experts the weights of an expert of this layer by id
     */
    default void moe(Tensor out, Tensor h, Routing routing, IntFunction<GatedMlp> experts, boolean[] prompt) {
        for (int i = 0; i < routing.distinctCount(); i++) {
            long mark = workspace().mark();
            boolean[] role = new boolean[routing.rowCountOf(i)];
            for (int j = 0; j < role.length; j++) {
                role[j] = prompt[routing.rowOf(i, j)];
            }
            GatedMlp expert = experts.apply(routing.distinctExpert(i));
            scatterAdd(out, swiglu(gather(h, routing, i), expert, role), routing, i);
            workspace().release(mark);
        }
    }

    /** Copies one row of a tensor to the heap. */
    void read(Tensor from, int row, float[] to);

    /** Overwrites one row of a tensor from the heap. */
    void write(Tensor to, int row, float[] from);

    /** Frees the workspace and stops the threads. */
    @Override
    void close();
}

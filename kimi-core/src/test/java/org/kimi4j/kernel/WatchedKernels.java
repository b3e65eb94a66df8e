package org.kimi4j.kernel;

import org.kimi4j.config.Precision;
import org.kimi4j.tensor.Matrix;
import org.kimi4j.tensor.Tensor;
import org.kimi4j.tensor.Workspace;

/** Shows a test what the kernels are about to do, on the thread that does it, and leaves the work to other kernels. */
public final class WatchedKernels implements Kernels {

    /** What happens; a test looks at what it needs, or holds the engine up. */
    public interface Watch {

        /** A pass begins. */
        default void embed(int[] tokens) {}

        /** The rows of a pass reach the attention of a layer. */
        default void append(int layer, Rows rows) {}

        /** Rows are multiplied with a matrix; kv_b_proj takes part twice, with its keys and with its values. */
        default void product(Matrix w, int rows) {}
    }

    private final Kernels kernels;
    private final Watch watch;

    public WatchedKernels(Kernels kernels, Watch watch) {
        this.kernels = kernels;
        this.watch = watch;
    }

    @Override
    public String name() {
        return kernels.name();
    }

    @Override
    public Precision precision() {
        return kernels.precision();
    }

    @Override
    public Workspace workspace() {
        return kernels.workspace();
    }

    @Override
    public WorkerPool pool() {
        return kernels.pool();
    }

    @Override
    public Tensor embed(int[] tokens, Matrix table) {
        watch.embed(tokens);
        return kernels.embed(tokens, table);
    }

    @Override
    public Tensor rmsNorm(Tensor x, Matrix.F32 weight, float eps) {
        return kernels.rmsNorm(x, weight, eps);
    }

    @Override
    public Tensor matmul(Tensor x, Matrix w) {
        watch.product(w, x.rows());
        return kernels.matmul(x, w);
    }

    @Override
    public Tensor matmul(Tensor x, Matrix w, boolean[] prompt) {
        watch.product(w, x.rows());
        return kernels.matmul(x, w, prompt);
    }

    @Override
    public void rope(Tensor x, int heads, int offset, Rope rope, Rows rows) {
        kernels.rope(x, heads, offset, rope, rows);
    }

    @Override
    public void append(int layer, Tensor cKv, Tensor kPe, Rows rows) {
        watch.append(layer, rows);
        kernels.append(layer, cKv, kPe, rows);
    }

    @Override
    public Tensor absorbQuery(Tensor q, Matrix kvB, MlaShape shape) {
        watch.product(kvB, q.rows());
        return kernels.absorbQuery(q, kvB, shape);
    }

    @Override
    public Tensor latentAttention(Tensor qLatent, Tensor q, int layer, Rows rows, MlaShape shape) {
        return kernels.latentAttention(qLatent, q, layer, rows, shape);
    }

    @Override
    public Tensor expandValue(Tensor oLatent, Matrix kvB, MlaShape shape) {
        watch.product(kvB, oLatent.rows());
        return kernels.expandValue(oLatent, kvB, shape);
    }

    @Override
    public Routing route(Tensor logits, Matrix.F32 bias, RouterConfig config) {
        return kernels.route(logits, bias, config);
    }

    @Override
    public Tensor siluMul(Tensor gate, Tensor up) {
        return kernels.siluMul(gate, up);
    }

    @Override
    public void add(Tensor x, Tensor y) {
        kernels.add(x, y);
    }

    @Override
    public Tensor gather(Tensor x, Routing routing, int i) {
        return kernels.gather(x, routing, i);
    }

    @Override
    public void scatterAdd(Tensor out, Tensor y, Routing routing, int i) {
        kernels.scatterAdd(out, y, routing, i);
    }

    @Override
    public void read(Tensor from, int row, float[] to) {
        kernels.read(from, row, to);
    }

    @Override
    public void write(Tensor to, int row, float[] from) {
        kernels.write(to, row, from);
    }

    @Override
    public void close() {
        kernels.close();
    }
}

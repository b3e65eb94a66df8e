package org.kimi4j.kernel;

import org.kimi4j.tensor.Matrix;
import org.kimi4j.tensor.Tensor;
import org.kimi4j.tensor.Workspace;

/** The operations of the encoder with the Vector API. */
public final class PanamaDenseKernels implements DenseKernels {

    private final ScalarDenseKernels scalar;
    private final DenseProduct products;
    private final DenseAttention attention;

    /** The kernels own the workspace; the pool is the model's. */
    public PanamaDenseKernels(WorkerPool pool, Workspace workspace) {
        this.scalar = new ScalarDenseKernels(pool, workspace);
        this.products = new DenseProduct(pool.threads());
        this.attention = new DenseAttention(pool.threads());
    }

    @Override
    public Workspace workspace() {
        return scalar.workspace();
    }

    @Override
    public Tensor unpack(Matrix w) {
        return scalar.unpack(w);
    }

    @Override
    public void linear(Tensor out, Tensor x, Matrix w, Matrix.F32 bias) {
        Shapes.checkLinear(out, x, w, bias);
        products.linear(out, x, w, bias, scalar::share);
    }

    @Override
    public Tensor layerNorm(Tensor x, Matrix.F32 weight, Matrix.F32 bias, float eps) {
        return scalar.layerNorm(x, weight, bias, eps);
    }

    @Override
    public void rotate(Tensor x, int heads, Tensor cosSin) {
        scalar.rotate(x, heads, cosSin);
    }

    @Override
    public Tensor attention(Tensor qkv, int heads, float scale) {
        int hidden = qkv.cols() / 3;
        int width = hidden / heads;
        Tensor out = workspace().allocate(qkv.rows(), hidden);
        for (int h = 0; h < heads; h++) {
            attention.head(
                    out.columns(h * width, width),
                    qkv.columns(h * width, width),
                    qkv.columns(hidden + h * width, width),
                    qkv.columns(2 * hidden + h * width, width),
                    scale,
                    scalar::share);
        }
        return out;
    }

    @Override
    public void geluTanh(Tensor x) {
        scalar.share(
                x.rows(),
                (long) x.rows() * x.cols() * 16,
                (r, _) -> VectorElementwise.geluTanh(x.memory(), x.offset(r), x.cols()));
    }

    @Override
    public void geluErf(Tensor x) {
        scalar.geluErf(x);
    }

    @Override
    public void add(Tensor x, Tensor y) {
        scalar.share(
                x.rows(),
                (long) x.rows() * x.cols(),
                (r, _) -> VectorElementwise.add(x.memory(), x.offset(r), y.memory(), y.offset(r), x.cols()));
    }

    @Override
    public void close() {
        scalar.close();
    }
}

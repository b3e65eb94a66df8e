package org.kimi4j.kernel;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.kimi4j.config.Precision;
import org.kimi4j.tensor.Matrix;
import org.kimi4j.tensor.Tensor;
import org.kimi4j.tensor.Workspace;

/** Notes how many rows each matrix was multiplied with in each call, and leaves the rest to other kernels. */
public final class CountingKernels implements Kernels {

    private final Kernels kernels;
    private final Map<Matrix, List<Integer>> products = new IdentityHashMap<>();

    public CountingKernels(Kernels kernels) {
        this.kernels = kernels;
    }

    /** The rows of each product with a matrix, in order; empty if there was none. */
    public List<Integer> products(Matrix w) {
        return products.getOrDefault(w, List.of());
    }

    /** How many matrices were multiplied with. */
    public int matrices() {
        return products.size();
    }

    public void reset() {
        products.clear();
    }

    private void count(Matrix w, Tensor x) {
        products.computeIfAbsent(w, _ -> new ArrayList<>()).add(x.rows());
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
        return kernels.embed(tokens, table);
    }

    @Override
    public Tensor rmsNorm(Tensor x, Matrix.F32 weight, float eps) {
        return kernels.rmsNorm(x, weight, eps);
    }

    @Override
    public Tensor matmul(Tensor x, Matrix w) {
        count(w, x);
        return kernels.matmul(x, w);
    }

    @Override
    public Tensor matmul(Tensor x, Matrix w, boolean[] prompt) {
        count(w, x);
        return kernels.matmul(x, w, prompt);
    }

    @Override
    public void rope(Tensor x, int heads, int offset, Rope rope, Rows rows) {
        kernels.rope(x, heads, offset, rope, rows);
    }

    @Override
    public void append(int layer, Tensor cKv, Tensor kPe, Rows rows) {
        kernels.append(layer, cKv, kPe, rows);
    }

    @Override
    public Tensor absorbQuery(Tensor q, Matrix kvB, MlaShape shape) {
        count(kvB, q);
        return kernels.absorbQuery(q, kvB, shape);
    }

    @Override
    public Tensor latentAttention(Tensor qLatent, Tensor q, int layer, Rows rows, MlaShape shape) {
        return kernels.latentAttention(qLatent, q, layer, rows, shape);
    }

    @Override
    public Tensor expandValue(Tensor oLatent, Matrix kvB, MlaShape shape) {
        count(kvB, oLatent);
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

package org.kimi4j.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.kimi4j.cache.CacheShape;
import org.kimi4j.cache.LatentCache;
import org.kimi4j.cache.PagePool;
import org.kimi4j.config.Precision;
import org.kimi4j.tensor.Matrix;
import org.kimi4j.tensor.Tensor;
import org.kimi4j.tensor.Workspace;

/**
 * The operations in plain loops: the meaning of the others, and what runs where the Vector API is missing. Sums over a
 * row are taken in blocks of {@value #BLOCK} elements, each block one chain of fused multiply-adds.
 */
public final class ScalarKernels implements Kernels {

    static final int BLOCK = 512;
    /** Outputs of a matrix product in one task. */
    private static final int OUTPUTS = 32;
    /** A product smaller than this many multiplications is not worth waking the workers. */
    private static final long WORTH_SHARING = 1 << 16;

    private static final short[] NO_CODES = {};
    private static final int[] NO_OFFSETS = {};

    private final Precision precision;
    private final WorkerPool pool;
    private final Workspace workspace;
    private final Routing routing = new Routing();
    private float[] line = {};

    /** The kernels own the pool and the workspace from here on. */
    public ScalarKernels(Precision precision, WorkerPool pool, Workspace workspace) {
        this.precision = precision;
        this.pool = pool;
        this.workspace = workspace;
    }

    @Override
    public String name() {
        return "scalar";
    }

    @Override
    public Precision precision() {
        return precision;
    }

    @Override
    public Workspace workspace() {
        return workspace;
    }

    /** Runs the tasks on the pool if their work is worth it, else here. */
    void share(int tasks, long multiplications, WorkerPool.Region region) {
        if (multiplications < WORTH_SHARING) {
            for (int task = 0; task < tasks; task++) {
                region.run(task, 0);
            }
        } else {
            pool.run(tasks, region);
        }
    }

    /** As {@link #share}, with {@code perTask} rows to a task of the pool. */
    void shareRows(int rows, int perTask, long multiplications, WorkerPool.Region region) {
        if (perTask == 1) {
            share(rows, multiplications, region);
            return;
        }
        share((rows + perTask - 1) / perTask, multiplications, (task, worker) -> {
            int to = Math.min(rows, (task + 1) * perTask);
            for (int r = task * perTask; r < to; r++) {
                region.run(r, worker);
            }
        });
    }

    @Override
    public WorkerPool pool() {
        return pool;
    }

    /** A buffer for one row, for the thread that calls the operations; what it holds ends with the operation. */
    private float[] line(int atLeast) {
        if (line.length < atLeast) {
            line = new float[atLeast];
        }
        return line;
    }

    @Override
    public Tensor embed(int[] tokens, Matrix table) {
        Tensor out = workspace.allocate(tokens.length, table.cols());
        float[] row = line(table.cols());
        for (int r = 0; r < tokens.length; r++) {
            if (tokens[r] < 0 || tokens[r] >= table.rows()) {
                throw new IllegalArgumentException(
                        "token " + tokens[r] + " at row " + r + ": the vocabulary has " + table.rows() + " tokens");
            }
            Weights.row(table, tokens[r], 0, table.cols(), row, 0);
            out.setRow(r, row, 0);
        }
        return out;
    }

    @Override
    public Tensor rmsNorm(Tensor x, Matrix.F32 weight, float eps) {
        Shapes.check("rmsNorm", x, weight);
        Tensor out = workspace.allocate(x.rows(), x.cols());
        float[] row = new float[x.cols()];
        for (int r = 0; r < x.rows(); r++) {
            x.copyRow(r, row, 0);
            float scale = inverseRms(dot(row, 0, row, 0, row.length), row.length, eps);
            for (int c = 0; c < row.length; c++) {
                row[c] = row[c] * scale * weight.values().get(Weights.FLOAT, 4L * c);
            }
            out.setRow(r, row, 0);
        }
        return out;
    }

    static float inverseRms(float sumOfSquares, int cols, float eps) {
        return (float) (1 / Math.sqrt((double) sumOfSquares / cols + eps));
    }

    /** The written order of a sum of products: blocks ascending, each one chain. */
    static float dot(float[] x, int xAt, float[] w, int wAt, int count) {
        float sum = 0;
        for (int block = 0; block < count; block += BLOCK) {
            float chain = 0;
            for (int i = block; i < Math.min(count, block + BLOCK); i++) {
                chain = Math.fma(x[xAt + i], w[wAt + i], chain);
            }
            sum += chain;
        }
        return sum;
    }

    @Override
    public Tensor matmul(Tensor x, Matrix w) {
        Tensor out = workspace.allocate(x.rows(), w.rows());
        matmul(out, x, w);
        return out;
    }

    /** out = x w^T with 32-bit activations. */
    void matmul(Tensor out, Tensor x, Matrix w) {
        matmul(out, x, w, null, false);
    }

    @Override
    public Tensor matmul(Tensor x, Matrix w, boolean[] prompt) {
        boolean eightBit = precision == Precision.FAST && (w instanceof Matrix.Int4 || w instanceof Matrix.Int8);
        Tensor out = workspace.allocate(x.rows(), w.rows());
        matmul(out, x, w, prompt, eightBit);
        return out;
    }

    private void matmul(Tensor out, Tensor x, Matrix w, boolean[] prompt, boolean eightBit) {
        Shapes.check("matmul", x, w);
        int cols = x.cols();
        float[] rows = new float[x.rows() * cols];
        for (int r = 0; r < x.rows(); r++) {
            x.copyRow(r, rows, r * cols);
            if (eightBit && prompt[r]) {
                Activations.round(rows, r * cols, cols);
            }
        }
        int tasks = (w.rows() + OUTPUTS - 1) / OUTPUTS;
        share(tasks, (long) x.rows() * w.rows() * cols, (task, _) -> {
            int to = Math.min(w.rows(), (task + 1) * OUTPUTS);
            outputs(out, rows, w, task * OUTPUTS, to, eightBit ? prompt : null);
        });
    }

    /** Outputs {@code from} to {@code to} of all rows; generated rows by integers where roles are given. */
    private static void outputs(Tensor out, float[] rows, Matrix w, int from, int to, boolean[] prompt) {
        int cols = w.cols();
        float[] weights = new float[cols];
        byte[] codes = new byte[cols];
        float[] scales = new float[cols / Activations.GROUP + 1];
        for (int o = from; o < to; o++) {
            Weights.row(w, o, 0, cols, weights, 0);
            for (int r = 0; r < out.rows(); r++) {
                float value;
                if (prompt == null || prompt[r]) {
                    value = dot(rows, r * cols, weights, 0, cols);
                } else {
                    Activations.quantize(rows, r * cols, cols, codes, 0, scales, 0);
                    IntegerRow row = new IntegerRow(NO_CODES, 0, scales, NO_OFFSETS, 0, codes, 0);
                    value = 0;
                    for (int g = 0; g < cols / Activations.GROUP; g++) {
                        value = row.addGroup(w, o, g, value);
                    }
                }
                out.memory().set(ValueLayout.JAVA_FLOAT, out.offset(r) + 4L * o, value);
            }
        }
    }

    @Override
    public void rope(Tensor x, int heads, int offset, Rope rope, Rows rows) {
        Shapes.checkRows("rope", x, rows.count());
        int headDim = x.cols() / heads;
        float[] row = line(x.cols());
        for (int r = 0; r < x.rows(); r++) {
            rope.prepare(rows.position()[r]);
            float[] page = rope.page(rows.position()[r]);
            int at = rope.offset(rows.position()[r]);
            x.copyRow(r, row, 0);
            for (int h = 0; h < heads; h++) {
                int first = h * headDim + offset;
                for (int i = 0; i < rope.dim(); i += 2) {
                    float cos = page[at + i];
                    float sin = page[at + i + 1];
                    float a = row[first + i];
                    float b = row[first + i + 1];
                    row[first + i] = Math.fma(a, cos, -(b * sin));
                    row[first + i + 1] = Math.fma(b, cos, a * sin);
                }
            }
            x.setRow(r, row, 0);
        }
    }

    @Override
    public void append(int layer, Tensor cKv, Tensor kPe, Rows rows) {
        CacheShape shape = rows.cache(0).shape();
        float[] row = line(shape.width());
        for (int r = 0; r < rows.count(); r++) {
            cKv.copyRow(r, row, 0);
            kPe.copyRow(r, row, shape.latentDim());
            LatentCache cache = rows.cache(r);
            int position = rows.position()[r];
            MemorySegment page = cache.page(position / PagePool.POSITIONS);
            CacheRows.store(page, cache.rowOffset(layer, position % PagePool.POSITIONS), shape, row);
        }
    }

    @Override
    public Tensor absorbQuery(Tensor q, Matrix kvB, MlaShape shape) {
        Shapes.check("absorbQuery", q, shape.heads() * shape.queryDim());
        Tensor out = workspace.allocate(q.rows(), shape.heads() * shape.latentDim());
        int latent = shape.latentDim();
        share(shape.heads(), (long) q.rows() * shape.heads() * shape.nopeDim() * latent, (head, _) -> {
            float[] query = new float[q.cols()];
            float[] weights = new float[shape.nopeDim() * latent];
            for (int d = 0; d < shape.nopeDim(); d++) {
                Weights.row(kvB, head * shape.kvDim() + d, 0, latent, weights, d * latent);
            }
            for (int r = 0; r < q.rows(); r++) {
                q.copyRow(r, query, 0);
                for (int c = 0; c < latent; c++) {
                    float sum = 0;
                    for (int d = 0; d < shape.nopeDim(); d++) {
                        sum = Math.fma(query[head * shape.queryDim() + d], weights[d * latent + c], sum);
                    }
                    out.memory().set(ValueLayout.JAVA_FLOAT, out.offset(r) + 4L * (head * latent + c), sum);
                }
            }
        });
        return out;
    }

    @Override
    public Tensor latentAttention(Tensor qLatent, Tensor q, int layer, Rows rows, MlaShape shape) {
        Tensor out = workspace.allocate(rows.count(), shape.heads() * shape.latentDim());
        long work = 0;
        for (int position : rows.position()) {
            work += (long) shape.heads() * (position + 1) * shape.latentDim() * 2;
        }
        share(rows.count() * shape.heads(), work, (task, _) -> {
            int row = task / shape.heads();
            new ScalarAttention(shape, rows.cache(row), layer)
                    .run(out, qLatent, q, row, task % shape.heads(), rows.position()[row]);
        });
        return out;
    }

    @Override
    public Tensor expandValue(Tensor oLatent, Matrix kvB, MlaShape shape) {
        Shapes.check("expandValue", oLatent, shape.heads() * shape.latentDim());
        Tensor out = workspace.allocate(oLatent.rows(), shape.heads() * shape.valueDim());
        int latent = shape.latentDim();
        share(shape.heads(), (long) oLatent.rows() * shape.heads() * shape.valueDim() * latent, (head, _) -> {
            float[] row = new float[oLatent.cols()];
            float[] weights = new float[latent];
            for (int v = 0; v < shape.valueDim(); v++) {
                Weights.row(kvB, head * shape.kvDim() + shape.nopeDim() + v, 0, latent, weights, 0);
                for (int r = 0; r < oLatent.rows(); r++) {
                    oLatent.copyRow(r, row, 0);
                    float value = dot(row, head * latent, weights, 0, latent);
                    out.memory().set(ValueLayout.JAVA_FLOAT, out.offset(r) + 4L * (head * shape.valueDim() + v), value);
                }
            }
        });
        return out;
    }

    @Override
    public Routing route(Tensor logits, Matrix.F32 bias, RouterConfig config) {
        Shapes.check("route", logits, config.experts());
        Shapes.check("route", logits, bias);
        float[] row = new float[config.experts()];
        float[] biases = new float[config.experts()];
        Weights.row(bias, 0, 0, biases.length, biases, 0);
        Router router = new Router(config);
        routing.reset(logits.rows(), config.topK());
        for (int r = 0; r < logits.rows(); r++) {
            logits.copyRow(r, row, 0);
            router.route(routing, r, row, biases);
        }
        routing.group(config.experts());
        return routing;
    }

    @Override
    public Tensor siluMul(Tensor gate, Tensor up) {
        Shapes.checkSame("siluMul", gate, up);
        Tensor out = workspace.allocate(gate.rows(), gate.cols());
        float[] g = new float[gate.cols()];
        float[] u = new float[gate.cols()];
        for (int r = 0; r < gate.rows(); r++) {
            gate.copyRow(r, g, 0);
            up.copyRow(r, u, 0);
            for (int c = 0; c < g.length; c++) {
                g[c] = Exp.silu(g[c]) * u[c];
            }
            out.setRow(r, g, 0);
        }
        return out;
    }

    @Override
    public void add(Tensor x, Tensor y) {
        Shapes.checkSame("add", x, y);
        float[] a = new float[x.cols()];
        float[] b = new float[x.cols()];
        for (int r = 0; r < x.rows(); r++) {
            x.copyRow(r, a, 0);
            y.copyRow(r, b, 0);
            for (int c = 0; c < a.length; c++) {
                a[c] += b[c];
            }
            x.setRow(r, a, 0);
        }
    }

    @Override
    public Tensor gather(Tensor x, Routing routing, int i) {
        Tensor out = workspace.allocate(routing.rowCountOf(i), x.cols());
        for (int j = 0; j < out.rows(); j++) {
            MemorySegment.copy(x.memory(), x.offset(routing.rowOf(i, j)), out.memory(), out.offset(j), 4L * x.cols());
        }
        return out;
    }

    @Override
    public void scatterAdd(Tensor out, Tensor y, Routing routing, int i) {
        float[] a = new float[y.cols()];
        float[] b = new float[y.cols()];
        for (int j = 0; j < y.rows(); j++) {
            int row = routing.rowOf(i, j);
            float weight = routing.weightOf(i, j);
            out.copyRow(row, a, 0);
            y.copyRow(j, b, 0);
            for (int c = 0; c < a.length; c++) {
                a[c] = Math.fma(weight, b[c], a[c]);
            }
            out.setRow(row, a, 0);
        }
    }

    @Override
    public void read(Tensor from, int row, float[] to) {
        from.copyRow(row, to, 0);
    }

    @Override
    public void write(Tensor to, int row, float[] from) {
        to.setRow(row, from, 0);
    }

    @Override
    public void close() {
        pool.close();
        workspace.close();
    }
}

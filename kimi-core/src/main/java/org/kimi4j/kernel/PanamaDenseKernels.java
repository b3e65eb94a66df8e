package org.kimi4j.kernel;

import java.util.Arrays;
import org.kimi4j.config.Precision;
import org.kimi4j.tensor.Matrix;
import org.kimi4j.tensor.Tensor;
import org.kimi4j.tensor.Workspace;

/** The operations of the encoder with the Vector API. */
public final class PanamaDenseKernels implements DenseKernels {

    private static final int COLUMNS = LaneAttention.COLUMNS;
    private final ScalarDenseKernels scalar;
    private final PanamaKernels vector;
    private final QueryBlock[] blocks;
    private float[] keys = {};
    private float[] values = {};

    /** What a thread needs for one block of queries. */
    private static final class QueryBlock {
        private float[] query = {};
        private float[] sum = {};
        private float[] row = {};
        private final float[] weight = new float[ScalarDenseKernels.TILE * COLUMNS];
        private final float[] max = new float[COLUMNS];
        private final float[] total = new float[COLUMNS];
        private final float[] decay = new float[COLUMNS];
    }

    /** The kernels own the workspace; the pool is the model's. */
    public PanamaDenseKernels(WorkerPool pool, Workspace workspace) {
        this.scalar = new ScalarDenseKernels(pool, workspace);
        this.vector = new PanamaKernels(Precision.EXACT, pool, workspace);
        this.blocks = new QueryBlock[pool.threads()];
        Arrays.setAll(blocks, _ -> new QueryBlock());
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
        vector.matmul(out, x, w);
        scalar.addBias(out, bias);
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
        int rows = qkv.rows();
        int hidden = qkv.cols() / 3;
        int width = hidden / heads;
        Tensor out = workspace().allocate(rows, hidden);
        if (keys.length < rows * width) {
            keys = new float[rows * width];
            values = new float[rows * width];
        }
        int tasks = (rows + COLUMNS - 1) / COLUMNS;
        for (int h = 0; h < heads; h++) {
            Tensor headKeys = qkv.columns(hidden + h * width, width);
            Tensor headValues = qkv.columns(2 * hidden + h * width, width);
            for (int r = 0; r < rows; r++) {
                headKeys.copyRow(r, keys, r * width);
                headValues.copyRow(r, values, r * width);
            }
            Tensor queries = qkv.columns(h * width, width);
            Tensor result = out.columns(h * width, width);
            scalar.share(
                    tasks,
                    (long) rows * rows * width * 2,
                    (task, worker) -> attend(result, queries, task * COLUMNS, scale, blocks[worker]));
        }
        return out;
    }

    /** A block of queries against all keys, a tile of keys at a time. */
    private void attend(Tensor out, Tensor queries, int first, float scale, QueryBlock b) {
        int width = queries.cols();
        int rows = queries.rows();
        int count = Math.min(COLUMNS, rows - first);
        if (b.row.length != width) {
            b.query = new float[width * COLUMNS];
            b.sum = new float[width * COLUMNS];
            b.row = new float[width];
        }
        Arrays.fill(b.query, 0);
        for (int q = 0; q < count; q++) {
            queries.copyRow(first + q, b.row, 0);
            for (int i = 0; i < width; i++) {
                b.query[i * COLUMNS + q] = b.row[i];
            }
        }
        Arrays.fill(b.max, Float.NEGATIVE_INFINITY);
        Arrays.fill(b.total, 0);
        Arrays.fill(b.sum, 0);
        for (int at = 0; at < rows; at += ScalarDenseKernels.TILE) {
            int tile = Math.min(ScalarDenseKernels.TILE, rows - at);
            LaneAttention.scores(b.query, width, keys, at * width, width, tile, scale, b.weight);
            LaneAttention.weights(b.weight, tile, b.max, b.total, b.decay);
            LaneAttention.accumulate(b.weight, values, at * width, width, tile, b.decay, b.sum);
        }
        for (int q = 0; q < count; q++) {
            for (int i = 0; i < width; i++) {
                b.row[i] = b.sum[i * COLUMNS + q] / b.total[q];
            }
            out.setRow(first + q, b.row, 0);
        }
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
        vector.add(x, y);
    }

    @Override
    public void close() {
        scalar.close();
    }
}

package org.kimi4j.kernel;

import java.lang.foreign.ValueLayout;
import org.kimi4j.config.Precision;
import org.kimi4j.tensor.Matrix;
import org.kimi4j.tensor.Tensor;
import org.kimi4j.tensor.Workspace;

/** The operations of the encoder in plain loops: the meaning of the others. */
public final class ScalarDenseKernels implements DenseKernels {

    /** Keys of a tile of attention: a multiple of the vector kernel's rows. */
    static final int TILE = 252;

    private final ScalarKernels scalar;

    /** The kernels own the workspace; the pool is the model's. */
    public ScalarDenseKernels(WorkerPool pool, Workspace workspace) {
        this.scalar = new ScalarKernels(Precision.EXACT, pool, workspace);
    }

    @Override
    public Workspace workspace() {
        return scalar.workspace();
    }

    /** Runs row tasks on the pool if their work is worth it, else here. */
    void share(int tasks, long multiplications, WorkerPool.Region region) {
        scalar.share(tasks, multiplications, region);
    }

    @Override
    public Tensor unpack(Matrix w) {
        Tensor out = workspace().allocate(w.rows(), w.cols());
        float[] row = new float[w.cols()];
        for (int r = 0; r < w.rows(); r++) {
            Weights.row(w, r, 0, row.length, row, 0);
            out.setRow(r, row, 0);
        }
        return out;
    }

    @Override
    public void linear(Tensor out, Tensor x, Matrix w, Matrix.F32 bias) {
        Shapes.checkLinear(out, x, w, bias);
        scalar.matmul(out, x, w);
        addBias(out, bias);
    }

    /** out += bias, to every row. */
    void addBias(Tensor out, Matrix.F32 bias) {
        share(out.rows(), (long) out.rows() * out.cols(), (r, _) -> {
            long at = out.offset(r);
            for (int c = 0; c < out.cols(); c++) {
                float v = out.memory().get(ValueLayout.JAVA_FLOAT, at + 4L * c)
                        + bias.values().get(Weights.FLOAT, 4L * c);
                out.memory().set(ValueLayout.JAVA_FLOAT, at + 4L * c, v);
            }
        });
    }

    @Override
    public Tensor layerNorm(Tensor x, Matrix.F32 weight, Matrix.F32 bias, float eps) {
        Shapes.check("layerNorm", x, weight);
        Shapes.check("layerNorm", x, bias);
        Tensor out = workspace().allocate(x.rows(), x.cols());
        share(x.rows(), (long) x.rows() * x.cols() * 4, (r, _) -> {
            float[] row = new float[x.cols()];
            x.copyRow(r, row, 0);
            float sum = 0;
            for (float v : row) {
                sum += v;
            }
            float mean = sum / row.length;
            float squares = 0;
            for (float v : row) {
                squares = Math.fma(v - mean, v - mean, squares);
            }
            float scale = ScalarKernels.inverseRms(squares, row.length, eps);
            for (int c = 0; c < row.length; c++) {
                float w = weight.values().get(Weights.FLOAT, 4L * c);
                row[c] = Math.fma((row[c] - mean) * scale, w, bias.values().get(Weights.FLOAT, 4L * c));
            }
            out.setRow(r, row, 0);
        });
        return out;
    }

    @Override
    public void rotate(Tensor x, int heads, Tensor cosSin) {
        int width = x.cols() / heads;
        Shapes.check("rotate", cosSin, width);
        share(x.rows(), (long) x.rows() * x.cols() * 2, (r, _) -> {
            float[] row = new float[x.cols()];
            float[] angle = new float[width];
            x.copyRow(r, row, 0);
            cosSin.copyRow(r % cosSin.rows(), angle, 0);
            for (int first = 0; first < row.length; first += width) {
                for (int i = 0; i < width; i += 2) {
                    float a = row[first + i];
                    float b = row[first + i + 1];
                    row[first + i] = Math.fma(a, angle[i], -(b * angle[i + 1]));
                    row[first + i + 1] = Math.fma(b, angle[i], a * angle[i + 1]);
                }
            }
            x.setRow(r, row, 0);
        });
    }

    @Override
    public Tensor attention(Tensor qkv, int heads, float scale) {
        int hidden = qkv.cols() / 3;
        int width = hidden / heads;
        Tensor out = workspace().allocate(qkv.rows(), hidden);
        for (int h = 0; h < heads; h++) {
            float[][] keys = head(qkv, hidden + h * width, width);
            float[][] values = head(qkv, 2 * hidden + h * width, width);
            Tensor queries = qkv.columns(h * width, width);
            Tensor result = out.columns(h * width, width);
            share(qkv.rows(), (long) qkv.rows() * qkv.rows() * width * 2, (r, _) -> {
                float[] query = new float[width];
                queries.copyRow(r, query, 0);
                result.setRow(r, attend(query, keys, values, scale), 0);
            });
        }
        return out;
    }

    private static float[][] head(Tensor qkv, int column, int width) {
        Tensor part = qkv.columns(column, width);
        float[][] rows = new float[part.rows()][width];
        for (int r = 0; r < rows.length; r++) {
            part.copyRow(r, rows[r], 0);
        }
        return rows;
    }

    /** One query: tiles of keys ascending, a running softmax, each sum one chain. */
    private static float[] attend(float[] query, float[][] keys, float[][] values, float scale) {
        float[] sum = new float[query.length];
        float[] score = new float[TILE];
        float max = Float.NEGATIVE_INFINITY;
        float total = 0;
        for (int first = 0; first < keys.length; first += TILE) {
            int count = Math.min(TILE, keys.length - first);
            float newMax = max;
            for (int p = 0; p < count; p++) {
                float chain = 0;
                for (int i = 0; i < query.length; i++) {
                    chain = Math.fma(query[i], keys[first + p][i], chain);
                }
                score[p] = chain * scale;
                newMax = Math.max(newMax, score[p]);
            }
            float decay = ScalarAttention.decay(max, newMax);
            float tileTotal = 0;
            for (int p = 0; p < count; p++) {
                score[p] = Exp.exp(score[p] - newMax);
                tileTotal += score[p];
            }
            total = Math.fma(total, decay, tileTotal);
            for (int c = 0; c < sum.length; c++) {
                float chain = 0;
                for (int p = 0; p < count; p++) {
                    chain = Math.fma(score[p], values[first + p][c], chain);
                }
                sum[c] = sum[c] * decay + chain;
            }
            max = newMax;
        }
        for (int c = 0; c < sum.length; c++) {
            sum[c] /= total;
        }
        return sum;
    }

    @Override
    public void geluTanh(Tensor x) {
        each(x, false);
    }

    @Override
    public void geluErf(Tensor x) {
        each(x, true);
    }

    private void each(Tensor x, boolean erf) {
        share(x.rows(), (long) x.rows() * x.cols() * 16, (r, _) -> {
            float[] row = new float[x.cols()];
            x.copyRow(r, row, 0);
            for (int c = 0; c < row.length; c++) {
                row[c] = erf ? Gelu.erf(row[c]) : Gelu.tanh(row[c]);
            }
            x.setRow(r, row, 0);
        });
    }

    @Override
    public void add(Tensor x, Tensor y) {
        scalar.add(x, y);
    }

    @Override
    public void close() {
        workspace().close();
    }
}

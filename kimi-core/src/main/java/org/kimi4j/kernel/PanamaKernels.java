package org.kimi4j.kernel;

import java.util.function.IntFunction;
import org.kimi4j.config.Precision;
import org.kimi4j.tensor.Matrix;
import org.kimi4j.tensor.Tensor;
import org.kimi4j.tensor.Workspace;

/**
 * The operations with the Vector API; what is too small to gain is left to {@link ScalarKernels}. Loading this class
 * needs the module jdk.incubator.vector.
 */
public final class PanamaKernels implements Kernels {

    private final ScalarKernels scalar;
    private final WorkerPool pool;
    private final ProductForms forms;
    private final Scratch[] scratch;
    private final VectorMatmul matmul;
    private final VectorMoe moe;
    private VectorAttention[] attention = {};

    /** The kernels own the pool and the workspace from here on. */
    public PanamaKernels(Precision precision, WorkerPool pool, Workspace workspace) {
        this(precision, pool, workspace, new VectorForms(pool.threads()));
    }

    /** As above, with products of another kind. */
    public PanamaKernels(Precision precision, WorkerPool pool, Workspace workspace, ProductForms forms) {
        this.scalar = new ScalarKernels(precision, pool, workspace);
        this.pool = pool;
        this.forms = forms;
        this.scratch = new Scratch[pool.threads()];
        for (int i = 0; i < scratch.length; i++) {
            scratch[i] = new Scratch();
        }
        this.matmul = new VectorMatmul(scalar, forms, scratch);
        this.moe = new VectorMoe(scalar, forms, scratch);
    }

    /** Bits of the vectors in use. */
    public static int vectorBits() {
        return Lanes.BITS;
    }

    @Override
    public String name() {
        return forms.name();
    }

    @Override
    public Precision precision() {
        return scalar.precision();
    }

    @Override
    public Workspace workspace() {
        return scalar.workspace();
    }

    @Override
    public WorkerPool pool() {
        return pool;
    }

    @Override
    public Tensor embed(int[] tokens, Matrix table) {
        return scalar.embed(tokens, table);
    }

    @Override
    public Tensor rmsNorm(Tensor x, Matrix.F32 weight, float eps) {
        Shapes.check("rmsNorm", x, weight);
        Tensor out = workspace().allocate(x.rows(), x.cols());
        scalar.share(x.rows(), (long) x.rows() * x.cols(), (r, worker) -> {
            float[] lanes = scratch[worker].sums(Lanes.COUNT);
            VectorElementwise.rmsNorm(
                    x.memory(), x.offset(r), weight.values(), eps, out.memory(), out.offset(r), x.cols(), lanes);
        });
        return out;
    }

    @Override
    public Tensor matmul(Tensor x, Matrix w) {
        Tensor out = workspace().allocate(x.rows(), w.rows());
        matmul(out, x, w);
        return out;
    }

    /** out = x w^T with 32-bit activations. */
    void matmul(Tensor out, Tensor x, Matrix w) {
        Shapes.check("matmul", x, w);
        matmul.exact(out, x, w);
    }

    @Override
    public Tensor matmul(Tensor x, Matrix w, boolean[] prompt) {
        Shapes.check("matmul", x, w);
        Tensor out = workspace().allocate(x.rows(), w.rows());
        if (precision() == Precision.FAST) {
            matmul.byRole(out, x, w, prompt, precision());
        } else {
            matmul.exact(out, x, w);
        }
        return out;
    }

    @Override
    public void rope(Tensor x, int heads, int offset, Rope rope, Rows rows) {
        scalar.rope(x, heads, offset, rope, rows);
    }

    @Override
    public void append(int layer, Tensor cKv, Tensor kPe, Rows rows) {
        scalar.append(layer, cKv, kPe, rows);
    }

    @Override
    public Tensor absorbQuery(Tensor q, Matrix kvB, MlaShape shape) {
        Shapes.check("absorbQuery", q, shape.heads() * shape.queryDim());
        if (!(kvB instanceof Matrix.Bf16 w) || !QueryAbsorption.takes(shape)) {
            return scalar.absorbQuery(q, kvB, shape);
        }
        Tensor out = workspace().allocate(q.rows(), shape.heads() * shape.latentDim());
        long work = (long) q.rows() * shape.heads() * shape.nopeDim() * shape.latentDim();
        scalar.share(
                shape.heads(), work, (head, worker) -> QueryAbsorption.head(out, q, w, shape, head, scratch[worker]));
        return out;
    }

    @Override
    public Tensor latentAttention(Tensor qLatent, Tensor q, int layer, Rows rows, MlaShape shape) {
        Tensor out = workspace().allocate(rows.count(), shape.heads() * shape.latentDim());
        if (attention.length == 0 || !attention[0].shape().equals(shape)) {
            close(attention);
            attention = new VectorAttention[pool.threads()];
            for (int i = 0; i < attention.length; i++) {
                attention[i] = new VectorAttention(shape, forms.attention(precision(), shape));
            }
        }
        int longest = 0;
        for (int position : rows.position()) {
            longest = Math.max(longest, position);
        }
        int blocks = VectorAttention.blocks(shape);
        int segments = longest / ScalarAttention.SEGMENT + 1;
        if (segments > 1 && rows.count() * blocks < 4 * pool.threads()) {
            splitAttention(out, qLatent, q, layer, rows, segments);
            return out;
        }
        int perTask = blocksPerTask(rows.count() * blocks, blocks);
        int perRow = (blocks + perTask - 1) / perTask;
        long work = (long) rows.count() * shape.heads() * longest * shape.latentDim();
        scalar.share(rows.count() * perRow, work, (task, worker) -> {
            int from = task % perRow * perTask;
            int to = Math.min(blocks, from + perTask);
            attention[worker].whole(out, query(qLatent, q, layer, rows, task / perRow), from, to);
        });
        return out;
    }

    /** As many blocks of heads to a task, so that they share what is read, as leave four tasks for each thread. */
    private int blocksPerTask(int tasks, int blocks) {
        return pool.threads() == 1 ? blocks : Math.clamp(tasks / (4 * pool.threads()), 1, blocks);
    }

    private static SegmentAttention.Query query(Tensor qLatent, Tensor q, int layer, Rows rows, int row) {
        return new SegmentAttention.Query(qLatent, q, row, rows.cache(row), layer, rows.position()[row]);
    }

    /** Few rows over a long cache: segments are shared over the threads and folded afterwards. */
    private void splitAttention(Tensor out, Tensor qLatent, Tensor q, int layer, Rows rows, int segments) {
        long mark = workspace().mark();
        int blocks = VectorAttention.blocks(attention[0].shape());
        int perTask = blocksPerTask(rows.count() * blocks * segments, blocks);
        int perRow = (blocks + perTask - 1) / perTask;
        // [rows, blocks, segments]
        Tensor partial = workspace().allocate(rows.count() * blocks * segments, attention[0].partialSize());
        pool.run(rows.count() * perRow * segments, (task, worker) -> {
            int segment = task % segments;
            int row = task / segments / perRow;
            int from = task / segments % perRow * perTask;
            int to = Math.min(blocks, from + perTask);
            if (segment * ScalarAttention.SEGMENT <= rows.position()[row]) {
                int first = (row * blocks + from) * segments + segment;
                attention[worker].segment(
                        query(qLatent, q, layer, rows, row), segment, from, to, partial, first, segments);
            }
        });
        pool.run(rows.count() * blocks, (task, worker) -> {
            int row = task / blocks;
            int own = rows.position()[row] / ScalarAttention.SEGMENT + 1;
            attention[worker].merge(out, row, task % blocks, partial, task * segments, own);
        });
        workspace().release(mark);
    }

    @Override
    public Tensor expandValue(Tensor oLatent, Matrix kvB, MlaShape shape) {
        Shapes.check("expandValue", oLatent, shape.heads() * shape.latentDim());
        Tensor out = workspace().allocate(oLatent.rows(), shape.heads() * shape.valueDim());
        matmul.byHead(out, oLatent, kvB, shape);
        return out;
    }

    @Override
    public Routing route(Tensor logits, Matrix.F32 bias, RouterConfig config) {
        return scalar.route(logits, bias, config);
    }

    @Override
    public Tensor siluMul(Tensor gate, Tensor up) {
        Shapes.checkSame("siluMul", gate, up);
        Tensor out = workspace().allocate(gate.rows(), gate.cols());
        scalar.share(
                gate.rows(),
                (long) gate.rows() * gate.cols() * 8,
                (r, _) -> VectorElementwise.siluMul(
                        gate.memory(),
                        gate.offset(r),
                        up.memory(),
                        up.offset(r),
                        out.memory(),
                        out.offset(r),
                        gate.cols()));
        return out;
    }

    @Override
    public void add(Tensor x, Tensor y) {
        Shapes.checkSame("add", x, y);
        scalar.share(
                x.rows(),
                (long) x.rows() * x.cols(),
                (r, _) -> VectorElementwise.add(x.memory(), x.offset(r), y.memory(), y.offset(r), x.cols()));
    }

    @Override
    public Tensor gather(Tensor x, Routing routing, int i) {
        return scalar.gather(x, routing, i);
    }

    @Override
    public void scatterAdd(Tensor out, Tensor y, Routing routing, int i) {
        Shapes.check("scatterAdd", y, out.cols());
        scalar.share(
                y.rows(),
                (long) y.rows() * y.cols(),
                (j, _) -> VectorElementwise.addScaled(
                        out.memory(),
                        out.offset(routing.rowOf(i, j)),
                        y.memory(),
                        y.offset(j),
                        routing.weightOf(i, j),
                        y.cols()));
    }

    @Override
    public void moe(Tensor out, Tensor h, Routing routing, IntFunction<GatedMlp> experts, boolean[] prompt) {
        if (!haveOneEncoding(routing, experts)) {
            Kernels.super.moe(out, h, routing, experts, prompt);
            return;
        }
        long mark = workspace().mark();
        moe.run(out, h, routing, experts, prompt);
        workspace().release(mark);
    }

    /** Whether all chosen experts can share one packing of their inputs. */
    private static boolean haveOneEncoding(Routing routing, IntFunction<GatedMlp> experts) {
        Class<?> encoding = experts.apply(routing.distinctExpert(0)).gateProj().getClass();
        for (int i = 0; i < routing.distinctCount(); i++) {
            GatedMlp mlp = experts.apply(routing.distinctExpert(i));
            if (mlp.gateProj().getClass() != encoding
                    || mlp.upProj().getClass() != encoding
                    || mlp.downProj().getClass() != encoding) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void read(Tensor from, int row, float[] to) {
        scalar.read(from, row, to);
    }

    @Override
    public void write(Tensor to, int row, float[] from) {
        scalar.write(to, row, from);
    }

    private static void close(VectorAttention[] attention) {
        for (VectorAttention each : attention) {
            each.close();
        }
    }

    @Override
    public void close() {
        close(attention);
        forms.close();
        for (Scratch each : scratch) {
            each.close();
        }
        scalar.close();
    }
}

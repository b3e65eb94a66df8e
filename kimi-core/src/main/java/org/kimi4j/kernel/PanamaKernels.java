package org.kimi4j.kernel;

import java.util.function.IntFunction;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
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
        if (!(kvB instanceof Matrix.Bf16 w) || shape.latentDim() % (2 * Lanes.COUNT) != 0) {
            return scalar.absorbQuery(q, kvB, shape);
        }
        Tensor out = workspace().allocate(q.rows(), shape.heads() * shape.latentDim());
        long work = (long) q.rows() * shape.heads() * shape.nopeDim() * shape.latentDim();
        scalar.share(shape.heads(), work, (head, worker) -> absorbHead(out, q, w, shape, head, scratch[worker]));
        return out;
    }

    /** One head of all rows: columns in lanes, one chain over the key rows for each. */
    private static void absorbHead(Tensor out, Tensor q, Matrix.Bf16 w, MlaShape shape, int head, Scratch scratch) {
        int latent = shape.latentDim();
        int nope = shape.nopeDim();
        float[] query = scratch.row(nope);
        float[] sums = scratch.sums(latent);
        long first = 2L * head * shape.kvDim() * latent;
        for (int r = 0; r < q.rows(); r++) {
            q.columns(head * shape.queryDim(), nope).copyRow(r, query, 0);
            int c = 0;
            for (; c <= latent - 8 * Lanes.COUNT; c += 8 * Lanes.COUNT) {
                absorbColumns(w.values(), first + 2L * c, 2L * latent, query, nope, sums, c);
            }
            for (; c < latent; c += 2 * Lanes.COUNT) {
                absorbFewColumns(w.values(), first + 2L * c, 2L * latent, query, nope, sums, c);
            }
            out.columns(head * latent, latent).setRow(r, sums, 0);
        }
    }

    private static void absorbColumns(
            java.lang.foreign.MemorySegment w,
            long at,
            long rowBytes,
            float[] query,
            int nope,
            float[] out,
            int outAt) {
        int l = Lanes.COUNT;
        FloatVector e0 = FloatVector.zero(Lanes.FLOAT);
        FloatVector e1 = e0;
        FloatVector e2 = e0;
        FloatVector e3 = e0;
        FloatVector o0 = e0;
        FloatVector o1 = e0;
        FloatVector o2 = e0;
        FloatVector o3 = e0;
        for (int d = 0; d < nope; d++) {
            long row = at + d * rowBytes;
            FloatVector x = FloatVector.broadcast(Lanes.FLOAT, query[d]);
            IntVector v0 = IntVector.fromMemorySegment(Lanes.INT, w, row, Lanes.LE);
            IntVector v1 = IntVector.fromMemorySegment(Lanes.INT, w, row + 4 * l, Lanes.LE);
            IntVector v2 = IntVector.fromMemorySegment(Lanes.INT, w, row + 8 * l, Lanes.LE);
            IntVector v3 = IntVector.fromMemorySegment(Lanes.INT, w, row + 12 * l, Lanes.LE);
            e0 = x.fma(v0.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats(), e0);
            e1 = x.fma(v1.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats(), e1);
            e2 = x.fma(v2.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats(), e2);
            e3 = x.fma(v3.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats(), e3);
            o0 = x.fma(v0.and(0xffff0000).reinterpretAsFloats(), o0);
            o1 = x.fma(v1.and(0xffff0000).reinterpretAsFloats(), o1);
            o2 = x.fma(v2.and(0xffff0000).reinterpretAsFloats(), o2);
            o3 = x.fma(v3.and(0xffff0000).reinterpretAsFloats(), o3);
        }
        for (int i = 0; i < l; i++) {
            out[outAt + 2 * i] = e0.lane(i);
            out[outAt + 2 * i + 1] = o0.lane(i);
            out[outAt + 2 * l + 2 * i] = e1.lane(i);
            out[outAt + 2 * l + 2 * i + 1] = o1.lane(i);
            out[outAt + 4 * l + 2 * i] = e2.lane(i);
            out[outAt + 4 * l + 2 * i + 1] = o2.lane(i);
            out[outAt + 6 * l + 2 * i] = e3.lane(i);
            out[outAt + 6 * l + 2 * i + 1] = o3.lane(i);
        }
    }

    /** As {@link #absorbColumns}, a quarter as many columns: for what is left over, and for small models. */
    private static void absorbFewColumns(
            java.lang.foreign.MemorySegment w,
            long at,
            long rowBytes,
            float[] query,
            int nope,
            float[] out,
            int outAt) {
        int l = Lanes.COUNT;
        FloatVector even = FloatVector.zero(Lanes.FLOAT);
        FloatVector odd = even;
        for (int d = 0; d < nope; d++) {
            FloatVector x = FloatVector.broadcast(Lanes.FLOAT, query[d]);
            IntVector v = IntVector.fromMemorySegment(Lanes.INT, w, at + d * rowBytes, Lanes.LE);
            even = x.fma(v.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats(), even);
            odd = x.fma(v.and(0xffff0000).reinterpretAsFloats(), odd);
        }
        for (int i = 0; i < l; i++) {
            out[outAt + 2 * i] = even.lane(i);
            out[outAt + 2 * i + 1] = odd.lane(i);
        }
    }

    @Override
    public Tensor latentAttention(Tensor qLatent, Tensor q, int layer, Rows rows, MlaShape shape) {
        Tensor out = workspace().allocate(rows.count(), shape.heads() * shape.latentDim());
        if (attention.length == 0 || !attention[0].shape().equals(shape)) {
            attention = new VectorAttention[pool.threads()];
            for (int i = 0; i < attention.length; i++) {
                attention[i] = new VectorAttention(shape);
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

    private static VectorAttention.Query query(Tensor qLatent, Tensor q, int layer, Rows rows, int row) {
        return new VectorAttention.Query(qLatent, q, row, rows.cache(row), layer, rows.position()[row]);
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

    @Override
    public void close() {
        forms.close();
        scalar.close();
    }
}

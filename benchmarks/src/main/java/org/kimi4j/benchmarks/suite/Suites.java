package org.kimi4j.benchmarks.suite;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.kimi4j.benchmarks.measure.Work;
import org.kimi4j.kernel.GatedMlp;
import org.kimi4j.kernel.Kernels;
import org.kimi4j.kernel.PanamaDenseKernels;
import org.kimi4j.kernel.RouterConfig;
import org.kimi4j.kernel.Routing;
import org.kimi4j.kernel.WorkerPool;
import org.kimi4j.tensor.Matrix;
import org.kimi4j.tensor.Tensor;
import org.kimi4j.tensor.Workspace;

/**
 * The cases of each suite, in the shapes of Kimi K2.5. Weights come from the pool, drawn anew for each run, so they are in
 * memory but in no cache.
 */
public final class Suites implements AutoCloseable {

    private static final int HIDDEN = WeightPool.HIDDEN;
    private static final int INTERMEDIATE = WeightPool.INTERMEDIATE;
    private static final int EXPERTS_PER_TOKEN = 8;
    private static final boolean[] GENERATED = {false};

    private final WeightPool weights;
    private final KernelSet kernels;
    private final WorkerPool denominators;

    /** @param weights stays the caller's */
    public Suites(WeightPool weights, int threads) {
        this.weights = weights;
        this.kernels = KernelSet.fast(threads);
        this.denominators = new WorkerPool("denominator", threads);
    }

    /** A shape of weights in an encoding. */
    private record Shape(String name, int rows, int cols, Supplier<Matrix> next) {
        Shape(String name, Matrix example, Supplier<Matrix> next) {
            this(name + " [" + example.rows() + " " + example.cols() + "]", example.rows(), example.cols(), next);
        }
    }

    /** One generated row by INT4 weights. */
    public List<Case> gemvInt4() {
        return List.of(
                products("gemv-int4", shape("gate_proj", () -> weights.nextInt4(false)), 1, false),
                products("gemv-int4", shape("down_proj", () -> weights.nextInt4(true)), 1, false));
    }

    /** One generated row by the trunk's bfloat16 weights. */
    public List<Case> gemvBf16() {
        return List.of(
                products("gemv-bf16", shape("o_proj", () -> weights.nextBf16(HIDDEN, 8_192)), 1, false),
                products("gemv-bf16", shape("q_b_proj", () -> weights.nextBf16(12_288, 1_536)), 1, false),
                products("gemv-bf16", shape("dense up_proj", () -> weights.nextBf16(18_432, HIDDEN)), 1, false));
    }

    /** One generated row by INT8 weights, as {@code kimi quantize} makes them of the trunk. */
    public List<Case> gemvInt8() {
        return List.of(products("gemv-int8", shape("o_proj", () -> weights.nextInt8(HIDDEN, 8_192, 32)), 1, false));
    }

    /** Prompt rows by INT4 weights: what prefill is made of. */
    public List<Case> prefill(int... rowCounts) {
        List<Case> cases = new ArrayList<>();
        for (int rows : rowCounts) {
            cases.add(products("prefill", shape("gate_proj", () -> weights.nextInt4(false)), rows, true));
        }
        return cases;
    }

    /** Prompt rows by the trunk's bfloat16 weights. */
    public List<Case> prefillBf16(int... rowCounts) {
        List<Case> cases = new ArrayList<>();
        for (int rows : rowCounts) {
            cases.add(products("prefill-bf16", shape("o_proj", () -> weights.nextBf16(HIDDEN, 8_192)), rows, true));
        }
        return cases;
    }

    private static Shape shape(String name, Supplier<Matrix> next) {
        return new Shape(name, next.get(), next);
    }

    private Case products(String suite, Shape shape, int rows, boolean prompt) {
        boolean[] roles = new boolean[rows];
        Arrays.fill(roles, prompt);
        double bytes = shape.next.get().byteSize();
        List<Work> works = new ArrayList<>();
        for (KernelSet.Named named : kernels.all()) {
            Kernels k = named.kernels();
            Tensor x = KernelSet.activations(k, rows, shape.cols, 1);
            works.add(new Work(named.name(), bytes, 2.0 * rows * shape.rows * shape.cols, () -> {
                long mark = k.workspace().mark();
                k.matmul(x, shape.next.get(), roles);
                k.workspace().release(mark);
            }));
        }
        String name = rows == 1 ? shape.name : shape.name + " x " + rows + " rows";
        return new Case(suite, name, denominators, works, () -> WeightPool.memory(shape.next.get()), prompt);
    }

    /** The feed-forward part of one MoE layer for one generated token: its routed experts alone, and all of it. */
    public List<Case> moe() {
        return List.of(moe(false), moe(true));
    }

    private Case moe(boolean whole) {
        double bytes = EXPERTS_PER_TOKEN * (double) WeightPool.EXPERT_BYTES;
        double parameters = 3.0 * EXPERTS_PER_TOKEN * HIDDEN * INTERMEDIATE;
        if (whole) {
            bytes += 2.0 * (3.0 * HIDDEN * INTERMEDIATE + 384.0 * HIDDEN);
            parameters += 3.0 * HIDDEN * INTERMEDIATE + 384.0 * HIDDEN;
        }
        List<Work> works = new ArrayList<>();
        for (KernelSet.Named named : kernels.all()) {
            Kernels k = named.kernels();
            Tensor h = KernelSet.activations(k, 1, HIDDEN, 1);
            Choice choice = new Choice(k);
            works.add(new Work(named.name(), bytes, 2 * parameters, () -> {
                long mark = k.workspace().mark();
                Routing routing = choice.next();
                Tensor out;
                if (whole) {
                    k.matmul(h, weights.nextBf16(384, HIDDEN));
                    out = k.swiglu(h, nextShared(), GENERATED);
                } else {
                    out = k.workspace().allocate(1, HIDDEN);
                    out.setRow(0, new float[HIDDEN], 0);
                }
                k.moe(out, h, routing, weights::expert, GENERATED);
                k.workspace().release(mark);
            }));
        }
        return new Case(
                "moe",
                whole ? "router + shared + 8 experts" : "8 experts",
                denominators,
                works,
                () -> {
                    List<MemorySegment> memory = new ArrayList<>();
                    for (int id : weights.choose(EXPERTS_PER_TOKEN)) {
                        add(memory, weights.expert(id));
                    }
                    if (whole) {
                        memory.addAll(WeightPool.memory(weights.nextBf16(384, HIDDEN)));
                        add(memory, nextShared());
                    }
                    return memory;
                },
                false);
    }

    private GatedMlp nextShared() {
        return new GatedMlp(
                weights.nextBf16(INTERMEDIATE, HIDDEN),
                weights.nextBf16(INTERMEDIATE, HIDDEN),
                weights.nextBf16(HIDDEN, INTERMEDIATE));
    }

    private static void add(List<MemorySegment> memory, GatedMlp mlp) {
        memory.addAll(WeightPool.memory(mlp.gateProj()));
        memory.addAll(WeightPool.memory(mlp.upProj()));
        memory.addAll(WeightPool.memory(mlp.downProj()));
    }

    /** Random experts as a routing: the router is shown logits that leave it no choice. */
    private final class Choice {
        private final Kernels k;
        private final RouterConfig config = new RouterConfig(weights.experts(), EXPERTS_PER_TOKEN, 1, 1, true, 2.827f);
        private final Tensor logits;
        private final Matrix.F32 bias;

        Choice(Kernels k) {
            this.k = k;
            this.logits = k.workspace().allocate(1, weights.experts());
            this.bias = new Matrix.F32(1, weights.experts(), MemorySegment.ofArray(new float[weights.experts()]));
        }

        Routing next() {
            float[] values = new float[weights.experts()];
            Arrays.fill(values, -4);
            for (int id : weights.choose(EXPERTS_PER_TOKEN)) {
                values[id] = 2;
            }
            logits.setRow(0, values, 0);
            return k.route(logits, bias, config);
        }
    }

    /** Attention of one generated token over cached positions, and of a chunk of prompt rows. */
    public List<Case> attention(int... depths) {
        List<Case> cases = new ArrayList<>();
        for (int depth : depths) {
            cases.add(AttentionCase.of(kernels, denominators, depth, 1));
        }
        return cases;
    }

    /** Rows of picture patches by the vision tower's widest weights. */
    public List<Case> tower() {
        int rows = 1_024;
        Shape shape = shape("fc0", () -> weights.nextBf16(4_304, 1_152));
        PanamaDenseKernels k = new PanamaDenseKernels(denominators, new Workspace());
        Tensor x = k.workspace().allocate(rows, 1_152);
        float[] row = new float[1_152];
        Arrays.fill(row, 0.5f);
        for (int r = 0; r < rows; r++) {
            x.setRow(r, row, 0);
        }
        Matrix.F32 bias = new Matrix.F32(1, 4_304, MemorySegment.ofArray(new float[4_304]));
        Work work = new Work("vector", shape.next.get().byteSize(), 2.0 * rows * 4_304 * 1_152, () -> {
            long mark = k.workspace().mark();
            k.linear(x, shape.next.get(), bias);
            k.workspace().release(mark);
        });
        return List.of(new Case(
                "tower",
                shape.name + " x " + rows + " rows",
                denominators,
                List.of(work),
                () -> WeightPool.memory(shape.next.get()),
                false));
    }

    @Override
    public void close() {
        kernels.close();
        denominators.close();
    }
}

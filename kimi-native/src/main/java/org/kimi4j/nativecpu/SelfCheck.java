package org.kimi4j.nativecpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.SplittableRandom;
import org.kimi4j.cache.CacheShape;
import org.kimi4j.cache.LatentCache;
import org.kimi4j.cache.PagePool;
import org.kimi4j.config.KvType;
import org.kimi4j.config.Precision;
import org.kimi4j.kernel.Kernels;
import org.kimi4j.kernel.MlaShape;
import org.kimi4j.kernel.PanamaKernels;
import org.kimi4j.kernel.RowProducts;
import org.kimi4j.kernel.Rows;
import org.kimi4j.kernel.ScalarKernels;
import org.kimi4j.kernel.VectorForms;
import org.kimi4j.kernel.WorkerPool;
import org.kimi4j.os.MappedArena;
import org.kimi4j.tensor.Matrix;
import org.kimi4j.tensor.Tensor;
import org.kimi4j.tensor.Workspace;

/**
 * Every function once against its twin in Java, before a model relies on it: a few milliseconds that turn a wrong compiler
 * or a wrong processor into a message.
 */
final class SelfCheck {

    private static final int OUTPUTS = 19;
    private static final int ROWS = 7;
    /** Whole steps and superblocks, and something left over of both. */
    private static final int COLS = 4096 + 256 + 64;

    private static final int GROUP = 32;
    /** Where C adds in another order than Java: of the root mean square, some ten times what was measured. */
    private static final double BOUND = 2e-6;
    /** Where C takes two bfloat16 parts for a float, likewise. */
    private static final double PARTS_BOUND = 2e-5;

    private final SplittableRandom random = new SplittableRandom(20261123);
    private final Arena arena;

    private SelfCheck(Arena arena) {
        this.arena = arena;
    }

    /** What is wrong, with the remedy; empty if all agrees. */
    static Optional<String> run() {
        if (Functions.version() != Functions.VERSION) {
            return Optional.of("its library has version " + Functions.version() + ", expected " + Functions.VERSION
                    + ": use jars of one release");
        }
        try (Arena arena = new MappedArena();
                VectorForms java = new VectorForms(1);
                NativeForms forms = new NativeForms(1)) {
            SelfCheck check = new SelfCheck(arena);
            Matrix bf16 = check.bf16();
            float[][] floats = check.rows();
            double error = distance(
                    products(forms.floats(), bf16, floats, 3, false), products(java.floats(), bf16, floats, 3, false));
            if (!(error <= 0)) {
                return Optional.of(wrong("kimi_bf16_rows", error));
            }
            if (Library.isa().isAvx512()) {
                for (Matrix w : new Matrix[] {check.int4(), check.int8(GROUP), bf16}) {
                    error = distance(
                            products(forms.floats(), w, floats, ROWS, false),
                            products(java.floats(), w, floats, ROWS, false));
                    if (!(error <= 0)) {
                        return Optional.of(wrong("kimi_floats_panel", error));
                    }
                }
                for (Matrix w : new Matrix[] {check.int4(), check.int8(GROUP)}) {
                    error = distance(
                            products(forms.floats(), w, floats, 3, false),
                            products(java.floats(), w, floats, 3, false));
                    if (!(error <= 0)) {
                        String name = w instanceof Matrix.Int4 ? "kimi_int4_floats" : "kimi_int8_floats";
                        return Optional.of(wrong(name, error));
                    }
                }
                error = distance(
                        products(forms.integers(), bf16, floats, ROWS, true),
                        products(java.floats(), bf16, rounded(floats), ROWS, true));
                if (!(error <= BOUND)) {
                    return Optional.of(wrong("kimi_bf16_" + many(), error));
                }
            }
            for (Matrix w : new Matrix[] {check.int4(), check.int8(GROUP), check.int8(2 * GROUP)}) {
                String name = w instanceof Matrix.Int4 ? "kimi_int4" : "kimi_int8";
                float[][] expected = products(java.integers(), w, floats, ROWS, false);
                error = distance(products(forms.integers(), w, floats, ROWS, false), expected);
                if (!(error <= BOUND)) {
                    return Optional.of(wrong(name + "_rows", error));
                }
                error = distance(products(forms.integers(), w, floats, ROWS, true), expected);
                if (!(error <= BOUND)) {
                    return Optional.of(wrong(name + "_panel", error));
                }
                if (Library.isa() == Isa.AMX) {
                    float[][] many = repeated(floats);
                    error = distance(
                            products(forms.integers(), w, many, many.length, true),
                            repeated(products(forms.integers(), w, floats, ROWS, true)));
                    if (!(error <= 0)) {
                        return Optional.of(wrong(name + "_tiles", error));
                    }
                }
            }
            if (Library.isa().isAvx512()) {
                error = check.attention(Precision.EXACT);
                if (!(error <= 0)) {
                    return Optional.of(wrong("kimi_attention", error));
                }
            }
            if (Library.isa() == Isa.AMX) {
                error = check.attention(Precision.FAST);
                if (!(error <= PARTS_BOUND)) {
                    return Optional.of(wrong("kimi_attention_tiles", error));
                }
            }
        }
        return Optional.empty();
    }

    /** How far attention is from its twin: heads of two blocks, two pages, and something left over of all; tiles are for FAST. */
    private double attention(Precision precision) {
        MlaShape shape = new MlaShape(33, 4, 6, 4, 40, 0.2f);
        int positions = 70;
        CacheShape stored = new CacheShape(1, shape.latentDim(), shape.ropeDim(), KvType.BF16);
        try (PagePool pages = new PagePool(stored, 2 * stored.pageBytes());
                LatentCache cache = pages.newCache();
                Kernels java = new ScalarKernels(Precision.FAST, new WorkerPool("check", 1), new Workspace(false));
                Kernels tested = new PanamaKernels(
                        precision, new WorkerPool("check", 1), new Workspace(false), new NativeForms(1))) {
            cache.grow(positions);
            java.append(
                    0,
                    tensor(java, positions, shape.latentDim()),
                    tensor(java, positions, shape.ropeDim()),
                    Rows.of(cache, 0, positions, true));
            Tensor qLatent = tensor(java, 1, shape.heads() * shape.latentDim());
            Tensor q = tensor(java, 1, shape.heads() * shape.queryDim());
            Rows rows = Rows.of(cache, positions - 1, 1, false);
            Tensor expected = java.latentAttention(qLatent, q, 0, rows, shape);
            float[][] values = new float[2][expected.cols()];
            java.read(expected, 0, values[0]);
            tested.read(tested.latentAttention(qLatent, q, 0, rows, shape), 0, values[1]);
            return distance(new float[][] {values[1]}, new float[][] {values[0]});
        }
    }

    private Tensor tensor(Kernels kernels, int rows, int cols) {
        Tensor tensor = kernels.workspace().allocate(rows, cols);
        float[] row = new float[cols];
        for (int r = 0; r < rows; r++) {
            for (int i = 0; i < cols; i++) {
                row[i] = (float) random.nextGaussian();
            }
            kernels.write(tensor, r, row);
        }
        return tensor;
    }

    /** As many as AMX is for. */
    private static float[][] repeated(float[][] rows) {
        float[][] many = new float[5 * ROWS][];
        for (int r = 0; r < many.length; r++) {
            many[r] = rows[r % ROWS];
        }
        return many;
    }

    private static String many() {
        return Library.isa() == Isa.AMX ? "tiles" : "panel";
    }

    private static String wrong(String function, double error) {
        return function + " disagrees with its twin in Java by " + error + " of the values on this machine: use the "
                + "backend vector, and please report the processor and the C compiler";
    }

    private static float[][] products(RowProducts products, Matrix w, float[][] x, int rows, boolean prompt) {
        products.reset(w, rows);
        for (int r = 0; r < rows; r++) {
            products.set(0, r, x[r].clone(), 0, prompt, 0);
        }
        products.ready();
        float[][] out = new float[rows][w.rows()];
        int perTask = products.outputsPerTask(w);
        for (int from = 0; from < w.rows(); from += perTask) {
            int to = Math.min(w.rows(), from + perTask);
            products.run(
                    w, 0, from, to, 0, (r, o, count, values, at) -> System.arraycopy(values, at, out[r], o, count));
        }
        return out;
    }

    /** Rows as bfloat16 has them: to the nearest, ties to even. */
    static float[][] rounded(float[][] rows) {
        float[][] rounded = new float[rows.length][];
        for (int r = 0; r < rows.length; r++) {
            rounded[r] = rows[r].clone();
            for (int i = 0; i < rounded[r].length; i++) {
                int bits = Float.floatToRawIntBits(rounded[r][i]);
                rounded[r][i] = Float.intBitsToFloat(bits + 0x7fff + (bits >>> 16 & 1) & 0xffff0000);
            }
        }
        return rounded;
    }

    /** Relative root mean square. */
    private static double distance(float[][] actual, float[][] expected) {
        double error = 0;
        double size = 0;
        for (int r = 0; r < expected.length; r++) {
            for (int o = 0; o < expected[r].length; o++) {
                error += Math.pow((double) actual[r][o] - expected[r][o], 2);
                size += Math.pow(expected[r][o], 2);
            }
        }
        return Math.sqrt(error / size);
    }

    private float[][] rows() {
        float[][] rows = new float[ROWS][COLS];
        for (float[] row : rows) {
            for (int i = 0; i < COLS; i++) {
                row[i] = (float) random.nextGaussian();
            }
        }
        return rows;
    }

    private MemorySegment bytes(long size) {
        MemorySegment bytes = arena.allocate(size);
        for (long i = 0; i < size; i++) {
            bytes.set(JAVA_BYTE, i, (byte) random.nextInt());
        }
        return bytes;
    }

    /** bfloat16 numbers of a size around 1 / 64. */
    private MemorySegment halves(long count) {
        MemorySegment halves = arena.allocate(2 * count);
        for (long i = 0; i < count; i++) {
            halves.set(JAVA_SHORT_UNALIGNED, 2 * i, (short)
                    (Float.floatToRawIntBits((float) random.nextGaussian() / 64) >>> 16));
        }
        return halves;
    }

    private Matrix bf16() {
        int cols = COLS - 3;
        return new Matrix.Bf16(OUTPUTS, cols, halves((long) OUTPUTS * cols));
    }

    private Matrix int4() {
        return new Matrix.Int4(
                OUTPUTS, COLS, bytes((long) OUTPUTS * COLS / 2), halves((long) OUTPUTS * (COLS / GROUP)));
    }

    private Matrix int8(int group) {
        return new Matrix.Int8(
                OUTPUTS, COLS, group, bytes((long) OUTPUTS * COLS), halves((long) OUTPUTS * (COLS / group)));
    }
}

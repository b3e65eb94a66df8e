package org.kimi4j;

import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.kimi4j.cache.LatentCache;
import org.kimi4j.cache.PagePool;
import org.kimi4j.checkpoint.Checkpoint;
import org.kimi4j.checkpoint.Shape;
import org.kimi4j.checkpoint.TensorInfo;
import org.kimi4j.config.ModelConfig;
import org.kimi4j.config.RopeScaling;
import org.kimi4j.config.TextConfig;
import org.kimi4j.error.CancelledException;
import org.kimi4j.expert.MappedExperts;
import org.kimi4j.kernel.GatedMlp;
import org.kimi4j.kernel.Kernels;
import org.kimi4j.kernel.Rows;
import org.kimi4j.model.DecoderLayer;
import org.kimi4j.model.LayerRange;
import org.kimi4j.model.MlaWeights;
import org.kimi4j.model.Mlp;
import org.kimi4j.model.TextModel;
import org.kimi4j.model.TextWeights;
import org.kimi4j.os.MappedArena;
import org.kimi4j.tensor.DType;
import org.kimi4j.tensor.Matrix;
import org.kimi4j.tensor.Tensor;
import org.kimi4j.trace.Trace;

/**
 * Runs the forward pass on a small random model in the encodings of the opened one, on a thread of its own, until the
 * kernels have been through the optimising compiler; an owner of that thread and its memory. Without it the first
 * tokens of a large model would be read by the interpreter, at seconds each.
 */
final class WarmUp implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger("org.kimi4j");

    /** Models of more bytes than this are warmed up unless the options say otherwise. */
    private static final long DEFAULT_FROM_BYTES = 1_000_000_000;

    /** Enough for the optimising compiler's thresholds, loops counted: measured by what a JVM says that it compiled. */
    private static final int ROUNDS = 60;

    private static final int PROMPT = 40;
    private static final int GENERATED = 8;

    /** More than one superblock of the vector kernels, so that all their loops are taken. */
    private static final int HIDDEN = 4096 + 256;

    private static final TextConfig SIZES = new TextConfig(
            "kimi_k2",
            512,
            HIDDEN,
            512,
            256,
            2,
            0,
            1,
            1,
            8,
            4,
            1,
            1,
            1,
            true,
            1.0,
            4,
            256,
            128,
            32,
            16,
            32,
            1e-5,
            50_000,
            new RopeScaling(4, 64, 32, 1, 1, 1),
            256,
            List.of());

    private enum Encoding {
        F32,
        BF16,
        INT4,
        INT8
    }

    private final KimiOptions options;
    private final Kernels kernels;
    private final Encoding trunk;
    private final Encoding experts;
    private final Thread thread;
    private volatile boolean closed;

    private WarmUp(KimiOptions options, Kernels kernels, Encoding trunk, Encoding experts, String name) {
        this.options = options;
        this.kernels = kernels;
        this.trunk = trunk;
        this.experts = experts;
        this.thread = new Thread(this::run, name + "-warm-up");
        thread.setDaemon(true);
    }

    /** Starts one for a checkpoint that is about to be bound, if the options or its size ask for it. */
    static Optional<WarmUp> start(KimiOptions options, Checkpoint checkpoint, ModelConfig config, String name) {
        if (!options.warmUp().orElse(checkpoint.tensorBytes() > DEFAULT_FROM_BYTES)) {
            return Optional.empty();
        }
        Optional<Kernels> kernels = Backends.another(options, name + "-warm-up");
        TextConfig c = config.textConfig();
        String layers = config.textPrefix() + (config.textPrefix().isEmpty() ? "" : ".") + "model.layers.";
        Encoding trunk = encoding(checkpoint, layers + "0.self_attn.q_a_proj", c.hiddenSize());
        Encoding experts =
                encoding(checkpoint, layers + c.firstKDenseReplace() + ".mlp.experts.0.gate_proj", c.hiddenSize());
        Optional<WarmUp> started = kernels.map(k -> new WarmUp(options, k, trunk, experts, name));
        started.ifPresent(w -> w.thread.start());
        return started;
    }

    private static Encoding encoding(Checkpoint checkpoint, String name, int cols) {
        Optional<TensorInfo> packed = checkpoint.tensor(name + ".weight_packed");
        if (packed.isPresent()) {
            // Eight INT4 values in a word of 32 bits, or four INT8 values.
            Shape words = packed.get().shape();
            return words.rank() == 2 && words.dim(1) * 4 == cols ? Encoding.INT8 : Encoding.INT4;
        }
        return checkpoint
                .tensor(name + ".weight")
                .filter(t -> t.dtype() == DType.F32)
                .map(_ -> Encoding.F32)
                .orElse(Encoding.BF16);
    }

    private void run() {
        try (kernels;
                Arena arena = new MappedArena()) {
            TextWeights weights = weights(new Random(arena));
            TextModel model = new TextModel(weights, SIZES, new MappedExperts(weights), kernels, 1e-6, Trace.NONE);
            try (PagePool pool = new PagePool(model.cacheShape(options.kvType()), 64L << 20)) {
                for (int round = 0; round < ROUNDS && !closed; round++) {
                    options.progress().accept(new LoadProgress("compiling kernels", round, ROUNDS));
                    round(model, pool);
                }
                if (!closed) {
                    options.progress().accept(new LoadProgress("compiling kernels", ROUNDS, ROUNDS));
                }
            }
        } catch (CancelledException e) {
            // closed in the middle of a pass
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "warming up was given up; the model works without it", e);
        }
    }

    /** Reads a prompt and generates a few tokens, as a request would. */
    private void round(TextModel model, PagePool pool) {
        try (LatentCache cache = pool.newCache()) {
            pass(model, cache, PROMPT, true);
            for (int i = 0; i < GENERATED; i++) {
                pass(model, cache, 1, false);
            }
        }
    }

    private void pass(TextModel model, LatentCache cache, int count, boolean prompt) {
        int start = cache.length();
        cache.grow(start + count);
        int[] tokens = IntStream.range(start, start + count).toArray();
        Tensor x = model.embed(tokens);
        model.forward(x, Rows.of(cache, start, count, prompt), () -> closed);
        model.logits(x.rows(count - 1, 1));
        kernels.workspace().release(0);
    }

    private TextWeights weights(Random random) {
        TextConfig c = SIZES;
        List<DecoderLayer> layers = new ArrayList<>();
        for (int layer = 0; layer < c.numHiddenLayers(); layer++) {
            Mlp mlp = new Mlp.DenseMlp(gated(random, trunk, c.intermediateSize()));
            if (c.isMoeLayer(layer)) {
                mlp = new Mlp.MoeMlp(
                        random.matrix(Encoding.BF16, c.nRoutedExperts(), HIDDEN),
                        random.ones(c.nRoutedExperts()),
                        IntStream.range(0, c.nRoutedExperts())
                                .mapToObj(_ -> gated(random, experts, c.moeIntermediateSize()))
                                .toList(),
                        gated(random, trunk, c.sharedIntermediateSize()));
            }
            layers.add(new DecoderLayer(random.ones(HIDDEN), attention(random), random.ones(HIDDEN), mlp));
        }
        return new TextWeights(
                random.matrix(Encoding.BF16, c.vocabSize(), HIDDEN),
                new LayerRange(0, c.numHiddenLayers()),
                layers,
                random.ones(HIDDEN),
                random.matrix(Encoding.BF16, c.vocabSize(), HIDDEN));
    }

    private MlaWeights attention(Random random) {
        TextConfig c = SIZES;
        int heads = c.numAttentionHeads();
        return new MlaWeights(
                random.matrix(trunk, c.qLoraRank(), HIDDEN),
                random.ones(c.qLoraRank()),
                random.matrix(trunk, heads * c.qkHeadDim(), c.qLoraRank()),
                random.matrix(trunk, c.kvLoraRank() + c.qkRopeHeadDim(), HIDDEN),
                random.ones(c.kvLoraRank()),
                random.matrix(trunk, heads * (c.qkNopeHeadDim() + c.vHeadDim()), c.kvLoraRank()),
                random.matrix(trunk, HIDDEN, heads * c.vHeadDim()));
    }

    private static GatedMlp gated(Random random, Encoding encoding, int inner) {
        return new GatedMlp(
                random.matrix(encoding, inner, HIDDEN),
                random.matrix(encoding, inner, HIDDEN),
                random.matrix(encoding, HIDDEN, inner));
    }

    /** Weights of about a hundredth. */
    private record Random(Arena arena, SplittableRandom bits) {

        /** bfloat16 of 1/128; sign and mantissa are drawn. */
        private static final int BF16 = 0x3c00;

        private static final int SIGN_AND_MANTISSA = 0x807f;
        private static final int GROUP = 32;

        Random(Arena arena) {
            this(arena, new SplittableRandom(0));
        }

        Matrix matrix(Encoding encoding, int rows, int cols) {
            long count = (long) rows * cols;
            return switch (encoding) {
                case F32 -> new Matrix.F32(rows, cols, floats(count));
                case BF16 -> new Matrix.Bf16(rows, cols, halves(count));
                case INT4 -> new Matrix.Int4(rows, cols, bytes(count / 2), halves(count / GROUP));
                case INT8 -> new Matrix.Int8(rows, cols, GROUP, bytes(count), halves(count / GROUP));
            };
        }

        Matrix.F32 ones(int count) {
            MemorySegment values = arena.allocate(4L * count, 4);
            for (int i = 0; i < count; i++) {
                values.setAtIndex(ValueLayout.JAVA_FLOAT, i, 1);
            }
            return new Matrix.F32(1, count, values);
        }

        private MemorySegment floats(long count) {
            MemorySegment values = arena.allocate(4 * count, 4);
            for (long i = 0; i < count; i++) {
                values.setAtIndex(ValueLayout.JAVA_FLOAT, i, (bits.nextInt() >> 16) / (float) (1 << 22));
            }
            return values;
        }

        private MemorySegment halves(long count) {
            MemorySegment values = arena.allocate(2 * count, 4);
            for (long i = 0; i < count; i++) {
                values.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) (BF16 | bits.nextInt() & SIGN_AND_MANTISSA));
            }
            return values;
        }

        private MemorySegment bytes(long count) {
            MemorySegment values = arena.allocate(count, 8);
            for (long i = 0; i < count / 8; i++) {
                values.setAtIndex(ValueLayout.JAVA_LONG, i, bits.nextLong());
            }
            return values;
        }
    }

    /** Ends it within a layer of its small model. */
    @Override
    public void close() {
        closed = true;
        boolean interrupted = false;
        while (thread.isAlive() && Thread.currentThread() != thread) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true; // told to the caller below
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}

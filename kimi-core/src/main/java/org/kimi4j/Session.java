package org.kimi4j;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.kimi4j.cache.LatentCache;
import org.kimi4j.chat.Content;
import org.kimi4j.config.ModelConfig;
import org.kimi4j.error.CancelledException;
import org.kimi4j.error.ClosedException;
import org.kimi4j.error.ContextLengthException;
import org.kimi4j.error.MediaException;
import org.kimi4j.kernel.Kernels;
import org.kimi4j.kernel.Rows;
import org.kimi4j.model.TextModel;
import org.kimi4j.spi.MediaEncoder;
import org.kimi4j.tensor.Tensor;

/**
 * One timeline of tokens below the level of chat: tokens go in, logits come out. Its cache counts against the model's
 * budget until it is closed. For one thread at a time; the work is done on the model's engine, between the requests of
 * others.
 */
public final class Session implements AutoCloseable {

    /** Is shown the logits [vocab] after a position; the array is valid during the call only. */
    @FunctionalInterface
    public interface LogitsListener {
        void logits(int position, float[] logits);
    }

    /**
     * Is shown the named activations of every pass of a session, in order of computation, on the engine's thread, which
     * waits for it. What it throws ends the pass and reaches the caller of {@link Session#append}.
     */
    @FunctionalInterface
    public interface ActivationListener {

        /** The layer of activations that belong to none: the embedding and what follows the last layer. */
        int NO_LAYER = -1;

        /** Whether the values are wanted; asked before they are copied. */
        default boolean wants(String name, int layer) {
            return true;
        }

        /**
         * One activation of one pass.
         *
         * @param name for example {@code c_kv} or {@code l_out}; docs/model.md has all of them
         * @param layer from 0, or {@link #NO_LAYER}
         * @param values [rows, cols], row by row; the array is the listener's
         */
        void activation(String name, int layer, int rows, int cols, float[] values);
    }

    private final Engine engine;
    private final TextModel text;
    private final Kernels kernels;
    private final LatentCache cache;
    private final ModelConfig config;
    private final MediaDoor media;
    private final int contextLength;
    private final int vocabSize;
    private final AtomicBoolean closed = new AtomicBoolean();
    private int[] tokens = {};

    Session(Engine engine, TextModel text, Kernels kernels, LatentCache cache, ModelConfig config, MediaDoor media) {
        this.engine = engine;
        this.text = text;
        this.kernels = kernels;
        this.cache = cache;
        this.config = config;
        this.media = media;
        this.contextLength = config.textConfig().maxPositionEmbeddings();
        this.vocabSize = config.textConfig().vocabSize();
    }

    /** The tokens read so far. */
    public int[] tokens() {
        return tokens.clone();
    }

    /** How many tokens have been read. */
    public int length() {
        return tokens.length;
    }

    /**
     * Reads tokens in one pass, as part of a prompt, and returns the logits [vocab] after the last.
     *
     * @throws CancelledException if this thread is interrupted; none of the tokens then count as read
     */
    public float[] append(int... more) {
        float[][] last = new float[1][];
        append(more, more.length, true, (position, logits) -> last[0] = logits.clone());
        return last[0];
    }

    /**
     * Reads tokens in passes of at most {@code chunk} and shows the logits of some positions.
     *
     * @param chunk most tokens of a pass
     * @param lastOnly whether only the logits after the last token are wanted
     * @throws CancelledException if this thread is interrupted; the passes finished before count, the present one does
     *     not
     */
    public void append(int[] more, int chunk, boolean lastOnly, LogitsListener listener) {
        requireFit(more, chunk);
        append(more, PadRows.NONE, chunk, lastOnly, listener);
    }

    /**
     * As {@link #append(int[], int, boolean, LogitsListener)}, with the vectors of pictures and videos at the pads, of
     * which the tokens hold one for each vector, in the order of the media. All media are decoded first, on this thread.
     * Pads of a call without media are ordinary tokens.
     *
     * @throws org.kimi4j.error.MediaException if media cannot be read, or there are more or fewer pads than vectors
     */
    public void append(
            int[] more, List<? extends Content> media, int chunk, boolean lastOnly, LogitsListener listener) {
        requireFit(more, chunk);
        int pad = config.mediaPlaceholderTokenId()
                .orElseThrow(() -> new MediaException("config.json names no media_placeholder_token_id"));
        List<MediaEncoder.Prepared> items = this.media.open(media);
        try (PadRows rows = new PadRows(this.media.encoder(), items, PadRows.find(more, pad))) {
            MediaDoor.decode(items, (_, _) -> {});
            append(more, rows, chunk, lastOnly, listener);
        }
    }

    private void requireFit(int[] more, int chunk) {
        requireOpen();
        if (more.length == 0 || chunk < 1) {
            throw new IllegalArgumentException("append: expected at least one token and a chunk of at least 1, found "
                    + more.length + " tokens and a chunk of " + chunk);
        }
        if (tokens.length + more.length > contextLength) {
            throw new ContextLengthException("the session has " + tokens.length + " tokens; " + more.length
                    + " more do not fit the context of " + contextLength);
        }
        for (int i = 0; i < more.length; i++) {
            if (more[i] < 0 || more[i] >= vocabSize) {
                throw new IllegalArgumentException(
                        "token " + more[i] + " at " + i + ": expected 0 to " + (vocabSize - 1));
            }
        }
    }

    private void append(int[] more, PadRows rows, int chunk, boolean lastOnly, LogitsListener listener) {
        for (int from = 0; from < more.length; from += chunk) {
            int[] part = Arrays.copyOfRange(more, from, Math.min(more.length, from + chunk));
            boolean last = from + part.length == more.length;
            int wanted = lastOnly ? (last ? 1 : 0) : part.length;
            int start = tokens.length;
            int first = from;
            AtomicBoolean cancelled = new AtomicBoolean();
            BooleanSupplier stop = () -> engine.isClosing() || cancelled.get();
            float[][] logits = await(
                    engine.call(() -> read(start, part, wanted, x -> rows.place(x, first, kernels, stop), stop)),
                    cancelled);
            tokens = Arrays.copyOf(tokens, tokens.length + part.length);
            System.arraycopy(part, 0, tokens, tokens.length - part.length, part.length);
            for (int i = 0; i < logits.length; i++) {
                listener.logits(tokens.length - logits.length + i, logits[i]);
            }
        }
    }

    /** On the engine's thread: one pass, and the logits of its last {@code wanted} rows. */
    private float[][] read(int start, int[] part, int wanted, Consumer<Tensor> overwrite, BooleanSupplier cancelled) {
        // A pass whose caller was interrupted may have been finished all the same: nobody knows of its tokens.
        engine.truncatePinned(cache, start);
        engine.growPinned(cache, start + part.length);
        try {
            Tensor x = text.embed(part);
            overwrite.accept(x);
            text.forward(x, Rows.of(cache, start, part.length, true), cancelled);
            float[][] result = new float[wanted][vocabSize];
            for (int r = 0; r < wanted; r += ROWS_OF_LOGITS) {
                int count = Math.min(ROWS_OF_LOGITS, wanted - r);
                long mark = kernels.workspace().mark();
                Tensor logits = text.logits(x.rows(part.length - wanted + r, count));
                for (int i = 0; i < count; i++) {
                    kernels.read(logits, i, result[r + i]);
                }
                kernels.workspace().release(mark);
            }
            return result;
        } catch (RuntimeException e) {
            engine.truncatePinned(cache, start);
            throw e;
        }
    }

    /** Logits of so many rows are computed at a time: a vocabulary is much wider than the model. */
    private static final int ROWS_OF_LOGITS = 16;

    /** Forgets all tokens from {@code length} on. */
    public void truncate(int length) {
        requireOpen();
        if (length < 0 || length > tokens.length) {
            throw new IllegalArgumentException("truncate: expected 0 to " + tokens.length + ", found " + length);
        }
        tokens = Arrays.copyOf(tokens, length);
        await(free(length), new AtomicBoolean());
    }

    private CompletableFuture<Integer> free(int length) {
        return engine.call(() -> {
            engine.truncatePinned(cache, length);
            return length;
        });
    }

    /** @param cancelled set if this thread is interrupted, so that a pass in hand ends early */
    static <T> T await(CompletableFuture<T> result, AtomicBoolean cancelled) {
        try {
            return result.get();
        } catch (InterruptedException e) {
            cancelled.set(true);
            Thread.currentThread().interrupt();
            throw new CancelledException("interrupted while waiting for the engine", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new CompletionException(e.getCause());
        }
    }

    private void requireOpen() {
        if (closed.get()) {
            throw new ClosedException("the session is closed");
        }
    }

    /** Gives the cache back; idempotent. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            try {
                await(free(0), new AtomicBoolean());
            } catch (ClosedException e) {
                // The model was closed first and took the cache with it.
            } catch (CancelledException e) {
                // The engine gives the cache back all the same; this thread's interrupt is still to be seen.
            }
        }
    }
}

package org.kimi4j.quant;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.kimi4j.KimiModel;
import org.kimi4j.Session;
import org.kimi4j.error.UnsupportedOptionException;
import org.kimi4j.quant.HeldOutText.Window;

/**
 * Measures how well a model predicts a text, and how far it is from the model it was made of. Borrows the models, which
 * stay open.
 *
 * <pre>{@code
 * PerplexityReport report = Perplexity.of(quantized)
 *     .against(original)
 *     .measure(Files.readString(Path.of("held-out.txt")));
 * }</pre>
 *
 * <p>A text is read in windows, each with a fresh cache; both models read the same tokens. Logits are turned into
 * probabilities in 64-bit floats.
 */
public final class Perplexity {

    /** Is told how far measuring is. */
    @FunctionalInterface
    public interface Progress {
        void tokens(long done, long total);
    }

    /** Positions whose logits are held at a time, of each model: 42 MB for a vocabulary of 163,840. */
    private static final int CHUNK = 64;

    private final KimiModel model;
    private @Nullable KimiModel reference;
    private int window;
    private boolean controlTokens;
    private boolean repliesOnly;
    private boolean joined;
    private int firstPosition = 1;
    private Progress progress = (done, total) -> {};

    private Perplexity(KimiModel model) {
        this.model = model;
        this.window = Math.min(2048, model.contextLength());
    }

    /** Of this model. */
    public static Perplexity of(KimiModel model) {
        return new Perplexity(model);
    }

    /** The model it is compared with, which must have the same vocabulary. */
    public Perplexity against(KimiModel value) {
        reference = value;
        return this;
    }

    /** Most tokens that are read with one cache; 2,048 by default, or the model's context if that is shorter. */
    public Perplexity window(int tokens) {
        int most =
                reference == null ? model.contextLength() : Math.min(model.contextLength(), reference.contextLength());
        if (tokens < 2 || tokens > most) {
            throw new UnsupportedOptionException(
                    "window of " + tokens + " tokens: expected 2 to the context of " + most);
        }
        window = tokens;
        return this;
    }

    /** Whether names of control tokens in the text mean these tokens; not by default. [EOS] then ends a document. */
    public Perplexity controlTokens(boolean value) {
        controlTokens = value;
        return this;
    }

    /** Whether only what assistants wrote counts, in a text of rendered conversations; not by default. */
    public Perplexity repliesOnly(boolean value) {
        repliesOnly = value;
        return this;
    }

    /** Whether documents follow each other in one window, so that windows are full; not by default. */
    public Perplexity joined(boolean value) {
        joined = value;
        return this;
    }

    /** The first position of a window that counts; 1 by default, because nothing predicts the first token. */
    public Perplexity firstPosition(int value) {
        if (value < 1) {
            throw new UnsupportedOptionException("first position " + value + ": expected at least 1");
        }
        firstPosition = value;
        return this;
    }

    /** Who is told how far measuring is. */
    public Perplexity progress(Progress value) {
        progress = value;
        return this;
    }

    /**
     * Reads a text.
     *
     * @throws UnsupportedOptionException if the models have different vocabularies, or the text has nothing to predict
     * @throws org.kimi4j.error.CancelledException if the calling thread is interrupted
     */
    public PerplexityReport measure(String text) {
        int[] tokens = encode(model, text);
        if (reference != null && !Arrays.equals(tokens, encode(reference, text))) {
            throw new UnsupportedOptionException(model.directory() + " and " + reference.directory()
                    + " turn the text into different tokens; models are compared that share a vocabulary");
        }
        List<Window> windows =
                HeldOutText.windows(model.tokenizer(), tokens, window, joined, controlTokens && repliesOnly);
        Sums sums = new Sums();
        long total = windows.stream().mapToLong(w -> w.tokens().length).sum();
        try (Session one = model.newSession();
                Session other = reference == null ? one : reference.newSession()) {
            long done = 0;
            for (Window w : windows) {
                one.truncate(0);
                other.truncate(0);
                read(w, one, other, sums, done, total);
                done += w.tokens().length;
            }
        }
        if (sums.positions == 0) {
            throw new UnsupportedOptionException("the text has no token to predict in windows of " + window
                    + " tokens from position " + firstPosition + " on");
        }
        return sums.report(windows.size(), total, reference != null);
    }

    private int[] encode(KimiModel by, String text) {
        return controlTokens ? by.tokenizer().encodeRaw(text) : by.tokenizer().encode(text);
    }

    private void read(Window w, Session one, Session other, Sums sums, long before, long total) {
        float[][] rows = new float[CHUNK][];
        // The last token predicts nothing that is known.
        int length = w.tokens().length - 1;
        for (int from = 0; from < length; from += CHUNK) {
            int start = from;
            int[] part = Arrays.copyOfRange(w.tokens(), from, Math.min(length, from + CHUNK));
            if (reference != null) {
                other.append(part, CHUNK, false, (position, logits) -> rows[position - start] = logits.clone());
            }
            one.append(part, CHUNK, false, (position, logits) -> {
                int next = position + 1;
                if (next >= firstPosition && w.scored()[next]) {
                    sums.add(logits, rows[position - start], w.tokens()[next]);
                }
            });
            progress.tokens(before + from + part.length, total);
        }
    }

    /** What is summed over positions. */
    private static final class Sums {
        private long positions;
        private double loss;
        private double referenceLoss;
        private double kl;
        private double maxKl;
        private long topChanges;

        void add(float[] logits, float @Nullable [] before, int token) {
            positions++;
            double norm = logSum(logits);
            loss += norm - logits[token];
            if (before == null) {
                return;
            }
            double beforeNorm = logSum(before);
            referenceLoss += beforeNorm - before[token];
            double divergence = 0;
            int top = 0;
            int beforeTop = 0;
            for (int id = 0; id < logits.length; id++) {
                double was = before[id] - beforeNorm;
                divergence += Math.exp(was) * (was - (logits[id] - norm));
                top = logits[id] > logits[top] ? id : top;
                beforeTop = before[id] > before[beforeTop] ? id : beforeTop;
            }
            kl += divergence;
            maxKl = Math.max(maxKl, divergence);
            topChanges += top == beforeTop ? 0 : 1;
        }

        private static double logSum(float[] logits) {
            float largest = Float.NEGATIVE_INFINITY;
            for (float logit : logits) {
                largest = Math.max(largest, logit);
            }
            double sum = 0;
            for (float logit : logits) {
                sum += Math.exp((double) logit - largest);
            }
            return largest + Math.log(sum);
        }

        PerplexityReport report(long windows, long tokens, boolean compared) {
            Optional<PerplexityReport.Comparison> against = compared
                    ? Optional.of(new PerplexityReport.Comparison(
                            Math.exp(referenceLoss / positions), kl / positions, maxKl, topChanges))
                    : Optional.empty();
            return new PerplexityReport(windows, tokens, positions, Math.exp(loss / positions), against);
        }
    }
}

package org.kimi4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kimi4j.cache.LatentCache;
import org.kimi4j.chat.ChatFormat;
import org.kimi4j.chat.ChatTemplate;
import org.kimi4j.config.KvType;
import org.kimi4j.config.Precision;
import org.kimi4j.kernel.Backends;
import org.kimi4j.kernel.Rows;
import org.kimi4j.model.OpenedModel;
import org.kimi4j.nano.KimiNano;
import org.kimi4j.tensor.Tensor;
import org.kimi4j.tokenizer.Tokenizer;
import org.kimi4j.tokenizer.Tokenizers;
import org.kimi4j.trace.Trace;

/**
 * What FAST costs: its distributions over the next token against those of EXACT. Prints the table of docs/precision.md,
 * whose two bounds decide which precision is the default.
 */
@Tag("large")
class PrecisionTest {

    /** FAST is the default only where it picks the same token as EXACT so often, and its mean divergence is below. */
    private static final double AGREEMENT_OF_A_DEFAULT = 0.99;

    private static final double MOST_DIVERGENCE = 0.01;
    private static final int SLICE_TOKENS = 96;
    private static final long SEED = 20261104;

    /** Sums over positions. */
    private static final class Loss {
        private int positions;
        private int agreed;
        private double divergence;

        void add(float[] exact, float[] fast) {
            positions++;
            agreed += best(exact) == best(fast) ? 1 : 0;
            double exactNorm = logSum(exact);
            double fastNorm = logSum(fast);
            for (int i = 0; i < exact.length; i++) {
                double log = exact[i] - exactNorm;
                divergence += Math.exp(log) * (log - (fast[i] - fastNorm));
            }
        }

        private static int best(float[] logits) {
            int best = 0;
            for (int i = 1; i < logits.length; i++) {
                best = logits[i] > logits[best] ? i : best;
            }
            return best;
        }

        private static double logSum(float[] logits) {
            double max = logits[best(logits)];
            double sum = 0;
            for (float logit : logits) {
                sum += Math.exp(logit - max);
            }
            return max + Math.log(sum);
        }

        double agreement() {
            return (double) agreed / positions;
        }

        double meanDivergence() {
            return divergence / positions;
        }

        void print(String model, boolean prompt) {
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %s | %d | %.2f %% | %.2g |%n",
                    model,
                    prompt ? "prompt" : "generated",
                    positions,
                    100 * agreement(),
                    meanDivergence());
        }
    }

    /** The distributions after each token, all rows in one role. */
    private static float[][] logits(OpenedModel opened, int[] tokens, boolean prompt) {
        float[][] logits = new float[tokens.length][];
        try (LatentCache cache = opened.pool.newCache()) {
            cache.grow(tokens.length);
            Tensor x = opened.model.embed(tokens);
            opened.model.forward(x, Rows.of(cache, 0, tokens.length, prompt), () -> false);
            for (int r = 0; r < tokens.length; r += 16) {
                int count = Math.min(16, tokens.length - r);
                long mark = opened.kernels.workspace().mark();
                Tensor scores = opened.model.logits(x.rows(r, count));
                for (int i = 0; i < count; i++) {
                    logits[r + i] = new float[scores.cols()];
                    opened.kernels.read(scores, i, logits[r + i]);
                }
                opened.kernels.workspace().release(mark);
            }
            opened.kernels.workspace().release(0);
        }
        return logits;
    }

    private static Loss measure(String name, Path directory, List<int[]> prompts, boolean prompt) {
        Loss loss = new Loss();
        try (OpenedModel exact = open(directory, Precision.EXACT, KvType.F32);
                OpenedModel fast = open(directory, Precision.FAST, KvType.BF16)) {
            for (int[] tokens : prompts) {
                float[][] expected = logits(exact, tokens, prompt);
                float[][] actual = logits(fast, tokens, prompt);
                for (int i = 0; i < tokens.length; i++) {
                    loss.add(expected[i], actual[i]);
                }
            }
        }
        loss.print(name, prompt);
        return loss;
    }

    private static OpenedModel open(Path directory, Precision precision, KvType type) {
        return new OpenedModel(directory, Backends.VECTOR.create(precision, 2), type, Trace.NONE);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void fastIsCloseToExactOnTheBundledModel(boolean prompt) {
        ChatTemplate template = new ChatTemplate(ChatFormat.K2_5);
        List<int[]> prompts = new ArrayList<>();
        try (Tokenizer tokenizer = Tokenizers.open(KimiNano.path())) {
            Stream.of("goldens.json", "cases.json")
                    .flatMap(file -> NanoCases.read(file).stream())
                    .forEach(c -> prompts.add(template.render(c.input()).encode(tokenizer)));
        }
        check(measure("kimi-nano", KimiNano.path(), prompts, prompt));
    }

    private static void check(Loss loss) {
        assertThat(loss.meanDivergence()).isLessThanOrEqualTo(MOST_DIVERGENCE);
        if (KimiOptions.DEFAULTS.precision() == Precision.FAST) {
            assertThat(loss.agreement()).isGreaterThanOrEqualTo(AGREEMENT_OF_A_DEFAULT);
        }
    }

    /** {@code -Dkimi.large.model} names a checkpoint of {@code ./kimi make-checkpoint DIR --layers 2}. */
    @EnabledIfSystemProperty(
            named = "kimi.large.model",
            matches = ".+",
            disabledReason = "kimi.large.model names no checkpoint in true shapes")
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void fastIsCloseToExactInTrueShapes(boolean prompt) {
        Path directory = Path.of(System.getProperty("kimi.large.model"));
        SplittableRandom random = new SplittableRandom(SEED);
        int[] tokens = random.ints(SLICE_TOKENS, 0, 100_000).toArray();
        check(measure("true shapes, seed " + SEED, directory, List.of(tokens), prompt));
    }
}

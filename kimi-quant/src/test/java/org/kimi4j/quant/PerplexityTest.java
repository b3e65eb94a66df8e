package org.kimi4j.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kimi4j.KimiModel;
import org.kimi4j.Session;
import org.kimi4j.error.UnsupportedOptionException;
import org.kimi4j.nano.KimiNano;
import org.kimi4j.testkit.TinyCheckpoint;

class PerplexityTest {

    private static final String TWO = "<|im_user|>user<|im_middle|>Hi<|im_end|><|im_assistant|>assistant<|im_middle|>"
            + "<think></think>Hello!<|im_end|>[EOS]<|im_user|>user<|im_middle|>2 + 2<|im_end|><|im_assistant|>assistant"
            + "<|im_middle|><think>2 + 2 = 4.</think>4<|im_end|>[EOS]";

    @TempDir
    Path temp;

    /** What tools/nano/heldout.py wrote. */
    static String heldOut() throws IOException {
        try (InputStream file = PerplexityTest.class.getResourceAsStream("heldout.txt.gz")) {
            assertThat(file).isNotNull();
            return new String(new GZIPInputStream(file).readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void perplexityAndDivergenceAreThoseOfTheLogits() throws IOException {
        Path other = TinyCheckpoint.configure().seed(7).write(temp.resolve("other"));
        try (KimiModel one = KimiModel.open(TinyCheckpoint.write(temp.resolve("one")));
                KimiModel reference = KimiModel.open(other)) {
            String text = "A text that nobody has learnt by heart, 100 times over. ".repeat(3);
            int[] tokens = one.tokenizer().encode(text);
            double loss = 0;
            double divergence = 0;
            int changes = 0;
            try (Session a = one.newSession();
                    Session b = reference.newSession()) {
                for (int i = 0; i + 1 < tokens.length; i++) {
                    double[] p = probabilities(a.append(tokens[i]));
                    double[] q = probabilities(b.append(tokens[i]));
                    loss -= Math.log(p[tokens[i + 1]]);
                    int topP = 0;
                    int topQ = 0;
                    for (int id = 0; id < p.length; id++) {
                        divergence += q[id] * Math.log(q[id] / p[id]);
                        topP = p[id] > p[topP] ? id : topP;
                        topQ = q[id] > q[topQ] ? id : topQ;
                    }
                    changes += topP == topQ ? 0 : 1;
                }
            }
            int positions = tokens.length - 1;
            PerplexityReport report = Perplexity.of(one).against(reference).measure(text);
            assertThat(report.positions()).isEqualTo(positions);
            assertThat(report.tokens()).isEqualTo(tokens.length);
            assertThat(report.perplexity()).isCloseTo(Math.exp(loss / positions), within(1e-3));
            assertThat(report.against().orElseThrow().meanKl()).isCloseTo(divergence / positions, within(1e-6));
            assertThat(report.against().orElseThrow().topChanges()).isEqualTo(changes);
            assertThat(changes).isPositive();
        }
    }

    private static double[] probabilities(float[] logits) {
        double[] p = new double[logits.length];
        double sum = 0;
        for (int i = 0; i < p.length; i++) {
            p[i] = Math.exp(logits[i]);
            sum += p[i];
        }
        for (int i = 0; i < p.length; i++) {
            p[i] /= sum;
        }
        return p;
    }

    @Test
    void aModelIsNotDifferentFromItself() throws IOException {
        try (KimiModel model = KimiModel.open(TinyCheckpoint.write(temp.resolve("one")))) {
            List<Long> progress = new ArrayList<>();
            PerplexityReport report = Perplexity.of(model)
                    .against(model)
                    .window(16)
                    .progress((done, total) -> progress.add(done))
                    .measure("Twenty-six characters or so.".repeat(4));
            assertThat(report.perplexityRatio()).isEqualTo(1);
            assertThat(report.against().orElseThrow().meanKl()).isZero();
            assertThat(report.topChangeRate()).isZero();
            assertThat(report.windows()).isEqualTo((report.tokens() + 15) / 16);
            assertThat(report.positions()).isEqualTo(report.tokens() - report.windows());
            assertThat(progress).isSorted();
        }
    }

    @Test
    void documentsEndAtTheirControlTokenAndOnlyRepliesCountOnRequest() {
        try (KimiModel model = KimiModel.open(KimiNano.path())) {
            PerplexityReport all = Perplexity.of(model).controlTokens(true).measure(TWO);
            assertThat(all.windows()).isEqualTo(2);
            assertThat(all.positions()).isEqualTo(all.tokens() - 2);
            // Hello ! <|im_end|>, and in the second: 2 + 2 = 4 . </think> 4 <|im_end|>
            PerplexityReport replies =
                    Perplexity.of(model).controlTokens(true).repliesOnly(true).measure(TWO);
            int written = model.tokenizer().encode("Hello!").length
                    + model.tokenizer().encode("2 + 2 = 4.").length
                    + model.tokenizer().encode("4").length
                    + 3;
            assertThat(replies.positions()).isEqualTo(written);
            // Prompts were never learnt, only what answers them.
            assertThat(replies.perplexity()).isBetween(1.0, all.perplexity() / 3);
            PerplexityReport joined =
                    Perplexity.of(model).controlTokens(true).joined(true).measure(TWO);
            assertThat(joined.windows()).isEqualTo(1);
            assertThat(joined.tokens()).isEqualTo(all.tokens());
            PerplexityReport late = Perplexity.of(model)
                    .controlTokens(true)
                    .joined(true)
                    .firstPosition(20)
                    .measure(TWO);
            assertThat(late.positions()).isEqualTo(joined.tokens() - 20);
        }
    }

    @Test
    void whatCannotBeMeasuredIsRefused() throws IOException {
        try (KimiModel nano = KimiModel.open(KimiNano.path());
                KimiModel tiny = KimiModel.open(TinyCheckpoint.write(temp.resolve("tiny")))) {
            assertThatThrownBy(() -> Perplexity.of(nano).against(tiny).measure("some text or other"))
                    .isInstanceOf(UnsupportedOptionException.class)
                    .hasMessageContaining("share a vocabulary");
            assertThatThrownBy(() -> Perplexity.of(nano).measure(""))
                    .isInstanceOf(UnsupportedOptionException.class)
                    .hasMessageContaining("no token to predict");
            assertThatThrownBy(() -> Perplexity.of(nano).window(1))
                    .isInstanceOf(UnsupportedOptionException.class)
                    .hasMessageContaining("expected 2 to the context of");
        }
    }

    /** A thirtieth of the text; docs/quantization.md has the figures of all of it. */
    @Test
    void trunkInt8LosesLittleOnHeldOutText() throws IOException {
        String text = heldOut();
        requireLittleLoss(text.substring(0, text.indexOf("[EOS]", text.length() / 30) + 5), 0.01, 0.006);
    }

    @Test
    @Tag("large")
    void trunkInt8LosesLittleOnAllHeldOutText() throws IOException {
        assertThat(requireLittleLoss(heldOut(), 0.005, 0.003).tokens()).isGreaterThan(20_000);
    }

    private PerplexityReport requireLittleLoss(String text, double topChanges, double perplexity) {
        Path result = temp.resolve("quantized");
        Quantizer.of(KimiNano.path()).write(result);
        try (KimiModel quantized = KimiModel.open(result);
                KimiModel original = KimiModel.open(KimiNano.path())) {
            PerplexityReport report = Perplexity.of(quantized)
                    .against(original)
                    .controlTokens(true)
                    .repliesOnly(true)
                    .measure(text);
            assertThat(report.topChangeRate()).as("%s", report).isLessThan(topChanges);
            assertThat(report.perplexityRatio()).as("%s", report).isCloseTo(1, within(perplexity));
            assertThat(report.against().orElseThrow().meanKl()).isBetween(1e-9, 1e-3);
            return report;
        }
    }
}

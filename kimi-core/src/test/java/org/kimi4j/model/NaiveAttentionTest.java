package org.kimi4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kimi4j.config.KvType;
import org.kimi4j.config.Precision;
import org.kimi4j.config.TextConfig;
import org.kimi4j.kernel.Backends;
import org.kimi4j.tensor.Matrix;
import org.kimi4j.trace.Trace;

/**
 * A second attention, written from the formulas in double: keys and values of all heads expanded by kv_b_proj, no cache,
 * no tiles, no running softmax. Shares no code with the kernels.
 */
class NaiveAttentionTest {

    private static final long SEED = 20261106;
    /** The absorbed form sums in another order and in floats; measured below 1e-6. */
    private static final double RMS_BOUND = 3e-6;

    private static final int TOKENS = 70;

    /** A matrix element by element, by the meaning of each encoding. */
    private static double[][] elements(Matrix w) {
        double[][] e = new double[w.rows()][w.cols()];
        ValueLayout.OfShort half = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
        ValueLayout.OfFloat single = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
        for (int r = 0; r < w.rows(); r++) {
            for (int c = 0; c < w.cols(); c++) {
                long i = (long) r * w.cols() + c;
                e[r][c] = switch (w) {
                    case Matrix.F32 f -> f.values().get(single, 4 * i);
                    case Matrix.Bf16 b -> Float.intBitsToFloat(b.values().get(half, 2 * i) << 16);
                    case Matrix.Int4 _, Matrix.Int8 _ ->
                        throw new IllegalArgumentException("attention of the golden models is not quantised");
                };
            }
        }
        return e;
    }

    private static double[][] product(double[][] x, double[][] w) {
        double[][] y = new double[x.length][w.length];
        for (int r = 0; r < x.length; r++) {
            for (int o = 0; o < w.length; o++) {
                for (int i = 0; i < w[o].length; i++) {
                    y[r][o] += x[r][i] * w[o][i];
                }
            }
        }
        return y;
    }

    /** The first {@code cols} values of each row, normed. */
    private static double[][] norm(double[][] x, double[] weight, double eps) {
        double[][] y = new double[x.length][weight.length];
        for (int r = 0; r < x.length; r++) {
            double squares = 0;
            for (int i = 0; i < weight.length; i++) {
                squares += x[r][i] * x[r][i];
            }
            for (int i = 0; i < weight.length; i++) {
                y[r][i] = x[r][i] / Math.sqrt(squares / weight.length + eps) * weight[i];
            }
        }
        return y;
    }

    /** Rotates interleaved pairs of {@code dim} values from {@code at} on. */
    private static void rotate(double[] x, int at, double[] frequency, int position) {
        for (int j = 0; j < frequency.length; j++) {
            double cos = Math.cos(position * frequency[j]);
            double sin = Math.sin(position * frequency[j]);
            double a = x[at + 2 * j];
            double b = x[at + 2 * j + 1];
            x[at + 2 * j] = a * cos - b * sin;
            x[at + 2 * j + 1] = b * cos + a * sin;
        }
    }

    private static double[][] attention(MlaWeights a, TextConfig c, double[][] h) {
        int heads = c.numAttentionHeads();
        int nope = c.qkNopeHeadDim();
        int rope = c.qkRopeHeadDim();
        int value = c.vHeadDim();
        int latent = c.kvLoraRank();
        double[][] q = product(
                norm(product(h, elements(a.qAProj())), elements(a.qALayernorm())[0], 1e-6), elements(a.qBProj()));
        double[][] kvA = product(h, elements(a.kvAProjWithMqa()));
        double[][] keysAndValues = product(norm(kvA, elements(a.kvALayernorm())[0], 1e-6), elements(a.kvBProj()));
        double[] frequency = Yarn.frequencies(c);
        for (int p = 0; p < h.length; p++) {
            rotate(kvA[p], latent, frequency, p);
            for (int head = 0; head < heads; head++) {
                rotate(q[p], head * (nope + rope) + nope, frequency, p);
            }
        }
        double[][] o = new double[h.length][heads * value];
        for (int head = 0; head < heads; head++) {
            int key = head * (nope + value);
            for (int p = 0; p < h.length; p++) {
                double[] weight = new double[p + 1];
                double total = 0;
                for (int t = 0; t <= p; t++) {
                    double score = 0;
                    for (int i = 0; i < nope; i++) {
                        score += q[p][head * (nope + rope) + i] * keysAndValues[t][key + i];
                    }
                    for (int i = 0; i < rope; i++) {
                        score += q[p][head * (nope + rope) + nope + i] * kvA[t][latent + i];
                    }
                    weight[t] = Math.exp(score * c.softmaxScale());
                    total += weight[t];
                }
                for (int t = 0; t <= p; t++) {
                    for (int v = 0; v < value; v++) {
                        o[p][head * value + v] += weight[t] / total * keysAndValues[t][key + nope + v];
                    }
                }
            }
        }
        return product(o, elements(a.oProj()));
    }

    @ParameterizedTest
    @CsvSource({"tiny-a, SCALAR", "tiny-a, VECTOR", "tiny-b, SCALAR", "tiny-b, VECTOR"})
    void absorbedAttentionAgreesWithExpandedKeysAndValues(String golden, Backends backend) {
        List<double[][]> normed = new ArrayList<>();
        List<double[][]> results = new ArrayList<>();
        Trace trace = (name, _, tensor) -> {
            if (name.equals("attn_norm") || name.equals("attn_out")) {
                double[][] rows = new double[tensor.rows()][tensor.cols()];
                float[] row = new float[tensor.cols()];
                for (int r = 0; r < rows.length; r++) {
                    tensor.copyRow(r, row, 0);
                    for (int i = 0; i < row.length; i++) {
                        rows[r][i] = row[i];
                    }
                }
                (name.equals("attn_norm") ? normed : results).add(rows);
            }
        };
        try (OpenedModel m = new OpenedModel(
                Golden.read(golden).directory().resolve("checkpoint"),
                backend.create(Precision.EXACT, 2),
                KvType.F32,
                trace)) {
            TextConfig c = m.config.textConfig();
            m.logits(new SplittableRandom(SEED).ints(TOKENS, 0, c.vocabSize()).toArray(), TOKENS);
            assertThat(results).hasSize(c.numHiddenLayers());
            for (int layer = 0; layer < results.size(); layer++) {
                double[][] expected = attention(m.weights.layer(layer).selfAttn(), c, normed.get(layer));
                double error = 0;
                double size = 0;
                for (int p = 0; p < TOKENS; p++) {
                    for (int i = 0; i < c.hiddenSize(); i++) {
                        error += Math.pow(results.get(layer)[p][i] - expected[p][i], 2);
                        size += Math.pow(expected[p][i], 2);
                    }
                }
                assertThat(Math.sqrt(error / size))
                        .as("layer %d, seed %d", layer, SEED)
                        .isLessThan(RMS_BOUND);
            }
        }
    }

    /** Some implementations bring the first values of all pairs together, then the second, and rotate halves. */
    @Test
    void scoresOfInterleavedPairsEqualThoseOfRotatedHalves() {
        SplittableRandom random = new SplittableRandom(SEED);
        double[] frequency =
                Yarn.frequencies(YarnTest.config(new org.kimi4j.config.RopeScaling(64, 4096, 32, 1, 1, 1)));
        int dim = 2 * frequency.length;
        for (int trial = 0; trial < 50; trial++) {
            double[] q = random.doubles(dim, -1, 1).toArray();
            double[] k = random.doubles(dim, -1, 1).toArray();
            int at = random.nextInt(262_144);
            int before = random.nextInt(at + 1);
            double[] qHalves = rotatedHalves(q, frequency, at);
            double[] kHalves = rotatedHalves(k, frequency, before);
            rotate(q, 0, frequency, at);
            rotate(k, 0, frequency, before);
            double interleaved = 0;
            double halves = 0;
            for (int i = 0; i < dim; i++) {
                interleaved += q[i] * k[i];
                halves += qHalves[i] * kHalves[i];
            }
            assertThat(halves).as("trial %d, seed %d", trial, SEED).isCloseTo(interleaved, offset(1e-13));
        }
    }

    private static double[] rotatedHalves(double[] x, double[] frequency, int position) {
        int half = frequency.length;
        double[] apart = new double[2 * half];
        for (int j = 0; j < half; j++) {
            apart[j] = x[2 * j];
            apart[half + j] = x[2 * j + 1];
        }
        double[] y = new double[2 * half];
        for (int i = 0; i < 2 * half; i++) {
            double angle = position * frequency[i % half];
            double turned = i < half ? -apart[half + i] : apart[i - half];
            y[i] = apart[i] * Math.cos(angle) + turned * Math.sin(angle);
        }
        return y;
    }
}

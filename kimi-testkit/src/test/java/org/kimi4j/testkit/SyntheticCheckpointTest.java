package org.kimi4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SyntheticCheckpointTest {

    @Test
    void theTrueShapeHasTheOfficialTensorsToTheByte() {
        SyntheticCheckpoint k25 = SyntheticCheckpoint.of(ModelShape.k25()).vision(true);
        List<List<TensorSpec>> shards = k25.shards();
        assertThat(shards).hasSize(64);
        assertThat(shards.stream().mapToInt(List::size).sum()).isEqualTo(208_550);
        assertThat(k25.tensorBytes()).isEqualTo(595_148_192_736L);
    }

    @Test
    void sameSeedSameFilesAnotherSeedOtherWeights(@TempDir Path folder) throws IOException {
        Path first = TinyCheckpoint.writeWithVision(folder.resolve("first"));
        Path second = TinyCheckpoint.writeWithVision(folder.resolve("second"));
        Path third = TinyCheckpoint.configure().vision(true).seed(43).write(folder.resolve("third"));
        for (Path file : files(first)) {
            String name = file.getFileName().toString();
            assertThat(Files.mismatch(file, second.resolve(name))).as(name).isEqualTo(-1);
            if (name.endsWith(".safetensors")) {
                assertThat(Files.mismatch(file, third.resolve(name))).as(name).isNotEqualTo(-1);
            }
        }
        assertThat(files(first))
                .extracting(f -> f.getFileName().toString())
                .contains(
                        "config.json",
                        "generation_config.json",
                        "tokenizer_config.json",
                        "tiktoken.model",
                        "preprocessor_config.json",
                        "model.safetensors.index.json",
                        "model-00001-of-000006.safetensors");
    }

    @Test
    void aTinyCheckpointIsTiny(@TempDir Path folder) throws IOException {
        long bytes = 0;
        for (Path file : files(TinyCheckpoint.write(folder))) {
            bytes += Files.size(file);
        }
        assertThat(bytes).isLessThan(2_000_000);
    }

    @Test
    void weightsHaveTheSpreadOfTheirFanIn() {
        SyntheticCheckpoint tiny = TinyCheckpoint.configure();
        byte[] dense = tiny.data("language_model.model.layers.0.mlp.down_proj.weight");
        assertThat(deviation(bf16(dense))).isBetween(0.97 / Math.sqrt(192), 1.03 / Math.sqrt(192));
        byte[] packed = tiny.data("language_model.model.layers.1.mlp.experts.3.down_proj.weight_packed");
        byte[] scale = tiny.data("language_model.model.layers.1.mlp.experts.3.down_proj.weight_scale");
        float[] weights = unpack(packed, scale);
        assertThat(deviation(weights)).isBetween(0.97 / Math.sqrt(64), 1.03 / Math.sqrt(64));
        assertThat(tiny.data("language_model.model.layers.1.mlp.experts.3.down_proj.weight_shape"))
                .containsExactly(128, 0, 0, 0, 64, 0, 0, 0);
    }

    @Test
    void allSixteenLevelsOfInt4Occur() {
        byte[] packed =
                TinyCheckpoint.configure().data("language_model.model.layers.1.mlp.experts.0.gate_proj.weight_packed");
        boolean[] seen = new boolean[16];
        for (byte b : packed) {
            seen[b & 15] = true;
            seen[(b >>> 4) & 15] = true;
        }
        assertThat(seen).containsOnly(true);
    }

    @Test
    void expertsAreChosenAboutEvenly() {
        int hidden = 512;
        int experts = 64;
        ModelShape shape = ModelShape.tiny().with(Size.HIDDEN_SIZE, hidden).with(Size.N_ROUTED_EXPERTS, experts);
        SyntheticCheckpoint checkpoint = SyntheticCheckpoint.of(shape);
        float[] gate = bf16(checkpoint.data("language_model.model.layers.1.mlp.gate.weight"));
        long seed = 5;
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        int[] chosen = new int[experts];
        int tokens = 4_000;
        int top = 8;
        for (int token = 0; token < tokens; token++) {
            float[] x = new float[hidden];
            for (int i = 0; i < hidden; i++) {
                x[i] = (float) random.nextGaussian();
            }
            for (int expert : best(gate, x, experts, top)) {
                chosen[expert]++;
            }
        }
        int fair = tokens * top / experts;
        for (int count : chosen) {
            assertThat(count).isBetween(fair / 2, 2 * fair);
        }
    }

    private static List<Integer> best(float[] gate, float[] x, int experts, int top) {
        double[] scores = new double[experts];
        List<Integer> order = new ArrayList<>();
        for (int e = 0; e < experts; e++) {
            order.add(e);
            for (int i = 0; i < x.length; i++) {
                scores[e] += gate[e * x.length + i] * x[i];
            }
        }
        order.sort((a, b) -> Double.compare(scores[b], scores[a]));
        return order.subList(0, top);
    }

    @Test
    void sparseFilesHaveTheirLengthButNotTheirBlocks(@TempDir Path folder) throws IOException {
        ModelShape shape = ModelShape.k25().with(Size.NUM_HIDDEN_LAYERS, 2);
        SyntheticCheckpoint sparse = SyntheticCheckpoint.of(shape).sparse(true);
        sparse.write(folder);
        long length = 0;
        for (Path file : files(folder)) {
            length += Files.size(file);
        }
        assertThat(sparse.tensorBytes()).isBetween(15_000_000_000L, 16_000_000_000L);
        assertThat(length).isGreaterThan(sparse.tensorBytes());
        Object blocks = blocks(folder.resolve("model-00002-of-000003.safetensors"));
        if (blocks instanceof Long bytes) {
            assertThat(bytes).isLessThan(10_000_000);
        }
    }

    /** Bytes on disk by du, or nothing where there is none. */
    private static Object blocks(Path file) throws IOException {
        try {
            Process du = new ProcessBuilder("du", "-k", file.toString()).start();
            String line = new String(du.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
            return Long.parseLong(line.split("\\s")[0]) * 1_024;
        } catch (IOException | NumberFormatException e) {
            return "no du here";
        }
    }

    @Test
    void progressEndsAtTheTotal(@TempDir Path folder) throws IOException {
        SyntheticCheckpoint tiny = TinyCheckpoint.configure();
        long[] last = new long[2];
        tiny.progress((done, total) -> {
                    assertThat(done).isGreaterThan(last[0]);
                    last[0] = done;
                    last[1] = total;
                })
                .write(folder);
        assertThat(last[0]).isEqualTo(last[1]).isEqualTo(tiny.tensorBytes());
    }

    @Test
    void sizesThatContradictEachOtherAreRefusedByTheirKey() {
        assertThatThrownBy(() -> SyntheticCheckpoint.of(ModelShape.tiny().with(Size.HIDDEN_SIZE, 100)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("hidden_size");
        assertThatThrownBy(() -> SyntheticCheckpoint.of(ModelShape.tiny().with(Size.NUM_EXPERTS_PER_TOK, 9)))
                .hasMessageContaining("num_experts_per_tok");
    }

    @Test
    void everyRankIsUniqueAndMadeOfTwoLowerOnes() {
        int ranks = 163_584;
        java.util.Map<String, Integer> rankOf = new java.util.HashMap<>();
        for (int rank = 0; rank < ranks; rank++) {
            String token = new String(SyntheticRanks.token(rank), java.nio.charset.StandardCharsets.ISO_8859_1);
            assertThat(rankOf.put(token, rank)).as(token).isNull();
            boolean composed = rank < 256;
            for (int cut = 1; cut < token.length() && !composed; cut++) {
                composed = rankOf.containsKey(token.substring(0, cut)) && rankOf.containsKey(token.substring(cut));
            }
            assertThat(composed).as(token).isTrue();
        }
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }

    private static float[] bf16(byte[] bytes) {
        float[] values = new float[bytes.length / 2];
        for (int i = 0; i < values.length; i++) {
            values[i] = Numbers.fromBf16((short) (bytes[2 * i] & 255 | bytes[2 * i + 1] << 8));
        }
        return values;
    }

    private static float[] unpack(byte[] packed, byte[] scale) {
        float[] weights = new float[packed.length * 2];
        for (int i = 0; i < weights.length; i++) {
            int group = i / Numbers.GROUP;
            short bits = (short) (scale[2 * group] & 255 | scale[2 * group + 1] << 8);
            weights[i] = Numbers.dequantise(packed, i, bits);
        }
        return weights;
    }

    private static double deviation(float[] values) {
        double mean = 0;
        double square = 0;
        for (float v : values) {
            mean += v / (double) values.length;
            square += (double) v * v / values.length;
        }
        return Math.sqrt(square - mean * mean);
    }
}

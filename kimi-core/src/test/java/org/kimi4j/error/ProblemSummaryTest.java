package org.kimi4j.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProblemSummaryTest {

    private static String problem(int shard, int layer, String leaf) {
        return String.format(
                "model-%05d-of-000064.safetensors: tensor language_model.model.layers.%d.%s%n  expected BF16 [16384, 512],"
                        + " found BF16 [8192, 512]",
                shard, layer, leaf);
    }

    @Test
    void oneProblemIsTheMessage() {
        assertThat(CheckpointException.of("dir", List.of("a.safetensors: broken")))
                .hasMessage("dir: a.safetensors: broken");
    }

    @Test
    void aHundredThousandProblemsStayReadable() {
        List<String> problems = new ArrayList<>();
        for (int i = 0; i < 100_000; i++) {
            problems.add(problem(i % 64, i % 61, "mlp.experts." + i % 384 + ".up_proj.weight_packed"));
        }
        problems.add(problem(3, 4, "self_attn.kv_b_proj.weight"));
        CheckpointException e = CheckpointException.of("/models/k", problems);
        assertThat(e.getMessage())
                .hasSizeLessThan(3_500)
                .startsWith("/models/k: 100001 problems\n")
                .contains("self_attn.kv_b_proj.weight")
                .contains("99991 x model-*-of-*.safetensors: tensor"
                        + " language_model.model.layers.*.mlp.experts.*.up_proj.weight_packed");
        assertThat(e.problems()).hasSize(100_001);
    }

    @Test
    void atMostTenAreInFull() {
        List<String> problems = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            problems.add(problem(1, i, "input_layernorm.weight"));
        }
        String message = CheckpointException.of("d", problems).getMessage();
        assertThat(message.split("expected BF16", -1)).hasSize(11);
        assertThat(message).contains("and 20 more:");
    }

    @Test
    void manyKindsAndLongTextsStayUnderTheLimit() {
        List<String> problems = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            problems.add("file: kind" + "\u00e9".repeat(i % 700) + Integer.toString(i, 36) + "x".repeat(3_000));
        }
        assertThat(CheckpointException.of("s".repeat(9_000), problems).getMessage())
                .hasSizeLessThan(3_500)
                .contains("more kinds");
        assertThat(CheckpointException.of("d", List.of("y".repeat(50_000))).getMessage())
                .hasSizeLessThan(3_500);
    }

    @Test
    void digitsInsideWordsAreNotNumbers() {
        List<String> problems = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            problems.add("norm" + i % 2 + ".weight of layers." + i + " in BF16");
        }
        String message = CheckpointException.of("d", problems).getMessage();
        assertThat(message).contains("1 x norm0.weight of layers.* in BF16", "1 x norm1.weight of layers.* in BF16");
    }
}

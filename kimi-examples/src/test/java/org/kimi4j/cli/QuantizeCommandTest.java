package org.kimi4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kimi4j.testkit.TinyCheckpoint;

class QuantizeCommandTest {

    @TempDir
    Path temp;

    @Test
    void writesACheckpointAndSaysWhatEveryKindOfMatrixLost() throws IOException {
        Path source = TinyCheckpoint.write(temp.resolve("source"));
        Path out = temp.resolve("out");
        Ran ran = Ran.kimi(
                "quantize", "--model", source.toString(), "--recipe", "trunk-int8", "--group", "64", "--out", "" + out);
        assertThat(ran.exitCode()).as(ran.err()).isZero();
        assertThat(ran.out())
                .contains("3 x language_model.model.layers.*.self_attn.q_a_proj")
                .contains("1 x language_model.lm_head")
                .contains("group  64  0.00")
                .contains("left as it is: language_model.model.layers.*.self_attn.q_b_proj: rows of 48 elements");
        assertThat(ran.err()).contains("GB of tensors").contains("quantization-report.json");
        assertThat(Ran.kimi("inspect", out.toString()).exitCode()).isZero();
    }

    @Test
    void misuseIsExplained() throws IOException {
        Path source = TinyCheckpoint.write(temp.resolve("source"));
        Path out = temp.resolve("out");
        Files.createDirectories(out);
        Files.writeString(out.resolve("mine.txt"), "precious");
        Ran full = Ran.kimi("quantize", "--model", "" + source, "--recipe", "trunk-int8", "--out", "" + out);
        assertThat(full.exitCode()).isEqualTo(1);
        assertThat(full.err()).contains("expected a new or empty folder");
        assertThat(out.resolve("mine.txt")).hasContent("precious");
        Ran unknown = Ran.kimi("quantize", "--model", "" + source, "--recipe", "int2", "--out", "" + temp.resolve("o"));
        assertThat(unknown.exitCode()).isEqualTo(1);
        assertThat(unknown.err()).contains("recipe \"int2\": expected trunk-int8");
    }
}

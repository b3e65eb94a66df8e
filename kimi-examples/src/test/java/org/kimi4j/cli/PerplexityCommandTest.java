package org.kimi4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kimi4j.testkit.TinyCheckpoint;

class PerplexityCommandTest {

    @TempDir
    Path temp;

    @Test
    void comparesOneModelInTwoKindsOfCaches() throws IOException {
        Path model = TinyCheckpoint.write(temp.resolve("model"));
        Path text =
                Files.writeString(temp.resolve("text.txt"), "Some text that is read twice, and compared.[EOS]More.");
        Ran alone = Ran.kimi("perplexity", "--model", "" + model, "--text", "" + text, "--raw");
        assertThat(alone.exitCode()).as(alone.err()).isZero();
        assertThat(alone.out()).contains("in 2 windows").contains("perplexity").doesNotContain("KL");
        Ran compared = Ran.kimi(
                "perplexity",
                "--model",
                "" + model,
                "--kv",
                "i8",
                "--against",
                "" + model,
                "--against-kv",
                "f32",
                "--text",
                "" + text);
        assertThat(compared.exitCode()).as(compared.err()).isZero();
        assertThat(compared.out())
                .contains("of the other")
                .containsPattern("KL divergence +[1-9]\\.\\d+e-\\d+ mean")
                .contains("top-1 changes");
    }

    @Test
    void misuseIsExplained() throws IOException {
        Path model = TinyCheckpoint.write(temp.resolve("model"));
        Ran noFile = Ran.kimi("perplexity", "--model", "" + model, "--text", "" + temp.resolve("none.txt"));
        assertThat(noFile.exitCode()).isEqualTo(1);
        assertThat(noFile.err()).contains("none.txt: no such file");
        Ran noRaw = Ran.kimi("perplexity", "--model", "" + model, "--text", "x", "--replies");
        assertThat(noRaw.exitCode()).isEqualTo(1);
        assertThat(noRaw.err()).contains("--replies and --join need --raw");
    }
}

package org.kimi4j.benchmarks.plot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kimi4j.benchmarks.suite.Report;

class PlotsTest {

    @TempDir
    private Path folder;

    private Path csv(String name, String... lines) throws IOException {
        return Files.write(folder.resolve(name), java.util.List.of(lines));
    }

    @Test
    void benchBecomesAPictureForEachPhase() throws IOException {
        Path csv = csv(
                "slice.csv",
                "model,backend,precision,kv,threads,sessions,depth,phase,tokens,median_tok_s,p10,p90,rss_anon_mb,foreign_cpu",
                "slice,vector 256,fast,bf16,2,1,0,decode,32,3.00,2.50,3.10,400,0.10",
                "slice,vector 256,fast,bf16,2,1,4096,decode,32,2.50,2.40,2.60,400,",
                "slice,vector 256,fast,bf16,2,1,0,prefill,512,9.00,8.00,9.50,400,0.10");
        assertThat(Plots.draw(csv, folder.resolve("out")))
                .containsExactly(folder.resolve("out/slice-decode.png"), folder.resolve("out/slice-prefill.png"))
                .allSatisfy(file ->
                        assertThat(ImageIO.read(file.toFile()).getWidth()).isEqualTo(900));
    }

    @Test
    void ratiosBecomeAPictureForEachLimitThatHasFigures() throws IOException {
        Path csv = csv(
                "ratios.csv",
                Report.HEADER,
                "moe,8 experts,2,vector fast,15,20.0,19.0,21.0,10.0,36.0,0.6000,,,0.10",
                "moe,8 experts,2,read 1 C,15,12.0,11.0,13.0,16.0,,1.0000,,,0.10");
        assertThat(Plots.draw(csv, folder)).containsExactly(folder.resolve("ratios-of-read.png"));
    }

    @Test
    void anotherTableIsRefusedByItsColumns() throws IOException {
        Path csv = csv("other.csv", "a,b", "1,2");
        assertThatThrownBy(() -> Plots.draw(csv, folder))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("[a, b]");
        Path torn = csv("torn.csv", "a,b", "1");
        assertThatThrownBy(() -> Plots.draw(torn, folder)).hasMessageContaining("line 2: expected 2 values, found 1");
    }
}

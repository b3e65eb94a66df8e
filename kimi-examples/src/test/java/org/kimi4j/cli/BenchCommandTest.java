package org.kimi4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchCommandTest {

    private static final String HEADER =
            "model,backend,precision,kv,threads,sessions,depth,phase,tokens,median_tok_s,p10,p90,rss_anon_mb,foreign_cpu";

    @TempDir
    private Path folder;

    private static Ran bench(String... more) {
        String[] args = new String[more.length + 11];
        System.arraycopy(
                new String[] {
                    "bench",
                    "--model",
                    "nano",
                    "--warm-up",
                    "0",
                    "--repetitions",
                    "2",
                    "--prompt",
                    "24",
                    "--tokens",
                    "6"
                },
                0,
                args,
                0,
                11);
        System.arraycopy(more, 0, args, 11, more.length);
        return Ran.kimi(args);
    }

    @Test
    void theMatrixHasALineForEachDepthSessionsAndPhase() {
        Ran ran = bench("--format", "csv", "--depth", "0,100", "--sessions", "1,2", "--threads", "1,2");
        assertThat(ran.err()).contains("cold: first token", "warm: first token");
        assertThat(ran.exitCode()).isZero();
        List<String> lines = ran.out().lines().toList();
        assertThat(lines.getFirst()).isEqualTo(HEADER);
        assertThat(lines).hasSize(1 + 2 * 2 * 2 * 2);
        for (String line : lines.subList(1, lines.size())) {
            String[] fields = line.split(",", -1);
            assertThat(fields).hasSize(14);
            double p10 = Double.parseDouble(fields[10]);
            assertThat(p10).isPositive().isLessThanOrEqualTo(Double.parseDouble(fields[9]));
            assertThat(Double.parseDouble(fields[11])).isGreaterThanOrEqualTo(Double.parseDouble(fields[9]));
        }
        assertThat(lines).anyMatch(line -> line.contains(",2,100,decode,6,"));
        assertThat(lines).anyMatch(line -> line.contains(",1,0,prefill,24,"));
    }

    @Test
    void contextsCanBeReadInsteadOfFilled() {
        Ran ran = bench("--format", "csv", "--depth", "70", "--fill", "prefill", "--phase", "decode");
        assertThat(ran.exitCode()).as(ran.err()).isZero();
        assertThat(ran.out().lines()).hasSize(2);
    }

    @Test
    void outputGoesToAFileIfOneIsNamed() throws IOException {
        Path file = folder.resolve("bench.md");
        Ran ran = bench("--phase", "decode", "--out", file.toString());
        assertThat(ran.exitCode()).as(ran.err()).isZero();
        assertThat(ran.out()).isEmpty();
        assertThat(Files.readAllLines(file)).hasSize(3).allMatch(line -> line.startsWith("|"));
    }

    @Test
    void nonsenseIsRefusedByTheOptionsName() {
        assertThat(bench("--sessions", "0").err()).contains("--sessions: expected at least 1, found 0");
        assertThat(bench("--depth", "-1").err()).contains("--depth");
        assertThat(bench("--sessions", "0").exitCode()).isEqualTo(1);
    }

    @Test
    void aLineSaysTheSameInEveryForm() {
        BenchRow row = new BenchRow(
                List.of("m", "vector 256", "fast", "bf16", "2"),
                4,
                1000,
                "decode",
                32,
                new double[] {3, 1, 2},
                OptionalLong.of(5 << 20),
                OptionalDouble.empty());
        assertThat(row.line(BenchRow.Format.CSV))
                .isEqualTo("m,vector 256,fast,bf16,2,4,1000,decode,32,2.00,1.20,2.80,5,");
        assertThat(row.line(BenchRow.Format.MARKDOWN))
                .isEqualTo("| m | vector 256 | fast | bf16 | 2 | 4 | 1000 | decode | 32 | 2.00 | 1.20 | 2.80 | 5 |  |");
        assertThat(row.line(BenchRow.Format.JSON))
                .isEqualTo("{\"model\":\"m\",\"backend\":\"vector 256\",\"precision\":\"fast\",\"kv\":\"bf16\","
                        + "\"threads\":2,\"sessions\":4,\"depth\":1000,\"phase\":\"decode\",\"tokens\":32,"
                        + "\"median_tok_s\":2.00,\"p10\":1.20,\"p90\":2.80,\"rss_anon_mb\":5,\"foreign_cpu\":null}");
    }
}

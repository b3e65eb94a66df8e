package org.kimi4j.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.kimi4j.error.CheckpointException;

class TiktokenFileTest {

    private static List<String> lines() {
        List<String> lines = new ArrayList<>();
        for (int b = 0; b < 256; b++) {
            lines.add(line(new byte[] {(byte) b}, b));
        }
        lines.add(line("th".getBytes(StandardCharsets.US_ASCII), 256));
        lines.add(line("the".getBytes(StandardCharsets.US_ASCII), 257));
        return lines;
    }

    private static String line(byte[] token, int rank) {
        return Base64.getEncoder().encodeToString(token) + " " + rank;
    }

    private static Vocabulary parse(List<String> lines) {
        return parse(String.join("\n", lines) + "\n");
    }

    private static Vocabulary parse(String content) {
        return TiktokenFile.parse("m/tiktoken.model", content.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static void refused(List<String> lines, String... parts) {
        refused(String.join("\n", lines) + "\n", parts);
    }

    private static void refused(String content, String... parts) {
        assertThatExceptionOfType(CheckpointException.class)
                .isThrownBy(() -> parse(content))
                .satisfies(e -> assertThat(e.getMessage())
                        .startsWith("m/tiktoken.model")
                        .contains(parts))
                .satisfies(e -> assertThat(e.getMessage()).contains("expected").contains("found"));
    }

    @Test
    void readsEveryTokenUnderItsRank() {
        Vocabulary vocabulary = parse(lines());
        assertThat(vocabulary.size()).isEqualTo(258);
        assertThat(vocabulary.bytes(200)).containsExactly((byte) 200);
        assertThat(vocabulary.bytes(257)).isEqualTo("the".getBytes(StandardCharsets.US_ASCII));
        assertThat(vocabulary.find("the".getBytes(StandardCharsets.US_ASCII), 0, 3))
                .isEqualTo(257);
        assertThat(vocabulary.find("the".getBytes(StandardCharsets.US_ASCII), 1, 3))
                .isEqualTo(-1);
        assertThat(parse(String.join("\n", lines())).size())
                .as("without the last LF")
                .isEqualTo(258);
    }

    @Test
    void badBase64IsReportedWithItsLine() {
        List<String> lines = lines();
        lines.set(256, "d*g= 256");
        refused(lines, "line 257", "base64", "`d*g=`", "download");
        lines.set(256, "dGg 256x");
        refused(lines, "line 257", "`dGg 256x`");
        lines.set(256, "dGgaa 256");
        refused(lines, "line 257", "base64", "`dGgaa`");
    }

    @Test
    void gapsAndRepetitionsInRanksAreReportedWithTheirLine() {
        List<String> lines = lines();
        lines.remove(100);
        refused(lines, "line 101", "expected rank 100, found 101");
        lines = lines();
        lines.add(100, lines.get(99));
        refused(lines, "line 101", "expected rank 100, found 99");
        lines = lines();
        lines.set(3, "AA== 99999999999");
        refused(lines, "line 4", "`AA== 99999999999`");
        lines.set(3, "AA== -3");
        refused(lines, "line 4");
        lines.set(3, "AA== 03");
        refused(lines, "line 4");
    }

    @Test
    void twoRanksForTheSameBytesAreReportedWithBothLines() {
        List<String> lines = lines();
        lines.set(257, line("th".getBytes(StandardCharsets.US_ASCII), 257));
        refused(lines, "line 258", "line 257");
    }

    @Test
    void missingSingleBytesAreNamed() {
        List<String> lines = lines().subList(0, 200);
        refused(lines, "0xc8, 0xc9, 0xca, 0xcb, 0xcc and 51 more", "200 lines", "incomplete");
    }

    @Test
    void otherFilesAreRecognised() {
        refused("", "empty file");
        refused(String.join("\r\n", lines()) + "\r\n", "line 1", "CR LF", "binary");
        refused("\u0089PNG\n", "line 1", "byte 0x89", "not text");
        refused("IQ== 0\n\u0000\u0000", "line 2", "byte 0x0");
        refused("{\n  \"version\": \"1.0\"\n", "line 1", "`{`");
        refused(
                "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 2795286\n",
                "line 1",
                "Git LFS pointer",
                "git lfs pull");
        refused("\n", "line 1");
        refused("IQ== 0\n\nIg== 1\n", "line 2");
        refused(" 0\n", "line 1");
        refused("IQ==\n", "line 1");
        refused("IQ== \n", "line 1");
        refused("IQ== ", "line 1");
        refused("IQ==  0\n", "line 1");
        refused("x".repeat(100_000), "line 1", "...");
    }

    /** Every damage is either harmless or the one exception. */
    @Test
    void randomDamageNeverEscapesAsAnotherException() {
        long seed = 5;
        Random random = new Random(seed);
        String good = String.join("\n", lines()) + "\n";
        for (int i = 0; i < 5_000; i++) {
            StringBuilder content = new StringBuilder(good);
            for (int n = 1 + random.nextInt(3); n > 0; n--) {
                int at = random.nextInt(content.length());
                switch (random.nextInt(3)) {
                    case 0 -> content.setCharAt(at, (char) random.nextInt(256));
                    case 1 -> content.delete(at, Math.min(content.length(), at + 1 + random.nextInt(20)));
                    default -> content.insert(at, content.substring(at, Math.min(content.length(), at + 9)));
                }
            }
            try {
                Vocabulary vocabulary = parse(content.toString());
                assertThat(vocabulary.size()).isGreaterThanOrEqualTo(256);
            } catch (CheckpointException e) {
                assertThat(e.getMessage())
                        .as("seed %d, damage %d", seed, i)
                        .startsWith("m/tiktoken.model")
                        .hasSizeLessThan(400);
            }
        }
    }
}

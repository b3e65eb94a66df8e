package org.kimi4j.quant;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kimi4j.testkit.ModelShape;
import org.kimi4j.testkit.Size;
import org.kimi4j.testkit.SyntheticCheckpoint;

/** Kills processes that quantise, in the middle of it. */
class KilledQuantizerTest {

    private static final int BLOCK_BYTES = 4096;

    /** The process that is killed: says a line for each step it has done. */
    static final class Victim {

        private Victim() {}

        public static void main(String[] args) {
            Quantizer.of(Path.of(args[0]))
                    .blockBytes(BLOCK_BYTES)
                    .progress((stage, done, total) -> {
                        System.out.println(stage + " " + done);
                        System.out.flush();
                    })
                    .write(Path.of(args[1]));
            System.out.println("finished");
        }
    }

    @TempDir
    Path temp;

    @Test
    void killedAtTenRandomMomentsAndResumedTheResultIsTheSameByteForByte() throws IOException, InterruptedException {
        long seed = 20261123;
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        Path source = SyntheticCheckpoint.of(ModelShape.tiny().with(Size.Q_LORA_RANK, 64))
                .vision(true)
                .write(temp.resolve("source"));
        Path whole = temp.resolve("whole");
        int[] steps = new int[1];
        Quantizer.of(source)
                .blockBytes(BLOCK_BYTES)
                .progress((stage, done, total) -> steps[0]++)
                .write(whole);
        var expected = QuantizerTest.content(whole);

        // One result that dies ten times, taken up again each time, each time a bit further.
        Path often = temp.resolve("often");
        for (int kill = 0; kill < 10; kill++) {
            int moment = steps[0] * kill / 10 + random.nextInt(steps[0] / 10);
            killAfter(kill == 0 ? moment : random.nextInt(steps[0] / 3), source, often);
            // The same moment in a result of its own.
            Path once = temp.resolve("once" + kill);
            killAfter(moment, source, once);
            assertThat(once.resolve("config.json"))
                    .as("unfinished after %d steps", moment)
                    .doesNotExist();
            Quantizer.of(source).write(once);
            assertThat(QuantizerTest.content(once))
                    .as("killed after %d", moment)
                    .isEqualTo(expected);
        }
        Quantizer.of(source).write(often);
        assertThat(QuantizerTest.content(often)).isEqualTo(expected);
        assertThat(Files.exists(often.resolve(JobFolder.NAME))).isFalse();
    }

    /** Lets a process of its own take so many steps, then ends it without warning. */
    private static void killAfter(int steps, Path source, Path result) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-Xshare:auto",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Victim.class.getName(),
                        source.toString(),
                        result.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader out = process.inputReader()) {
            for (int i = 0; i < steps; i++) {
                if (out.readLine() == null) {
                    break;
                }
            }
            process.destroyForcibly();
        } finally {
            process.waitFor();
        }
    }
}

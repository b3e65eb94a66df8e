package org.kimi4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * One dense and one expert layer in K2.5's true shapes: 15.5 GB on disk, which a small heap must do for. The property
 * kimi.large.model names a checkpoint that is there already; otherwise one is made.
 */
@Tag("large")
@EnabledOnOs(value = OS.LINUX, disabledReason = "anonymous memory is read from /proc")
class TrueShapeTest {

    private static final int TOKENS = 64;
    private static final long MOST_ANONYMOUS_KB = 1_500_000;

    @TempDir(factory = BesideTheBuild.class)
    Path folder;

    /** Under target: a temporary folder of the system may be in memory. */
    static final class BesideTheBuild implements org.junit.jupiter.api.io.TempDirFactory {
        @Override
        public Path createTempDirectory(
                org.junit.jupiter.api.extension.AnnotatedElementContext element,
                org.junit.jupiter.api.extension.ExtensionContext context)
                throws IOException {
            return Files.createTempDirectory(Files.createDirectories(Path.of("target")), "large");
        }
    }

    @Test
    void aSmallHeapStreamsSixtyFourTokens() throws IOException, InterruptedException {
        String model = System.getProperty("kimi.large.model", "");
        if (model.isEmpty()) {
            model = folder.resolve("model").toString();
            Ran made = Ran.kimi("make-checkpoint", model, "--layers=2");
            assertThat(made.exitCode()).describedAs(made.err()).isZero();
        }
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        Process process = ask(model, out, err);
        long mostAnonymousKb = 0;
        while (!process.waitFor(100, TimeUnit.MILLISECONDS)) {
            mostAnonymousKb = Math.max(mostAnonymousKb, anonymousKb(process.pid()));
        }
        String said = Files.readString(err);
        System.out.println("RssAnon at most " + mostAnonymousKb + " kB\n" + said);
        assertThat(process.exitValue()).describedAs(said).isZero();
        assertThat(Files.readString(out)).isNotEmpty();
        assertThat(said).contains(" 64 answer");
        assertThat(mostAnonymousKb).isBetween(1L, MOST_ANONYMOUS_KB);
    }

    /** As the launcher starts it, with a small heap. */
    private static Process ask(String model, Path out, Path err) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--add-modules=jdk.incubator.vector",
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:+UseSerialGC",
                        "-Xmx512m",
                        "--class-path",
                        System.getProperty("java.class.path"),
                        "org.kimi4j.cli.Main",
                        "ask",
                        "--model=" + model,
                        "--instant",
                        "--seed=1",
                        "--max-tokens=" + TOKENS,
                        "--stats",
                        "Hello!")
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
    }

    private static long anonymousKb(long pid) {
        try (Stream<String> lines = Files.lines(Path.of("/proc/" + pid + "/status"))) {
            return lines.filter(line -> line.startsWith("RssAnon:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .sum();
        } catch (IOException | java.io.UncheckedIOException e) {
            return 0; // it has just ended
        }
    }
}

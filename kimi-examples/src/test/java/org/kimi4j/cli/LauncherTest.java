package org.kimi4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The launcher script in a project of its own, with a JDK and a Maven wrapper that only note how they were called. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the script is for POSIX shells; Windows has kimi.cmd")
@Timeout(60)
class LauncherTest {

    @TempDir
    Path folder;

    private Path root;
    private Path jdk;
    private Path source;

    @BeforeEach
    void project() throws IOException {
        root = Files.createDirectories(folder.resolve("some project"));
        script(root.resolve("kimi"), Files.readString(Path.of("../kimi")));
        Path tools = Files.createDirectories(root.resolve("tools"));
        Files.copy(Path.of("../tools/find-jdk.sh"), tools.resolve("find-jdk.sh"));
        script(root.resolve("mvnw"), """
                #!/bin/sh
                echo noise of the build
                echo "$@" >>builds
                [ ! -e fail ] || exit 1
                while [ -e hold ]; do sleep 0.05; done
                mkdir -p kimi-examples/target/lib
                echo >kimi-examples/target/lib/library.jar
                echo >kimi-examples/target/kimi-examples-1.jar
                """);
        source = root.resolve("kimi-core/src/main/java/A.java");
        Files.createDirectories(source.getParent());
        Files.writeString(source, "class A {}");
        Files.writeString(root.resolve("pom.xml"), "<project/>");
        old(source, root.resolve("pom.xml"));
        jdk = Files.createDirectories(folder.resolve("a jdk"));
        Files.createDirectories(jdk.resolve("bin"));
        Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"25.0.3\"\n");
        script(jdk.resolve("bin/javac"), "#!/bin/sh\n");
        script(jdk.resolve("bin/java"), """
                #!/bin/sh
                echo "pid $$"
                for argument; do echo "<$argument>"; done
                exit 7
                """);
    }

    private static void script(Path file, String text) throws IOException {
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static void old(Path... files) throws IOException {
        for (Path file : files) {
            Files.setLastModifiedTime(file, FileTime.fromMillis(0));
        }
    }

    private Process start(Path command, Path from, String... arguments) throws IOException {
        List<String> line = new ArrayList<>(List.of(command.toString()));
        line.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(line).directory(from.toFile());
        Map<String, String> environment = builder.environment();
        environment.keySet().removeIf(name -> name.startsWith("KIMI_") || name.startsWith("LC_"));
        environment.put("KIMI_JAVA_HOME", jdk.toString());
        Process process = builder.start();
        process.getOutputStream().close();
        return process;
    }

    private record Ended(int exitCode, String out, String err, long pid) {
        static Ended of(Process process) throws IOException, InterruptedException {
            String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            return new Ended(process.exitValue(), out, err, process.pid());
        }
    }

    private Ended kimi(String... arguments) throws IOException, InterruptedException {
        return Ended.of(start(root.resolve("kimi"), folder, arguments));
    }

    private int builds() throws IOException {
        Path log = root.resolve("builds");
        return Files.exists(log) ? Files.readAllLines(log).size() : 0;
    }

    @Test
    void becomesJavaWithTheArgumentsAsTheyAre() throws Exception {
        Ended ended = kimi("ask", "two words", "", "$HOME * \"x\"");
        assertThat(ended.exitCode).isEqualTo(7);
        assertThat(ended.out)
                .startsWith("pid " + ended.pid + "\n")
                .contains("<--add-modules=jdk.incubator.vector>\n", "<--enable-native-access=ALL-UNNAMED>\n")
                .endsWith("<org.kimi4j.cli.Main>\n<ask>\n<two words>\n<>\n<$HOME * \"x\">\n")
                .doesNotContain("noise");
        assertThat(ended.err).contains("building", "noise of the build");
    }

    @Test
    void buildsWhatIsMissingOrOlderThanItsSourcesAndNothingElse() throws Exception {
        kimi();
        assertThat(builds()).isEqualTo(1);
        assertThat(Files.readString(root.resolve("builds")))
                .contains("-Dmaven.test.skip=true")
                .doesNotContain("install");
        Ended second = kimi();
        assertThat(builds()).isEqualTo(1);
        assertThat(second.err).isEmpty();
        Files.setLastModifiedTime(source, FileTime.fromMillis(System.currentTimeMillis() + 2000));
        kimi();
        assertThat(builds()).isEqualTo(2);
    }

    @Test
    void worksFromAnyFolderAndThroughLinks() throws Exception {
        Path elsewhere = Files.createDirectories(folder.resolve("elsewhere"));
        Path link = Files.createSymbolicLink(elsewhere.resolve("kimi"), Path.of("../some project/kimi"));
        Path second = Files.createSymbolicLink(folder.resolve("k"), link);
        assertThat(Ended.of(start(second, elsewhere, "x")).out)
                .contains("some project/.kimi-build/app-")
                .endsWith("<x>\n");
        assertThat(builds()).isEqualTo(1);
    }

    @Test
    void twoFirstStartsBuildOnce() throws Exception {
        Path hold = Files.createFile(root.resolve("hold"));
        Process first = start(root.resolve("kimi"), folder);
        try (BufferedReader firstSays = first.errorReader()) {
            // Once the build makes noise, the first start has the lock.
            assertThat(firstSays.lines().anyMatch(line -> line.startsWith("noise")))
                    .isTrue();
            Process second = start(root.resolve("kimi"), folder);
            try (BufferedReader secondSays = second.errorReader()) {
                assertThat(secondSays.lines().anyMatch(line -> line.contains("waiting")))
                        .isTrue();
                Files.delete(hold);
                assertThat(second.waitFor(30, TimeUnit.SECONDS)).isTrue();
            }
            assertThat(first.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(first.exitValue()).isEqualTo(7);
            assertThat(second.exitValue()).isEqualTo(7);
        }
        assertThat(builds()).isEqualTo(1);
    }

    @Test
    void theLockOfAProcessThatIsGoneIsTakenOver() throws Exception {
        Process gone = new ProcessBuilder("true").start();
        gone.waitFor();
        Path lock = Files.createDirectories(root.resolve(".kimi-build/lock"));
        Files.writeString(lock.resolve("pid"), gone.pid() + "\n");
        assertThat(kimi().exitCode).isEqualTo(7);
        assertThat(lock).doesNotExist();
    }

    @Test
    void aFailedBuildSaysSoAndLeavesNothingBehind() throws Exception {
        Path fail = Files.createFile(root.resolve("fail"));
        Ended ended = kimi();
        assertThat(ended.exitCode).isEqualTo(1);
        assertThat(ended.out).isEmpty();
        assertThat(ended.err).contains("the build failed");
        Files.delete(fail);
        assertThat(kimi().exitCode).isEqualTo(7);
        try (var left = Files.list(root.resolve(".kimi-build"))) {
            assertThat(left.map(path -> path.getFileName().toString()).toList())
                    .hasSize(2)
                    .contains("current")
                    .anyMatch(name -> name.startsWith("app-"));
        }
    }

    @Test
    void anotherJdkIsRefusedByName() throws Exception {
        Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"21.0.2\"\n");
        Ended ended = kimi();
        assertThat(ended.exitCode).isEqualTo(1);
        assertThat(ended.err).contains(jdk.toString(), "is not a JDK 25");
        assertThat(builds()).isZero();
    }
}

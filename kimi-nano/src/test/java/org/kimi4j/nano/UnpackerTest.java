package org.kimi4j.nano;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnpackerTest {

    @TempDir
    private Path temp;

    private Path unpack() {
        return new Unpacker(temp.resolve("home")).directory();
    }

    private static void assertComplete(Path directory) {
        try {
            List<String> names = names(directory);
            assertThat(names)
                    .contains("config.json", "tiktoken.model", "tokenizer_config.json", "model.safetensors.index.json")
                    .hasSize(8);
            for (String name : names) {
                try (InputStream in = KimiNano.class.getResourceAsStream("checkpoint/" + name)) {
                    assertThat(Files.readAllBytes(directory.resolve(name))).isEqualTo(in.readAllBytes());
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> names(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void unpacksEveryFileAsItIsInTheJarAndNothingElse() throws IOException {
        Path directory = unpack();
        assertComplete(directory);
        assertThat(directory.getParent()).isEqualTo(temp.resolve("home"));
        assertThat(names(temp.resolve("home")))
                .containsExactly(".kimi-nano.lock", directory.getFileName().toString());
    }

    @Test
    void aSecondCallChangesNothing() throws IOException {
        Path directory = unpack();
        FileTime before = Files.getLastModifiedTime(directory.resolve("config.json"));
        Files.delete(temp.resolve("home").resolve(".kimi-nano.lock"));
        assertThat(unpack()).isEqualTo(directory);
        assertThat(Files.getLastModifiedTime(directory.resolve("config.json"))).isEqualTo(before);
        assertThat(temp.resolve("home").resolve(".kimi-nano.lock"))
                .as("not even the lock is taken")
                .doesNotExist();
    }

    @Test
    void damagedAndMissingFilesAreReplaced() throws IOException {
        Path directory = unpack();
        byte[] shard = Files.readAllBytes(directory.resolve("model-00001-of-000002.safetensors"));
        shard[shard.length / 2] ^= 1;
        Files.write(directory.resolve("model-00001-of-000002.safetensors"), shard);
        assertComplete(unpack());
        Files.delete(directory.resolve("tiktoken.model"));
        assertComplete(unpack());
        Files.writeString(directory.resolve("config.json"), "{}");
        assertComplete(unpack());
        assertThat(names(temp.resolve("home"))).hasSize(2);
    }

    @Test
    void aFolderThatCannotBeWrittenIsNamedWithTheRemedy() throws IOException {
        Files.writeString(temp.resolve("home"), "a file where the folder should be");
        assertThatThrownBy(this::unpack)
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining(temp.resolve("home").toString())
                .hasMessageContaining("-Dkimi.home");
    }

    @Test
    void threadsSeeOnlyWholeDirectories() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            List<Callable<Path>> calls = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                calls.add(() -> {
                    Path directory = unpack();
                    assertComplete(directory);
                    return directory;
                });
            }
            for (Future<Path> result : threads.invokeAll(calls)) {
                assertThat(result.get()).isEqualTo(unpack());
            }
        }
    }

    @Test
    void processesSeeOnlyWholeDirectories() throws Exception {
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            processes.add(new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Dkimi.home=" + temp.resolve("home"),
                            "-cp",
                            System.getProperty("java.class.path"),
                            Unpack.class.getName())
                    .redirectErrorStream(true)
                    .start());
        }
        for (Process process : processes) {
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor()).as(output).isZero();
            assertThat(output.strip()).isEqualTo(unpack().toString());
        }
    }

    /** The program that {@link #processesSeeOnlyWholeDirectories} starts. */
    static final class Unpack {
        public static void main(String[] args) {
            Path directory = KimiNano.path();
            assertComplete(directory);
            System.out.println(directory);
        }
    }
}

package org.kimi4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The README shows code that is run, and names files and commands that exist. */
class ReadmeTest {

    private static final Path ROOT = Path.of("..");
    private static final Pattern JAVA = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
    private static final Pattern LINK = Pattern.compile("]\\((?!http)([^)#]+)\\)");
    private static final Pattern COMMAND = Pattern.compile("\\./kimi ([a-z-]+)");

    private static String readme() throws IOException {
        return Files.readString(ROOT.resolve("README.md"));
    }

    @Test
    void everyJavaBlockIsPartOfAnExampleThatIsRun() throws IOException {
        List<String> sources = new ArrayList<>();
        try (Stream<Path> files = Files.list(Path.of("src/main/java/org/kimi4j/examples"))) {
            for (Path file : files.toList()) {
                sources.add(condensed(Files.readString(file)));
            }
        }
        List<String> blocks =
                JAVA.matcher(readme()).results().map(block -> block.group(1)).toList();
        assertThat(blocks).hasSizeGreaterThanOrEqualTo(4);
        for (String block : blocks) {
            assertThat(sources).describedAs(block).anyMatch(source -> source.contains(condensed(block)));
        }
    }

    /** Without white space: a page breaks lines where it reads best, the formatter where it must. */
    private static String condensed(String code) {
        return code.replaceAll("\\s", "");
    }

    @Test
    void theFirstExampleHasTwelveLinesAtMost() throws IOException {
        String first =
                JAVA.matcher(readme()).results().findFirst().orElseThrow().group(1);
        assertThat(first.lines().count()).isLessThanOrEqualTo(12);
    }

    @Test
    void everyLinkLeadsToAFile() throws IOException {
        for (MatchResult link : LINK.matcher(readme()).results().toList()) {
            assertThat(ROOT.resolve(link.group(1))).exists();
        }
    }

    @Test
    void everyCommandExists() throws IOException {
        for (MatchResult command : COMMAND.matcher(readme()).results().toList()) {
            try (Stream<Path> files = Files.list(Path.of("src/main/java/org/kimi4j/cli"))) {
                assertThat(files.anyMatch(file -> contains(file, "name = \"" + command.group(1) + "\"")))
                        .describedAs(command.group(1))
                        .isTrue();
            }
        }
    }

    private static boolean contains(Path file, String text) {
        try {
            return Files.readString(file).contains(text);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}

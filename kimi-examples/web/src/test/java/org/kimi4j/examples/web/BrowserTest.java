package org.kimi4j.examples.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.kimi4j.KimiModel;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.web.server.servlet.context.ServletWebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;

/** The page in a headless Chromium: {@code ./mvnw verify -Pweb}. */
@Tag("web")
@Timeout(300)
class BrowserTest {

    private static final Path SCRIPTS = Path.of("src/test/browser").toAbsolutePath();

    @Test
    void thePageShowsStreamedTextThinkingToolsAndAPicture() throws Exception {
        Optional<String> chromium = Stream.of(
                        "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
                .filter(p -> Files.isExecutable(Path.of(p)))
                .findFirst();
        assumeTrue(chromium.isPresent(), "no Chromium in /usr/bin");
        assumeTrue(runs("node", "--version") && runs("npm", "--version"), "node and npm are not installed");
        Path work = Path.of("target/browser").toAbsolutePath();
        Files.createDirectories(work);
        for (String file : List.of("package.json", "page.mjs")) {
            Files.write(work.resolve(file), Files.readAllBytes(SCRIPTS.resolve(file)));
        }
        assumeTrue(run(work, "npm", "install", "--no-audit", "--no-fund").code == 0, "npm cannot reach its registry");
        try (ConfigurableApplicationContext context =
                SpringApplication.run(WebChat.class, "--server.port=0", "--spring.main.banner-mode=off")) {
            context.getBean(KimiModel.class);
            int port = ((ServletWebServerApplicationContext) context)
                    .getWebServer()
                    .getPort();
            Ran browser = run(
                    work,
                    "node",
                    "page.mjs",
                    chromium.get(),
                    "http://127.0.0.1:" + port + "/",
                    Path.of("src/test/resources/org/kimi4j/examples/web/shapes.png")
                            .toAbsolutePath()
                            .toString(),
                    work.resolve("screenshot.png").toString());
            assertThat(browser.code).describedAs(browser.output).isZero();
            assertThat(browser.output.lines().filter(l -> l.startsWith("ok "))).hasSize(4);
        }
    }

    private record Ran(int code, String output) {}

    private static boolean runs(String... command) {
        try {
            return run(Path.of("."), command).code == 0;
        } catch (IOException | InterruptedException e) {
            return false;
        }
    }

    private static Ran run(Path directory, String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Ran(process.waitFor(), output);
    }
}

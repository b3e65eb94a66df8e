package org.kimi4j.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.kimi4j.KimiModel;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.web.server.servlet.context.ServletWebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;

/** The official npm client against the endpoint: {@code ./mvnw verify -Pweb}. */
@Tag("web")
@Timeout(300)
class OpenAiClientTest {

    private static final Path SCRIPTS = Path.of("src/test/npm").toAbsolutePath();

    @Test
    void theOfficialClientGetsWhatItAsksFor() throws Exception {
        assumeTrue(runs("node", "--version") && runs("npm", "--version"), "node and npm are not installed");
        Path work = Path.of("target/npm").toAbsolutePath();
        Files.createDirectories(work);
        for (String file : List.of("package.json", "client.mjs")) {
            Files.write(work.resolve(file), Files.readAllBytes(SCRIPTS.resolve(file)));
        }
        assumeTrue(run(work, "npm", "install", "--no-audit", "--no-fund").code == 0, "npm cannot reach its registry");
        try (ConfigurableApplicationContext context = SpringApplication.run(
                WebTest.Application.class,
                "--server.port=0",
                "--server.address=127.0.0.1",
                "--kimi.path=bundled",
                "--kimi.openai.enabled=true",
                "--spring.ai.kimi.chat.temperature=0",
                "--spring.main.banner-mode=off")) {
            context.getBean(KimiModel.class);
            int port = ((ServletWebServerApplicationContext) context)
                    .getWebServer()
                    .getPort();
            Ran client = run(
                    work,
                    "node",
                    "client.mjs",
                    "http://127.0.0.1:" + port + "/v1",
                    Path.of("src/test/resources/org/kimi4j/spring/shapes.png")
                            .toAbsolutePath()
                            .toString());
            assertThat(client.code).describedAs(client.output).isZero();
            assertThat(client.output.lines().filter(l -> l.startsWith("ok "))).hasSize(10);
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

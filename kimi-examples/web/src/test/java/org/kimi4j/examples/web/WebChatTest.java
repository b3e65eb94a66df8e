package org.kimi4j.examples.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.web.server.servlet.context.ServletWebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;

/** The example as an application, without a browser. */
@Timeout(120)
class WebChatTest {

    @Test
    void thePageIsServedAndAQuestionStreamsThinkingToolsAndText() throws Exception {
        try (ConfigurableApplicationContext context =
                SpringApplication.run(WebChat.class, "--server.port=0", "--spring.main.banner-mode=off")) {
            String base = "http://127.0.0.1:"
                    + ((ServletWebServerApplicationContext) context)
                            .getWebServer()
                            .getPort();
            HttpClient http = HttpClient.newHttpClient();
            assertThat(http.send(
                                    HttpRequest.newBuilder(URI.create(base + "/"))
                                            .build(),
                                    HttpResponse.BodyHandlers.ofString())
                            .body())
                    .contains("chat.js");
            assertThat(ask(http, base, "What is the capital of France?", true))
                    .contains("event:thinking", "event:text", "Paris", "event:end");
            assertThat(ask(http, base, "What is the weather in Paris?", false))
                    .contains("event:tool", "weather(Paris)", "14");
        }
    }

    private static String ask(HttpClient http, String base, String words, boolean thinking) throws Exception {
        String body = "{\"turns\": [{\"role\": \"user\", \"text\": \"" + words
                + "\", \"picture\": \"\"}], \"thinking\": " + thinking + "}";
        return http.send(
                        HttpRequest.newBuilder(URI.create(base + "/chat"))
                                .header("Content-Type", "application/json")
                                .POST(HttpRequest.BodyPublishers.ofString(body))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }
}

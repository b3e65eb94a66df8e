package org.kimi4j.examples.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
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
            String events = ask(http, base, "What is the capital of France?", true);
            assertThat(events).contains("event:thinking", "event:text", "event:end");
            assertThat(texts(events)).endsWith("The capital of France is Paris.");
            events = ask(http, base, "What is the weather in Paris?", false);
            assertThat(events).contains("event:tool", "weather(Paris)");
            assertThat(texts(events)).contains("14");
        }
    }

    /** The texts of all events, one after the other: a word may come in several pieces. */
    private static String texts(String events) {
        return Pattern.compile("\"text\":\"(.*?)\"")
                .matcher(events)
                .results()
                .map(text -> text.group(1))
                .collect(Collectors.joining());
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

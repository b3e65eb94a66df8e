package org.kimi4j.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.availability.ApplicationAvailability;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.LivenessState;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.boot.web.server.servlet.context.ServletWebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;

/** An application whose model is held back while it loads. */
@Timeout(120)
class ReadinessTest {

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {
        static final CountDownLatch GATE = new CountDownLatch(1);
        static final CountDownLatch READY = new CountDownLatch(1);
        final List<Object> readiness = new CopyOnWriteArrayList<>();

        /** The library tells its stages on the thread that opens the model: it waits here. */
        @EventListener
        void on(KimiLoadEvent event) throws InterruptedException {
            GATE.await();
        }

        @EventListener
        void on(AvailabilityChangeEvent<ReadinessState> event) {
            readiness.add(event.getState());
            if (GATE.getCount() == 0 && event.getState() == ReadinessState.ACCEPTING_TRAFFIC) {
                READY.countDown();
            }
        }
    }

    private static HttpResponse<String> get(String base, String path) throws Exception {
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(URI.create(base + path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void whileTheModelLoadsTrafficIsRefusedAndTheProcessLives() throws Exception {
        try (ConfigurableApplicationContext context = SpringApplication.run(
                Application.class,
                "--server.port=0",
                "--server.address=127.0.0.1",
                "--kimi.path=bundled",
                "--kimi.openai.enabled=true",
                "--management.endpoint.health.probes.enabled=true",
                "--spring.main.banner-mode=off")) {
            String base = "http://127.0.0.1:"
                    + ((ServletWebServerApplicationContext) context)
                            .getWebServer()
                            .getPort();
            ApplicationAvailability availability = context.getBean(ApplicationAvailability.class);
            assertThat(availability.getReadinessState()).isEqualTo(ReadinessState.REFUSING_TRAFFIC);
            assertThat(availability.getLivenessState()).isEqualTo(LivenessState.CORRECT);
            HttpResponse<String> readiness = get(base, "/actuator/health/readiness");
            assertThat(readiness.statusCode()).isEqualTo(503);
            assertThat(readiness.body()).contains("OUT_OF_SERVICE");
            assertThat(get(base, "/actuator/health/liveness").statusCode()).isEqualTo(200);
            assertThat(get(base, "/actuator/health").body()).contains("OUT_OF_SERVICE");

            Application.GATE.countDown();
            Application.READY.await();
            assertThat(availability.getReadinessState()).isEqualTo(ReadinessState.ACCEPTING_TRAFFIC);
            assertThat(get(base, "/actuator/health/readiness").statusCode()).isEqualTo(200);
            assertThat(context.getBean(Application.class).readiness)
                    .contains(ReadinessState.REFUSING_TRAFFIC)
                    .endsWith(ReadinessState.ACCEPTING_TRAFFIC);
        }
    }
}

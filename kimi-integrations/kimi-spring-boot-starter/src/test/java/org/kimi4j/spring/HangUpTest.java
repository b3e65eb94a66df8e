package org.kimi4j.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.kimi4j.spring.WebTest.QUESTION;
import static org.kimi4j.spring.WebTest.port;
import static org.kimi4j.spring.WebTest.post;
import static org.kimi4j.spring.WebTest.request;
import static org.kimi4j.spring.WebTest.run;

import com.sun.management.HotSpotDiagnosticMXBean;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.kimi4j.KimiModel;
import org.springframework.context.ConfigurableApplicationContext;

/** Clients of the OpenAI-compatible endpoint that hang up, or are slow to read. */
@Timeout(180)
class HangUpTest {

    @TempDir
    private static Path temporary;

    private static ConfigurableApplicationContext application;
    private static KimiModel model;

    @BeforeAll
    static void start() {
        application = run();
        model = application.getBean(KimiModel.class);
    }

    @AfterAll
    static void stop() {
        application.close();
    }

    @Test
    void twoHundredRequestsHalfOfWhichHangUpLeaveNothingBehind() throws Exception {
        int requests = 200;
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Boolean>> results = new ArrayList<>();
            for (int i = 0; i < requests; i++) {
                boolean hangUp = i % 2 == 0;
                boolean stream = i % 4 < 2;
                results.add(clients.submit((Callable<Boolean>) () -> hangUp ? hangUp(stream) : answered(stream)));
            }
            for (Future<Boolean> result : results) {
                assertThat(result.get()).isTrue();
            }
        }
        // An ordinary request after the rest: it is served, and by then or soon nothing of the others is left.
        assertThat(answered(false)).isTrue();
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (left() > 0 && System.nanoTime() < deadline) {
            Thread.onSpinWait();
            LockSupport.parkNanos(20_000_000);
        }
        assertThat(left()).isZero();
    }

    private static long left() throws IOException {
        return threads() + model.stats().active() + model.stats().waiting();
    }

    /** The endpoint's threads, which are virtual: only a dump to a file has them. */
    private static long threads() throws IOException {
        Path dump = temporary.resolve("threads" + System.nanoTime() + ".txt");
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                .dumpThreads(dump.toString(), HotSpotDiagnosticMXBean.ThreadDumpFormat.TEXT_PLAIN);
        try (Stream<String> lines = Files.lines(dump)) {
            return lines.filter(l -> l.startsWith("#") && l.contains("\"kimi-openai"))
                    .count();
        }
    }

    @Test
    void theThreadOfARunningStreamIsCounted() throws Exception {
        int end = model.tokenizer().specialTokens().id("<|im_end|>");
        byte[] body = request(
                        QUESTION, ", \"max_tokens\": 1000, \"logit_bias\": {\"" + end + "\": -100}, \"stream\": true")
                .getBytes(StandardCharsets.UTF_8);
        try (Socket socket = new Socket("127.0.0.1", port(application))) {
            send(socket, body);
            socket.getInputStream().readNBytes(20);
            assertThat(threads()).isPositive();
            socket.setSoLinger(true, 0);
        }
    }

    private static boolean answered(boolean stream) throws Exception {
        HttpResponse<String> response = post(
                application,
                request(
                        QUESTION,
                        ", \"thinking\": {\"type\": \"disabled\"}, \"max_tokens\": 20, \"stream\": " + stream));
        return response.statusCode() == 200 && response.body().contains(stream ? "[DONE]" : "Paris");
    }

    /** Sends a request that would go on for long, reads a little of what comes, if anything, and closes the connection. */
    private static boolean hangUp(boolean stream) throws IOException {
        int end = model.tokenizer().specialTokens().id("<|im_end|>");
        byte[] body = request(
                        QUESTION,
                        ", \"thinking\": {\"type\": \"disabled\"}, \"max_tokens\": " + (stream ? 1000 : 30)
                                + ", \"logit_bias\": {\"" + end + "\": -100}, \"stream\": " + stream)
                .getBytes(StandardCharsets.UTF_8);
        try (Socket socket = new Socket("127.0.0.1", port(application))) {
            send(socket, body);
            if (stream) {
                socket.getInputStream().readNBytes(20);
            }
            socket.setSoLinger(true, 0);
        }
        return true;
    }

    @Test
    void aClientThatWaitsForAWholeAnswerAndHangsUpEndsIt() throws Exception {
        try (ConfigurableApplicationContext other =
                run("--kimi.openai.heartbeat=5ms", "--kimi.openai.max-tokens=8192")) {
            KimiModel its = other.getBean(KimiModel.class);
            int end = its.tokenizer().specialTokens().id("<|im_end|>");
            byte[] body = request(QUESTION, ", \"logit_bias\": {\"" + end + "\": -100}")
                    .getBytes(StandardCharsets.UTF_8);
            try (Socket socket = new Socket("127.0.0.1", port(other))) {
                send(socket, body);
                // The first empty line, sent while the answer is made.
                assertThat(new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
                        .isEqualTo("HTTP/1.1 200");
                assertThat(its.stats().active()).isEqualTo(1);
                socket.setSoLinger(true, 0);
            }
            long deadline = System.nanoTime() + 60_000_000_000L;
            while (its.stats().active() > 0 && System.nanoTime() < deadline) {
                LockSupport.parkNanos(1_000_000);
            }
            assertThat(its.stats().active()).isZero();
            double answered = other.getBean(MeterRegistry.class).find("kimi.thinking.tokens").counters().stream()
                    .mapToDouble(Counter::count)
                    .sum();
            assertThat(answered).isLessThan(its.contextLength() / 2);
        }
    }

    private static void send(Socket socket, byte[] body) throws IOException {
        String head = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Content-Length: " + body.length + "\r\n\r\n";
        socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().write(body);
        socket.getOutputStream().flush();
    }

    @Test
    void aSlowReaderDelaysOnlyItself() throws Exception {
        int end = model.tokenizer().specialTokens().id("<|im_end|>");
        List<Socket> slow = new ArrayList<>();
        try {
            // More than the engine computes at once: if they held their places, nobody else would get one.
            for (int i = 0; i < 12; i++) {
                Socket socket = new Socket();
                socket.setReceiveBufferSize(2048);
                socket.connect(new InetSocketAddress("127.0.0.1", port(application)));
                byte[] body = request(
                                QUESTION,
                                ", \"max_tokens\": 400, \"logit_bias\": {\"" + end + "\": -100}, \"stream\": true")
                        .getBytes(StandardCharsets.UTF_8);
                send(socket, body);
                slow.add(socket);
            }
            assertThat(answered(true)).isTrue();
        } finally {
            for (Socket socket : slow) {
                socket.close();
            }
        }
    }
}

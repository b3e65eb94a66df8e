package org.kimi4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class ChatCommandTest {

    private static final Terminal.Interactive TERMINAL = new Terminal.Interactive(true, true, true);

    @Test
    void remembersTheTurnsBeforeAndEndsWithZeroAtTheEndOfInput() {
        Ran ran = Ran.with("My name is Anna.\n\nWhat is my name?\n", "chat");
        assertThat(ran.exitCode()).isZero();
        assertThat(ran.out()).endsWith("Your name is Anna.\n");
        assertThat(ran.err()).doesNotContain("> ", "\u001b", "\r");
    }

    @Test
    void aNewConversationKnowsNothingOfTheOldOne() {
        Ran ran = Ran.with("My name is Anna.\n/new\nWhat is my name?\n/quit\nHello!\n", "chat", "--instant");
        assertThat(ran.exitCode()).isZero();
        assertThat(ran.out().lines()).hasSize(2);
        assertThat(ran.out().lines().toList().getLast()).doesNotContain("Anna");
    }

    @Test
    void commandsAreAnsweredOnStandardError() {
        Ran ran = Ran.with("/help\n/nonsense\n/instant\n/stats\nWhat is the capital of Italy?\n", "chat");
        assertThat(ran.exitCode()).isZero();
        assertThat(ran.out()).isEqualTo("The capital of Italy is Rome.\n");
        assertThat(ran.err()).contains("/help", "/quit", "no command /nonsense", "prompt tokens", "0 thinking");
    }

    @Test
    void onATerminalThereIsAPromptAndAHint() {
        Ran ran = Ran.with("Hello!\n", TERMINAL, "chat", "--instant");
        assertThat(ran.exitCode()).isZero();
        assertThat(ran.out()).isNotBlank();
        assertThat(ran.err()).contains("/help for help").contains("> ");
    }

    @Test
    void aQuestionThatFailsIsTakenBackAndTheNextOneIsAnswered() {
        String tooLong = "word ".repeat(3000);
        Ran ran = Ran.with(tooLong + "\nWhat is the capital of Italy?\n", "chat", "--instant");
        assertThat(ran.out()).isEqualTo("The capital of Italy is Rome.\n");
        assertThat(ran.err()).contains("context");
        assertThat(ran.exitCode()).describedAs("in a pipe, a failure shows").isEqualTo(1);
    }

    /** A stream that presses Ctrl-C when the first bytes reach it. */
    private static final class PressingCtrlC extends ByteArrayOutputStream {
        private boolean pressed;

        @Override
        public synchronized void write(byte[] bytes, int offset, int length) {
            super.write(bytes, offset, length);
            if (!pressed) {
                pressed = true;
                try {
                    Class<?> signal = Class.forName("sun.misc.Signal");
                    Method raise = signal.getMethod("raise", signal);
                    raise.invoke(null, signal.getConstructor(String.class).newInstance("INT"));
                } catch (ReflectiveOperationException e) {
                    throw new AssertionError(e);
                }
            }
        }
    }

    /** A JVM leaves a signal alone that its parent had ignored. */
    private static boolean ignoresCtrlC() throws IOException {
        Path status = Path.of("/proc/self/status");
        return Files.exists(status)
                && Files.readAllLines(status).stream()
                        .filter(line -> line.startsWith("SigIgn:"))
                        .anyMatch(line ->
                                (Long.parseUnsignedLong(line.substring(7).strip(), 16) & 2) != 0);
    }

    @Test
    @Timeout(120)
    void ctrlCEndsTheAnswerAndNotTheChat(@TempDir Path folder) throws IOException {
        assumeFalse(ignoresCtrlC(), "this process was started with SIGINT ignored, as shells start background jobs");
        // Random weights, greedily: an answer goes on for thousands of characters unless it is cancelled.
        Path model = folder.resolve("tiny");
        assertThat(Ran.kimi("make-checkpoint", model.toString(), "--shape", "tiny")
                        .exitCode())
                .isZero();
        ByteArrayOutputStream out = new PressingCtrlC();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        ByteArrayInputStream in = new ByteArrayInputStream("Hello!\n/help\n".getBytes(StandardCharsets.UTF_8));
        int exitCode = Main.run(
                Terminal.of(in, out, err, TERMINAL),
                "chat",
                "--instant",
                "--temperature",
                "0",
                "--model",
                model.toString());
        assertThat(exitCode).isZero();
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("cancelled").contains("/quit");
    }
}

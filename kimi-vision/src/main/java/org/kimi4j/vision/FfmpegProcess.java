package org.kimi4j.vision;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Owns one run of FFmpeg or ffprobe: closing it kills the process, also while another thread reads from it. What the
 * process writes to its error stream is taken off by a thread of its own, so neither side ever waits for the other.
 */
final class FfmpegProcess implements AutoCloseable {

    /** Of long error output the beginning tells most. */
    private static final int MOST_ERROR_BYTES = 4096;

    private static final Duration EXIT = Duration.ofSeconds(30);

    private final Process process;
    private final ByteArrayOutputStream errors = new ByteArrayOutputStream();
    private final Thread errorReader;

    private FfmpegProcess(Process process) {
        this.process = process;
        this.errorReader = Thread.ofVirtual().name("kimi-ffmpeg-errors").start(this::drainErrors);
    }

    /**
     * Starts a program.
     *
     * @param input what its standard input gets; null closes it at once
     */
    static FfmpegProcess start(List<String> command, byte @Nullable [] input) throws IOException {
        FfmpegProcess started = new FfmpegProcess(new ProcessBuilder(command).start());
        if (input == null) {
            started.process.getOutputStream().close();
        } else {
            Thread.ofVirtual().name("kimi-ffmpeg-input").start(() -> started.feed(input));
        }
        return started;
    }

    private void feed(byte[] input) {
        try (OutputStream out = process.getOutputStream()) {
            out.write(input);
        } catch (IOException e) {
            // The program stopped reading; its exit status says why.
        }
    }

    private void drainErrors() {
        byte[] buffer = new byte[1024];
        try (InputStream in = process.getErrorStream()) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                synchronized (errors) {
                    errors.write(buffer, 0, Math.min(n, MOST_ERROR_BYTES - errors.size()));
                }
            }
        } catch (IOException e) {
            // The process was killed.
        }
    }

    /** What the process writes; it ends with the process. */
    InputStream output() {
        return process.getInputStream();
    }

    /**
     * Waits for the end of a process whose output was read.
     *
     * @throws IOException if it failed, with what it said
     */
    void finish() throws IOException, InterruptedException {
        if (!process.waitFor(EXIT.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new IOException("the process does not end");
        }
        if (process.exitValue() != 0) {
            throw new IOException("exit status " + process.exitValue() + saying());
        }
    }

    /** What the process said on its error stream, with a colon before it, or nothing. */
    String saying() throws InterruptedException {
        errorReader.join(EXIT);
        synchronized (errors) {
            String text = errors.toString(StandardCharsets.UTF_8).strip();
            return text.isEmpty() ? "" : ": " + text.replaceAll("\\s*\\R\\s*", "; ");
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
        boolean interrupted = false;
        while (true) {
            try {
                process.waitFor();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}

package org.kimi4j.benchmarks.suite;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Another process that keeps one processor busy: in registers alone, so that it takes time from others and no memory
 * bandwidth. It ends when it is closed, and with the process that started it.
 */
public final class BusyProcess implements AutoCloseable {

    private final Process process;

    private BusyProcess(Process process) {
        this.process = process;
    }

    /** Starts one, and returns when it is at work. */
    public static BusyProcess start() throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        Process process = new ProcessBuilder(List.of(
                        java,
                        "-Xmx16m",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        BusyProcess.class.getName()))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        if (process.getInputStream().read() < 0) {
            throw new IOException("the busy process ended at once");
        }
        return new BusyProcess(process);
    }

    /** What runs there: counts until its input ends. */
    public static void main(String[] args) throws IOException {
        Thread.ofPlatform().daemon().start(() -> {
            for (long i = 0; ; i++) {
                Thread.onSpinWait();
                if (i < 0) {
                    System.out.println(i);
                }
            }
        });
        System.out.print('!');
        System.out.flush();
        while (System.in.read() >= 0) {
            // nothing is ever sent
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

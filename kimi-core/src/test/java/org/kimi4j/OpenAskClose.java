package org.kimi4j;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.JMException;
import javax.management.ObjectName;
import org.kimi4j.kernel.Rows;

/** What a process runs whose memory is looked at: opens, asks, cancels and closes many times. */
final class OpenAskClose {

    static final int CYCLES = 200;
    private static final int CANCELS = 100;
    /** After so many cycles everything that is made once has been made. */
    private static final int SETTLED = 20;

    private OpenAskClose() {}

    /**
     * What a process holds.
     *
     * @param arenaBytes native memory that Java code asked for
     */
    record State(int threads, int mappings, int checkpointMappings, long arenaBytes) {

        static State parse(String line) {
            Matcher m = Pattern.compile(
                            "State\\[threads=(\\d+), mappings=(\\d+), checkpointMappings=(\\d+), arenaBytes=(\\d+)]")
                    .matcher(line);
            if (!m.matches()) {
                throw new AssertionError(line);
            }
            return new State(
                    Integer.parseInt(m.group(1)),
                    Integer.parseInt(m.group(2)),
                    Integer.parseInt(m.group(3)),
                    Long.parseLong(m.group(4)));
        }

        static State now() throws IOException, JMException {
            List<String> maps = Files.readAllLines(Path.of("/proc/self/maps"));
            String memory = (String) ManagementFactory.getPlatformMBeanServer()
                    .invoke(
                            new ObjectName("com.sun.management:type=DiagnosticCommand"),
                            "vmNativeMemory",
                            new Object[] {new String[] {"summary", "scale=1"}},
                            new String[] {String[].class.getName()});
            Matcher arenas = Pattern.compile("Other \\(reserved=\\d+, committed=(\\d+)\\)")
                    .matcher(memory);
            return new State(
                    ManagementFactory.getThreadMXBean().getThreadCount(),
                    maps.size(),
                    (int) maps.stream().filter(l -> l.contains(".safetensors")).count(),
                    arenas.find() ? Long.parseLong(arenas.group(1)) : 0);
        }
    }

    public static void main(String[] arguments) throws Exception {
        Path checkpoint = Path.of(arguments[0]);
        State first = null;
        for (int cycle = 0; cycle < CYCLES; cycle++) {
            try (Kimi kimi = Kimi.load(checkpoint)) {
                Reply reply = kimi.chat()
                        .user("Which city is the capital of China")
                        .thinking(false)
                        .temperature(0)
                        .maxTokens(3)
                        .send();
                if (!reply.text().equals("The capital of")) {
                    throw new IllegalStateException("cycle " + cycle + " answered " + reply.text());
                }
            }
            if (cycle == SETTLED) {
                cancels(checkpoint);
                first = State.now();
            }
        }
        cancels(checkpoint);
        System.out.println(first);
        System.out.println(State.now());
    }

    /** Cancels at every layer of reading a chunk and of generating, and goes on with the same model after each. */
    private static void cancels(Path checkpoint) {
        int[] left = {-1};
        ReplyStream[] victim = new ReplyStream[1];
        Gate gate = new Gate() {
            @Override
            public void append(int layer, Rows rows) {
                if (left[0]-- == 0) {
                    victim[0].cancel();
                }
            }
        };
        try (Kimi kimi = Kimi.load(checkpoint, WatchedBackend.watchedBy(gate))) {
            for (int cancel = 0; cancel < CANCELS; cancel++) {
                gate.hold();
                ReplyStream stream = Endless.request(kimi, cancel + " Tell me something", 100)
                        .open();
                gate.awaitHeld();
                victim[0] = stream;
                left[0] = cancel;
                gate.open();
                FinishReason reason = stream.reply().finishReason();
                if (reason != FinishReason.CANCELLED) {
                    throw new IllegalStateException("cancel " + cancel + " ended with " + reason);
                }
                left[0] = -1;
            }
            Reply reply = kimi.chat()
                    .user("Which city is the capital of China")
                    .thinking(false)
                    .temperature(0)
                    .send();
            if (!reply.text().equals("The capital of China is Beijing.")) {
                throw new IllegalStateException("after the cancels: " + reply.text());
            }
        }
    }
}

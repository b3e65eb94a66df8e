package org.kimi4j.cli;

import java.io.BufferedReader;
import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/**
 * Where a command reads and writes. {@link #out} carries the result and nothing else; everything meant for a person goes
 * to {@link #err}.
 */
final class Terminal {

    /** Which of the three streams are a terminal rather than a pipe or a file. */
    record Interactive(boolean in, boolean out, boolean err) {

        static final Interactive NONE = new Interactive(false, false, false);

        /** What the launcher saw, or, started without it, what the JVM can tell: all three or nothing. */
        static Interactive ofProcess() {
            String seen = System.getProperty("kimi.terminal", "");
            if (!seen.isEmpty()) {
                return new Interactive(seen.contains("0"), seen.contains("1"), seen.contains("2"));
            }
            Console console = System.console();
            boolean all = console != null && console.isTerminal();
            return new Interactive(all, all, all);
        }
    }

    private final InputStream in;
    private final PrintStream out;
    private final PrintStream err;
    private final Interactive interactive;
    private final boolean styled;

    private Terminal(InputStream in, PrintStream out, PrintStream err, Interactive interactive, boolean styled) {
        this.in = in;
        this.out = out;
        this.err = err;
        this.interactive = interactive;
        this.styled = styled;
    }

    /** The streams of this process: a terminal in its own encoding, a pipe or file always in UTF-8. */
    static Terminal ofProcess() {
        Interactive interactive = Interactive.ofProcess();
        boolean styled = System.getenv("NO_COLOR") == null && !"dumb".equals(System.getenv("TERM"));
        return new Terminal(
                System.in,
                stream(FileDescriptor.out, interactive.out, "stdout.encoding"),
                stream(FileDescriptor.err, interactive.err, "stderr.encoding"),
                interactive,
                styled);
    }

    /** Streams of a test. */
    static Terminal of(InputStream in, OutputStream out, OutputStream err, Interactive interactive) {
        return new Terminal(
                in,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                interactive,
                true);
    }

    private static PrintStream stream(FileDescriptor descriptor, boolean terminal, String property) {
        return new PrintStream(new FileOutputStream(descriptor), true, encoding(terminal, property));
    }

    private static Charset encoding(boolean terminal, String property) {
        return terminal ? Charset.forName(System.getProperty(property, "UTF-8")) : StandardCharsets.UTF_8;
    }

    InputStream in() {
        return in;
    }

    /** Lines that a person or a pipe enters. */
    BufferedReader lines() {
        return new BufferedReader(new InputStreamReader(in, encoding(interactive.in, "stdin.encoding")));
    }

    PrintStream out() {
        return out;
    }

    PrintStream err() {
        return err;
    }

    Interactive interactive() {
        return interactive;
    }

    /** Writes a piece of the result and notices when nobody reads it any more, as behind {@code | head}. */
    void result(String text) {
        out.print(text);
        if (out.checkError()) {
            throw new CommandFailure("standard output is closed");
        }
    }

    /** Starts text of lesser weight on {@link #err}; nothing on what is not a terminal. */
    String dim() {
        return interactive.err && styled ? "\u001b[2m" : "";
    }

    /** Ends what {@link #dim} started. */
    String plain() {
        return interactive.err && styled ? "\u001b[0m" : "";
    }
}

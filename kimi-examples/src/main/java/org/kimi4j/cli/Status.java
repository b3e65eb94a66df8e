package org.kimi4j.cli;

import java.util.Locale;
import org.kimi4j.LoadProgress;
import org.kimi4j.PromptProgress;

/**
 * One line on a terminal that says what long work is doing, and is wiped out at the end. Writes nothing where standard
 * error is not a terminal. Safe for all threads.
 */
final class Status implements AutoCloseable {

    private static final int BAR_WIDTH = 30;
    private static final String WIPE = "\r\u001b[K";

    private final Terminal terminal;
    private String shown = "";
    private boolean closed;

    Status(Terminal terminal) {
        this.terminal = terminal;
    }

    /** Shows what opening a model is doing. */
    void show(LoadProgress progress) {
        if (progress.total() > 1) {
            steps(progress.stage(), progress.done(), progress.total());
        } else {
            line(progress.stage());
        }
    }

    /** Shows how far a prompt has come; wiped out when the whole of it has been read. */
    void show(PromptProgress progress) {
        switch (progress.stage()) {
            case DECODING -> steps("decoding", progress.done(), progress.total());
            case LOOKING -> steps("looking", progress.done(), progress.total());
            case READING -> {
                steps("reading", progress.done(), progress.total());
                if (progress.done() == progress.total()) {
                    wipe();
                }
            }
        }
    }

    /** Shows bytes done of all bytes. */
    void bytes(String what, long done, long total) {
        bar(what, done, total, String.format(Locale.ROOT, " of %.1f GB", total / 1e9));
    }

    /** Shows steps done of all steps; one step alone is not worth a bar. */
    void steps(String what, long done, long total) {
        if (total > 1) {
            bar(what, done, total, "");
        }
    }

    private void bar(String what, long done, long total, String unit) {
        int filled = (int) (BAR_WIDTH * done / Math.max(1, total));
        line(String.format(
                Locale.ROOT,
                "%s [%s%s] %3d %%%s",
                what,
                "#".repeat(filled),
                ".".repeat(BAR_WIDTH - filled),
                100 * done / Math.max(1, total),
                unit));
    }

    private synchronized void line(String text) {
        if (terminal.interactive().err() && !closed && !text.equals(shown)) {
            terminal.err().print(WIPE + text);
            terminal.err().flush();
            shown = text;
        }
    }

    /** Wipes the line out. */
    synchronized void wipe() {
        if (!shown.isEmpty()) {
            terminal.err().print(WIPE);
            terminal.err().flush();
        }
        shown = "";
    }

    @Override
    public synchronized void close() {
        wipe();
        closed = true;
    }
}

package org.kimi4j.cli;

import java.util.Locale;
import java.util.Optional;
import org.kimi4j.Delta;
import org.kimi4j.FinishReason;
import org.kimi4j.KimiModel;
import org.kimi4j.Reply;
import org.kimi4j.ReplyStream;
import org.kimi4j.chat.ReplyEvent;

/** Shows a reply as it is made: the answer on standard output, thinking and the rest on standard error. */
final class ReplyPrinter {

    private final Terminal terminal;
    private boolean thinking;
    private boolean answered;

    ReplyPrinter(Terminal terminal) {
        this.terminal = terminal;
    }

    /** Reads the stream to its end. */
    Reply print(ReplyStream stream) {
        try {
            for (var next = stream.next(); next.isPresent(); next = stream.next()) {
                show(next.get());
            }
        } finally {
            endThinking();
            if (answered) {
                terminal.out().println();
            }
        }
        return stream.reply();
    }

    private void show(Delta delta) {
        switch (delta.event()) {
            case ReplyEvent.ThinkingDelta(String text) -> {
                if (!thinking) {
                    terminal.err().print(terminal.dim());
                    thinking = true;
                }
                terminal.err().print(text);
                terminal.err().flush();
            }
            case ReplyEvent.TextDelta(String text) -> {
                endThinking();
                answered = true;
                terminal.result(text);
            }
            case ReplyEvent.ToolCallEnd(int _, var call, boolean complete) -> {
                endThinking();
                terminal.err()
                        .println("[asks for " + call.name() + " " + call.arguments() + (complete ? "]" : ", cut off]"));
            }
            case ReplyEvent.Malformed(String text, String problem) -> {
                endThinking();
                terminal.err().println("[" + problem + ": " + text + "]");
            }
            case ReplyEvent.ToolCallStart _, ReplyEvent.ToolCallArgumentsDelta _ -> {
                // shown when the call is whole
            }
        }
    }

    private void endThinking() {
        if (thinking) {
            terminal.err().println(terminal.plain());
            thinking = false;
        }
    }

    /**
     * Says why an answer is not whole, and on request what it took.
     *
     * @param statsOf the model that answered, if that is wanted
     */
    static void remarks(Terminal terminal, Reply reply, Optional<KimiModel> statsOf) {
        if (reply.finishReason() == FinishReason.LENGTH) {
            terminal.err().println("kimi: the answer was cut off at its most tokens (--max-tokens)");
        }
        statsOf.ifPresent(model -> terminal.err()
                .println(String.format(
                        Locale.ROOT,
                        "kimi: %s; first token after %.2f s, prompt %.2f tokens/s, answer %.2f tokens/s,"
                                + " %,d weight bytes per token",
                        reply.usage(),
                        reply.timings().firstToken().toNanos() / 1e9,
                        reply.timings().prefillTokensPerSecond(),
                        reply.timings().decodeTokensPerSecond(),
                        model.bytesPerToken())));
    }
}

package org.kimi4j.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.kimi4j.Conversation;
import org.kimi4j.FinishReason;
import org.kimi4j.Kimi;
import org.kimi4j.Reply;
import org.kimi4j.ReplyStream;
import org.kimi4j.error.KimiException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(name = "chat", description = "Talks until the end of input (Ctrl-D); /help lists what else can be entered.")
final class ChatCommand implements Callable<Integer> {

    private static final Pattern COMMAND = Pattern.compile("/[a-z]+");

    private static final String HELP = """
            /help      this list
            /new       forget the conversation and begin another
            /think     think before answering
            /instant   answer at once
            /stats     tokens and times after each answer, on or off
            /quit      end, as Ctrl-D does
            Ctrl-C while an answer is coming ends the answer; what was said of it stays in the conversation.""";

    private final Terminal terminal;

    @Mixin
    private final AnswerOptions options = new AnswerOptions();

    private boolean failed;

    ChatCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        try (Kimi kimi = options.open(terminal)) {
            note(kimi.model().directory().getFileName() + ", kernels "
                    + kimi.model().kernelsName() + "; /help for help, Ctrl-D to end");
            Conversation conversation = begin(kimi);
            BufferedReader lines = terminal.lines();
            for (String line = ask(lines); line != null; line = ask(lines)) {
                String text = line.strip();
                if (text.equals("/quit")) {
                    break;
                }
                if (text.equals("/new")) {
                    conversation = begin(kimi);
                    note("a new conversation");
                } else if (COMMAND.matcher(text).matches()) {
                    command(conversation, text);
                } else if (!text.isEmpty()) {
                    answer(kimi, conversation, line);
                }
            }
        }
        // A person has seen what failed; a script sees the exit code.
        return failed && !terminal.interactive().in() ? 1 : 0;
    }

    private Conversation begin(Kimi kimi) {
        Conversation conversation = kimi.conversation().options(options::apply);
        return options.system().isEmpty() ? conversation : conversation.system(options.system());
    }

    private @Nullable String ask(BufferedReader lines) throws IOException {
        if (!terminal.interactive().in()) {
            return lines.readLine();
        }
        terminal.err().print("> ");
        terminal.err().flush();
        String line = lines.readLine();
        if (line == null) {
            terminal.err().println();
        }
        return line;
    }

    private void command(Conversation conversation, String text) {
        switch (text) {
            case "/help" -> terminal.err().println(HELP);
            case "/think" -> conversation.options(o -> o.thinking(true));
            case "/instant" -> conversation.options(o -> o.thinking(false));
            case "/stats" -> options.toggleStats();
            default -> terminal.err().println("kimi: no command " + text + "; /help lists them");
        }
    }

    private void answer(Kimi kimi, Conversation conversation, String question) {
        int before = conversation.messages().size();
        conversation.user(question);
        try (ReplyStream stream = conversation.open();
                Interrupts _ = Interrupts.on(stream::cancel)) {
            Reply reply = new ReplyPrinter(terminal).print(stream);
            if (reply.finishReason() == FinishReason.CANCELLED) {
                note("cancelled");
                if (reply.text().isEmpty()) {
                    conversation.truncate(before);
                    return;
                }
            }
            conversation.add(reply.toMessage());
            ReplyPrinter.remarks(terminal, reply, options.statsOf(kimi));
        } catch (KimiException e) {
            conversation.truncate(before);
            failed = true;
            terminal.err().println("kimi: " + e.getMessage());
        }
    }

    /** A word to the person, none in a pipe. */
    private void note(String text) {
        if (terminal.interactive().in()) {
            terminal.err().println(terminal.dim() + text + terminal.plain());
        }
    }
}

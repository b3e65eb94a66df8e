package org.kimi4j.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.kimi4j.ChatRequest;
import org.kimi4j.GenerateOptions;
import org.kimi4j.Kimi;
import org.kimi4j.Reply;
import org.kimi4j.ReplyStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "ask", description = "Asks one question; prints the answer, and thinking on standard error.")
final class AskCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Parameters(
            arity = "1..*",
            paramLabel = "QUESTION",
            description = "The question; several words are joined by spaces; - reads it from standard input.")
    private List<String> question = new ArrayList<>();

    @Option(
            names = "--image",
            paramLabel = "FILE",
            description = "A picture to ask about: PNG, JPEG, GIF, BMP or WebP; repeatable.")
    private List<Path> images = new ArrayList<>();

    @Option(names = "--video", paramLabel = "FILE", description = "A video to ask about; needs FFmpeg; repeatable.")
    private List<Path> videos = new ArrayList<>();

    @Mixin
    private final AnswerOptions options = new AnswerOptions();

    AskCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        String text = String.join(" ", question);
        if (text.equals("-")) {
            text = new String(terminal.in().readAllBytes(), StandardCharsets.UTF_8);
        }
        try (Kimi kimi = options.open(terminal)) {
            ChatRequest request = kimi.chat().options(GenerateOptions.DEFAULTS.with(options::apply));
            if (!options.system().isEmpty()) {
                request.system(options.system());
            }
            String words = text;
            try (Status status = new Status(terminal);
                    ReplyStream stream = request.progress(status::show)
                            .user(turn -> {
                                images.forEach(turn::image);
                                videos.forEach(turn::video);
                                turn.text(words);
                            })
                            .open()) {
                Reply reply = new ReplyPrinter(terminal).print(stream);
                ReplyPrinter.remarks(terminal, reply, options.statsOf(kimi));
            }
        }
        return 0;
    }
}

package org.kimi4j.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.kimi4j.chat.ChatFormat;
import org.kimi4j.chat.ChatInput;
import org.kimi4j.chat.ChatTemplate;
import org.kimi4j.chat.ConversationJson;
import org.kimi4j.chat.FormatChoice;
import org.kimi4j.json.Json;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "render",
        description = "Prints the exact prompt of a conversation, and nothing after it. Needs no model; pictures and"
                + " videos are not looked at.")
final class RenderCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Parameters(
            paramLabel = "FILE.json",
            description = "An object with messages and optionally name, tools, thinking, preserve_thinking and"
                    + " add_generation_prompt; - reads standard input.")
    private String file = "";

    @Option(
            names = "--list",
            description = "The file has an array of conversations; prints a JSON object from name to prompt.")
    private boolean list;

    @Option(
            names = "--chat-format",
            paramLabel = "NAME",
            defaultValue = "k2.6",
            description = "k2.5, k2.6, k2-thinking or k2.7-code; default: ${DEFAULT-VALUE}, which without"
                    + " preserve_thinking is k2.5.")
    private ChatFormat format = ChatFormat.K2_6;

    RenderCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        String json = file.equals("-")
                ? new String(terminal.in().readAllBytes(), StandardCharsets.UTF_8)
                : Files.readString(Path.of(file));
        ChatTemplate template = new ChatTemplate(FormatChoice.named(format));
        if (!list) {
            terminal.result(prompt(template, ConversationJson.read(json)));
            return 0;
        }
        Map<String, Json> prompts = new LinkedHashMap<>();
        for (ChatInput input : ConversationJson.readList(json)) {
            if (prompts.put(input.name(), new Json.Str(prompt(template, input))) != null) {
                throw new CommandFailure(file + ": expected one conversation of each name, found several named \""
                        + input.name() + "\"");
            }
        }
        terminal.result(new Json.Obj(prompts).write() + "\n");
        return 0;
    }

    private static String prompt(ChatTemplate template, ChatInput input) {
        return template.render(new ChatInput(
                        input.name(),
                        input.messages(),
                        input.tools(),
                        input.options().withToolIdsAsGiven(true)))
                .text();
    }
}

package org.kimi4j.verifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.kimi4j.verifier.Said.runs;

import java.util.ArrayList;
import java.util.List;
import org.kimi4j.chat.ChatFormat;
import org.kimi4j.chat.ChatInput;
import org.kimi4j.chat.ChatMessage;
import org.kimi4j.chat.ChatTemplate;
import org.kimi4j.chat.Content;
import org.kimi4j.chat.ConversationJson;
import org.kimi4j.chat.RenderOptions;
import org.kimi4j.chat.ToolCall;

/** Conversations that are sent again with every request: the reasoning of their tool calls must be in each. */
final class ReplayCases {

    private static final String MISSING = "reasoning of the call at index ";

    private ReplayCases() {}

    static List<ToolCase> all() {
        return List.of(
                episode(MISSING + "7", 4, false, "continuedev/continue#11527"),
                episode(MISSING + "5", 3, false, "continuedev/continue#11600"),
                episode(MISSING + "19", 10, false, "continuedev/continue#11711"),
                episode(MISSING + "2, behind a system turn", 1, true, "mastra-ai/mastra#12592"),
                episode(MISSING + "1", 1, false, "danny-avila/LibreChat#11563"),
                throughJson(),
                secondQuestion(),
                keptByNewerModels());
    }

    /** A user's turn and so many replies with a call; the script checks the prompt of each request. */
    private static ToolCase episode(String name, int replies, boolean system, String issue) {
        Script script = Script.named(name).like(issue);
        if (system) {
            script.after(ChatMessage.system("You are terse."), ChatMessage.user("Go."));
        }
        for (int i = 0; i < replies; i++) {
            String id = "functions.get_weather:" + i;
            String arguments = "{\"city\": \"City " + i + "\"}";
            String reasoning = "Step " + i + ": I look at city " + i + ".";
            script.reply(
                    reasoning + "</think>[S][C]" + id + "[A]" + arguments + "[/C][/S]",
                    Said.of(reasoning, "", runs(id, arguments)));
        }
        return script.answer("All seen.");
    }

    private static ChatMessage.Assistant calling(String reasoning, String id) {
        return new ChatMessage.Assistant(
                List.of(), reasoning, List.of(new ToolCall(id, "get_weather", "{\"city\": \"Oslo\"}")), "");
    }

    /** What a proxy or a store does to a conversation. */
    private static ToolCase throughJson() {
        return new ToolCase(
                "reasoning survives JSON", ToolCase.Origin.PROMPT, List.of("BerriAI/litellm#26156"), kimi -> {
                    List<ChatMessage> messages = List.of(
                            ChatMessage.user("Weather?"),
                            calling("I look it up.", "functions.get_weather:0"),
                            ChatMessage.tool("functions.get_weather:0", "sunny"));
                    String json = ConversationJson.write(
                            new ChatInput("", messages, List.of(Tools.WEATHER), RenderOptions.THINKING));
                    assertThat(json).contains("\"reasoning_content\"");
                    List<ChatMessage> read = ConversationJson.read(json).messages();
                    String prompt = Prompts.of(kimi, read, List.of(Tools.WEATHER), true);
                    assertThat(prompt).contains("<think>I look it up.</think><|tool_calls_section_begin|>");
                    Prompts.checkCalls(prompt);
                    Prompts.checkReasoning(prompt, messages, true);
                    return 1;
                });
    }

    private static ToolCase secondQuestion() {
        return Script.named("a second question with calls: its reasoning stays, that of the first episode goes")
                .like("anomalyco/opencode#29690")
                .after(
                        ChatMessage.user("Weather?"),
                        calling("Old thoughts.", "functions.get_weather:0"),
                        ChatMessage.tool("functions.get_weather:0", "sunny"),
                        new ChatMessage.Assistant(List.of(Content.text("Sunny.")), "Older thoughts.", List.of(), ""),
                        ChatMessage.user("And in Rome?"))
                .reply(
                        "New thoughts.</think>[S][C]functions.get_weather:1[A]{\"city\": \"Rome\"}[/C][/S]",
                        Said.of("New thoughts.", "", runs("functions.get_weather:1", "{\"city\": \"Rome\"}")))
                .answer("Sunny too.");
    }

    private static ToolCase keptByNewerModels() {
        return new ToolCase(
                "K2.6 keeps all reasoning if asked for", ToolCase.Origin.PROMPT, List.of("n8n-io/n8n#29142"), _ -> {
                    List<ChatMessage> messages = new ArrayList<>(List.of(
                            ChatMessage.user("Weather?"),
                            calling("Thoughts.", "functions.get_weather:0"),
                            ChatMessage.tool("functions.get_weather:0", "sunny")));
                    messages.add(new ChatMessage.Assistant(List.of(Content.text("Sunny.")), "", List.of(), ""));
                    messages.add(ChatMessage.user("Thanks."));
                    String kept = new ChatTemplate(ChatFormat.K2_6)
                            .render(messages, List.of(Tools.WEATHER), RenderOptions.THINKING.withPreserveThinking(true))
                            .text();
                    assertThat(kept).contains("<think>Thoughts.</think><|tool_calls_section_begin|>");
                    Prompts.checkCalls(kept);
                    return 1;
                });
    }
}

package org.kimi4j.chat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.kimi4j.error.UnsupportedOptionException;
import org.kimi4j.json.Json;

/**
 * Conversations as JSON in the form of OpenAI's chat requests, with {@code reasoning_content} on assistant messages.
 * Every key is understood or refused by name, never passed over.
 *
 * <p>A conversation is an object with the keys {@code messages}, and optionally {@code tools}, {@code thinking} (true
 * unless false), {@code preserve_thinking} (false unless true), {@code add_generation_prompt} (true unless false) and
 * {@code name}. A key {@code expected}, the prompt a test expects, is skipped.
 */
public final class ConversationJson {

    private ConversationJson() {}

    /**
     * Reads one conversation.
     *
     * @throws UnsupportedOptionException naming the place and the key, for what is not JSON, unknown or of a wrong type
     */
    public static ChatInput read(String json) {
        return input(parse(json));
    }

    /** Reads an array of conversations; see {@link #read}. */
    public static List<ChatInput> readList(String json) {
        List<ChatInput> inputs = new ArrayList<>();
        for (JsonPlace item : parse(json).items()) {
            inputs.add(input(item));
        }
        return inputs;
    }

    /** Reads an array of messages; see {@link #read}. */
    public static List<ChatMessage> readMessages(String json) {
        return MessageJson.read(parse(json));
    }

    /** Reads an array of tools; see {@link #read}. */
    public static List<ToolSpec> readTools(String json) {
        return tools(parse(json));
    }

    /** One conversation as compact JSON; reading it gives an equal one, but media bytes come back as data: addresses. */
    public static String write(ChatInput input) {
        Map<String, Json> members = new LinkedHashMap<>();
        if (!input.name().isEmpty()) {
            members.put("name", new Json.Str(input.name()));
        }
        members.put("messages", MessageJson.write(input.messages()));
        if (!input.tools().isEmpty()) {
            members.put("tools", toolsJson(input.tools()));
        }
        members.put("thinking", new Json.Bool(input.options().thinking()));
        members.put("preserve_thinking", new Json.Bool(input.options().preserveThinking()));
        members.put("add_generation_prompt", new Json.Bool(input.options().generationPrompt()));
        return new Json.Obj(members).write();
    }

    /** Messages as a compact JSON array; see {@link #write(ChatInput)}. */
    public static String writeMessages(List<ChatMessage> messages) {
        return MessageJson.write(messages).write();
    }

    /** Tools as a compact JSON array; reading it gives equal ones. */
    public static String writeTools(List<ToolSpec> tools) {
        return toolsJson(tools).write();
    }

    private static JsonPlace parse(String json) {
        try {
            return new JsonPlace("", Json.parse(json));
        } catch (Json.SyntaxException e) {
            throw new UnsupportedOptionException("conversation: not JSON: " + e.getMessage(), e);
        }
    }

    private static ChatInput input(JsonPlace place) {
        place.allow("name messages tools thinking preserve_thinking add_generation_prompt expected");
        RenderOptions options = RenderOptions.THINKING
                .withThinking(place.flag("thinking", true))
                .withPreserveThinking(place.flag("preserve_thinking", false))
                .withGenerationPrompt(place.flag("add_generation_prompt", true));
        return new ChatInput(
                place.text("name"),
                MessageJson.read(place.required("messages")),
                place.has("tools") ? tools(place.required("tools")) : List.of(),
                options);
    }

    private static List<ToolSpec> tools(JsonPlace place) {
        List<ToolSpec> tools = new ArrayList<>();
        for (JsonPlace item : place.items()) {
            item.allow("type function");
            item.required("type").expect("function");
            JsonPlace function = item.required("function");
            function.allow("name description parameters strict");
            String parameters =
                    function.has("parameters") ? function.required("parameters").objectText() : "";
            tools.add(new ToolSpec(
                    function.required("name").string(),
                    function.text("description"),
                    parameters,
                    function.flag("strict", false)));
        }
        return tools;
    }

    private static Json toolsJson(List<ToolSpec> tools) {
        return new Json.Arr(tools.stream().map(tool -> (Json) tool.toJson()).toList());
    }
}

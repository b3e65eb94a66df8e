package org.kimi4j.chat;

import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.kimi4j.error.MediaException;
import org.kimi4j.json.Json;

/** Messages to and from JSON. */
final class MessageJson {

    private MessageJson() {}

    static List<ChatMessage> read(JsonPlace place) {
        List<ChatMessage> messages = new ArrayList<>();
        for (JsonPlace item : place.items()) {
            messages.add(message(item));
        }
        return messages;
    }

    private static ChatMessage message(JsonPlace place) {
        String role = place.required("role").string();
        place.allow(
                switch (role) {
                    // clients send back the whole message they got, with the fields that do not apply as null
                    case "assistant" ->
                        "role content name reasoning_content reasoning tool_calls refusal audio annotations"
                                + " function_call";
                    case "tool" -> "role content name tool_call_id";
                    default -> "role content name";
                });
        List<Content> content = content(place);
        String name = place.text("name");
        return switch (role) {
            case "system" -> new ChatMessage.System(content, name);
            case "user" -> new ChatMessage.User(content, name);
            case "assistant" -> {
                unused(place, "refusal", "audio", "annotations", "function_call");
                String reasoning = place.text(place.has("reasoning") ? "reasoning" : "reasoning_content");
                yield new ChatMessage.Assistant(content, reasoning, toolCalls(place), name);
            }
            case "tool" -> new ChatMessage.Tool(content, place.text("tool_call_id"), name);
            default -> new ChatMessage.Other(role, content, name);
        };
    }

    private static void unused(JsonPlace place, String... keys) {
        for (String key : keys) {
            if (place.has(key) && !place.required(key).value().equals(new Json.Arr(List.of()))) {
                throw place.required(key).wrong("null, it is not supported");
            }
        }
    }

    private static List<Content> content(JsonPlace place) {
        if (!place.has("content")) {
            return List.of();
        }
        JsonPlace content = place.required("content");
        if (content.value() instanceof Json.Str(String text)) {
            return text.isEmpty() ? List.of() : List.of(Content.text(text));
        }
        List<Content> pieces = new ArrayList<>();
        for (JsonPlace item : content.items()) {
            pieces.add(piece(item));
        }
        return pieces;
    }

    private static Content piece(JsonPlace place) {
        JsonPlace type = place.required("type");
        return switch (type.string()) {
            case "text" -> {
                place.allow("type text");
                yield Content.text(place.required("text").string());
            }
            case "image", "image_url" -> Content.image(media(place, type.string()));
            case "video", "video_url" -> Content.video(media(place, type.string()));
            default -> throw type.wrong("text, image, image_url, video or video_url");
        };
    }

    /** The address under the key that is called like the type: a string, or an object with the key url. */
    private static Media media(JsonPlace place, String key) {
        place.allow("type " + key);
        JsonPlace source = place.required(key);
        if (source.value() instanceof Json.Str(String uri)) {
            return new Media.Uri(uri);
        }
        source.allow("url detail");
        if (source.has("detail")) {
            source.required("detail").expect("auto");
        }
        return new Media.Uri(source.required("url").string());
    }

    private static List<ToolCall> toolCalls(JsonPlace place) {
        List<ToolCall> calls = new ArrayList<>();
        if (!place.has("tool_calls")) {
            return calls;
        }
        for (JsonPlace item : place.required("tool_calls").items()) {
            // index is left over from streaming, where it says what the order says here
            item.allow("id type function index");
            if (item.has("type")) {
                item.required("type").expect("function");
            }
            JsonPlace function = item.required("function");
            function.allow("name arguments");
            calls.add(new ToolCall(item.text("id"), function.required("name").string(), arguments(function)));
        }
        return calls;
    }

    /** A string as it is; an object as Python's json module writes it, which is what the official template does. */
    private static String arguments(JsonPlace function) {
        if (!function.has("arguments")) {
            return "";
        }
        JsonPlace arguments = function.required("arguments");
        return switch (arguments.value()) {
            case Json.Str(String text) -> text;
            case Json.Obj object -> PythonText.json(object);
            case Json other -> throw new JsonPlace(arguments.path(), other).wrong("a string or an object");
        };
    }

    static Json write(List<ChatMessage> messages) {
        return new Json.Arr(messages.stream().map(MessageJson::write).toList());
    }

    private static Json write(ChatMessage message) {
        Map<String, Json> members = new LinkedHashMap<>();
        members.put("role", new Json.Str(message.role()));
        if (!message.name().isEmpty()) {
            members.put("name", new Json.Str(message.name()));
        }
        switch (message) {
            case ChatMessage.Assistant assistant -> {
                if (!assistant.reasoning().isEmpty()) {
                    members.put("reasoning_content", new Json.Str(assistant.reasoning()));
                }
                members.put("content", write(message.content(), message));
                if (!assistant.toolCalls().isEmpty()) {
                    members.put(
                            "tool_calls",
                            new Json.Arr(assistant.toolCalls().stream()
                                    .map(MessageJson::write)
                                    .toList()));
                }
            }
            case ChatMessage.Tool tool -> {
                members.put("tool_call_id", new Json.Str(tool.toolCallId()));
                members.put("content", write(message.content(), message));
            }
            case ChatMessage.System _, ChatMessage.User _, ChatMessage.Other _ ->
                members.put("content", write(message.content(), message));
        }
        return new Json.Obj(members);
    }

    private static Json write(ToolCall call) {
        return object(
                "id", new Json.Str(call.id()),
                "type", new Json.Str("function"),
                "function", object("name", new Json.Str(call.name()), "arguments", new Json.Str(call.arguments())));
    }

    private static Json write(List<Content> content, ChatMessage message) {
        if (content.isEmpty()) {
            return new Json.Str("");
        }
        if (content.size() == 1 && content.getFirst() instanceof Content.Text(String text) && !text.isEmpty()) {
            return new Json.Str(text);
        }
        List<Json> pieces = new ArrayList<>();
        for (Content piece : content) {
            pieces.add(
                    switch (piece) {
                        case Content.Text(String text) ->
                            object("type", new Json.Str("text"), "text", new Json.Str(text));
                        case Content.Image(Media media) -> media("image_url", media, message);
                        case Content.Video(Media media) -> media("video_url", media, message);
                    });
        }
        return new Json.Arr(pieces);
    }

    private static Json media(String type, Media media, ChatMessage message) {
        String uri = switch (media) {
            case Media.Uri(String address) -> address;
            case Media.Bytes(byte[] data) ->
                "data:application/octet-stream;base64," + Base64.getEncoder().encodeToString(data);
            case Media.File _, Media.Rgb _, Media.Buffered _, Media.Padded _, Media.Frames _ ->
                throw new MediaException("message of role " + message.role() + " as JSON: " + media
                        + " has no address; pass the bytes of the file instead");
        };
        return object("type", new Json.Str(type), type, object("url", new Json.Str(uri)));
    }

    private static Json object(Object... keysAndValues) {
        Map<String, Json> members = new LinkedHashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            members.put((String) keysAndValues[i], (Json) keysAndValues[i + 1]);
        }
        return new Json.Obj(members);
    }
}

package org.kimi4j.springai;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.kimi4j.chat.ChatMessage;
import org.kimi4j.chat.Content;
import org.kimi4j.chat.ToolCall;
import org.kimi4j.error.MediaException;
import org.kimi4j.error.UnsupportedOptionException;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.content.Media;

/** Spring AI's messages as Kimi's. Nothing is decoded or fetched here. */
final class MessageMapping {

    private MessageMapping() {}

    static List<ChatMessage> messages(List<Message> messages) {
        List<ChatMessage> all = new ArrayList<>();
        for (Message message : messages) {
            switch (message) {
                case SystemMessage system -> all.add(new ChatMessage.System(words(system.getText()), ""));
                case UserMessage user -> all.add(user(user));
                case AssistantMessage assistant -> all.add(assistant(assistant));
                case ToolResponseMessage tools ->
                    tools.getResponses()
                            .forEach(r -> all.add(new ChatMessage.Tool(words(r.responseData()), orEmpty(r.id()), "")));
                default ->
                    throw new UnsupportedOptionException("message of type "
                            + message.getClass().getName()
                            + ": expected a SystemMessage, UserMessage, AssistantMessage or ToolResponseMessage");
            }
        }
        return all;
    }

    private static ChatMessage user(UserMessage message) {
        List<Content> content = new ArrayList<>();
        message.getMedia().forEach(media -> content.add(media(media)));
        content.addAll(words(message.getText()));
        return new ChatMessage.User(content, "");
    }

    private static ChatMessage assistant(AssistantMessage message) {
        if (!message.getMedia().isEmpty()) {
            throw new MediaException("media in an AssistantMessage: expected none, found "
                    + message.getMedia().size() + "; the model reads pictures of user messages");
        }
        return new ChatMessage.Assistant(
                words(message.getText()),
                reasoning(message.getMetadata()),
                message.getToolCalls().stream()
                        .map(c -> new ToolCall(orEmpty(c.id()), c.name(), orEmpty(c.arguments())))
                        .toList(),
                "");
    }

    private static String reasoning(Map<String, Object> metadata) {
        return metadata.get(KimiChatModel.REASONING) instanceof String text ? text : "";
    }

    private static List<Content> words(@Nullable String text) {
        return text == null || text.isEmpty() ? List.of() : List.of(Content.text(text));
    }

    private static Content media(Media media) {
        org.kimi4j.chat.Media source = switch (media.getData()) {
            case byte[] data -> new org.kimi4j.chat.Media.Bytes(data);
            case String text -> uri(media, text);
            case Object other ->
                throw new MediaException("media of type " + media.getMimeType()
                        + ": expected bytes, a Resource or a data: address, found "
                        + other.getClass().getName() + " " + other + "; nothing is fetched, pass the content");
        };
        return switch (media.getMimeType().getType()) {
            case "image" -> Content.image(source);
            case "video" -> Content.video(source);
            default ->
                throw new MediaException("media of type " + media.getMimeType() + ": expected image/* or video/*");
        };
    }

    /** Spring AI has addresses and bare base64 text in the same place. */
    private static org.kimi4j.chat.Media uri(Media media, String text) {
        org.kimi4j.chat.Media.Uri uri = new org.kimi4j.chat.Media.Uri(text);
        if (uri.isData()) {
            return uri;
        }
        if (Arrays.asList("http", "https", "file", "ftp", "s3", "gs", "classpath", "jar").stream()
                .anyMatch(scheme -> text.regionMatches(true, 0, scheme + ":", 0, scheme.length() + 1))) {
            throw new MediaException("media of type " + media.getMimeType() + " at " + uri
                    + ": nothing is fetched; pass the content as bytes, a Resource or a data: address");
        }
        return new org.kimi4j.chat.Media.Uri("data:" + media.getMimeType() + ";base64," + text);
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }
}

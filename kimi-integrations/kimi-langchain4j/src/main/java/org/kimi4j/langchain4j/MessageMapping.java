package org.kimi4j.langchain4j;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.data.message.VideoContent;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.kimi4j.chat.Media;
import org.kimi4j.chat.ToolCall;

/** LangChain4j's messages as Kimi's. Nothing is decoded or fetched here. */
final class MessageMapping {

    private MessageMapping() {}

    static org.kimi4j.chat.ChatMessage of(ChatMessage message) {
        return switch (message) {
            case SystemMessage system -> org.kimi4j.chat.ChatMessage.system(system.text());
            case UserMessage user ->
                new org.kimi4j.chat.ChatMessage.User(contents(user.contents()), orEmpty(user.name()));
            case AiMessage assistant -> assistant(assistant);
            case ToolExecutionResultMessage result ->
                new org.kimi4j.chat.ChatMessage.Tool(contents(result.contents()), orEmpty(result.id()), "");
            default -> throw Failures.unsupported("messages of type " + message.type() + " are", "");
        };
    }

    /** Calls keep the ids they came with, none included; the prompt has them in the form the model knows. */
    private static org.kimi4j.chat.ChatMessage assistant(AiMessage message) {
        if (!message.images().isEmpty()) {
            throw Failures.unsupported("images in an AiMessage are", "put them into a UserMessage");
        }
        List<ToolCall> calls = message.toolExecutionRequests().stream()
                .map(MessageMapping::call)
                .toList();
        return new org.kimi4j.chat.ChatMessage.Assistant(
                message.text() == null ? List.of() : List.of(org.kimi4j.chat.Content.text(message.text())),
                orEmpty(message.thinking()),
                calls,
                "");
    }

    private static ToolCall call(ToolExecutionRequest request) {
        return new ToolCall(orEmpty(request.id()), request.name(), orEmpty(request.arguments()));
    }

    private static List<org.kimi4j.chat.Content> contents(List<Content> contents) {
        return contents.stream().map(MessageMapping::content).toList();
    }

    private static org.kimi4j.chat.Content content(Content content) {
        return switch (content) {
            case TextContent text -> org.kimi4j.chat.Content.text(text.text());
            case ImageContent image ->
                org.kimi4j.chat.Content.image(media(
                        "image",
                        image.image().base64Data(),
                        image.image().mimeType(),
                        image.image().url()));
            case VideoContent video ->
                org.kimi4j.chat.Content.video(media(
                        "video",
                        video.video().base64Data(),
                        video.video().mimeType(),
                        video.video().url()));
            default ->
                throw Failures.unsupported(
                        "content of type " + content.type().name().toLowerCase(Locale.ROOT) + " is", "");
        };
    }

    private static Media media(String kind, @Nullable String base64, @Nullable String mimeType, @Nullable URI url) {
        if (base64 != null) {
            return new Media.Uri("data:" + orEmpty(mimeType) + ";base64," + base64);
        }
        Media.Uri uri = new Media.Uri(String.valueOf(url));
        if (!uri.isData()) {
            throw Failures.unsupported(
                    kind + " URLs other than data: are",
                    "nothing is fetched; pass the content as base64, found " + uri);
        }
        return uri;
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }
}

package org.kimi4j.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Conversations of every kind of message and content, without names of control tokens. */
final class RandomConversation {

    private static final List<String> WORDS = List.of(
            "a",
            "bc",
            " ",
            "\n",
            "",
            "\u4F60\u597D",
            "\uD83D\uDE00",
            "\u00E9",
            "<",
            "<|",
            "|>",
            "<think",
            "{\"k\": 1}",
            "## Return of ");

    private final SplittableRandom random;

    private RandomConversation(SplittableRandom random) {
        this.random = random;
    }

    static ChatInput make(SplittableRandom random) {
        return new RandomConversation(random).input();
    }

    private ChatInput input() {
        List<ChatMessage> messages = new ArrayList<>();
        for (int n = random.nextInt(7); n > 0; n--) {
            messages.add(message());
        }
        List<ToolSpec> tools = random.nextInt(3) > 0
                ? List.of()
                : List.of(new ToolSpec("f", text(), "{\"properties\":{\"p\":{\"type\":\"string\"}}}"));
        RenderOptions options = RenderOptions.THINKING
                .withThinking(random.nextBoolean())
                .withPreserveThinking(random.nextBoolean())
                .withGenerationPrompt(random.nextBoolean());
        return new ChatInput("", messages, tools, options);
    }

    private ChatMessage message() {
        String name = random.nextInt(4) == 0 ? "n" + text() : "";
        return switch (random.nextInt(5)) {
            case 0 -> new ChatMessage.System(content(), name);
            case 1 -> new ChatMessage.User(content(), name);
            case 2 -> new ChatMessage.Tool(content(), "functions.f:" + random.nextInt(3), name);
            case 3 -> new ChatMessage.Other("developer", content(), name);
            default -> {
                List<ToolCall> calls = new ArrayList<>();
                for (int n = random.nextInt(3); n > 0; n--) {
                    calls.add(new ToolCall("call_" + random.nextInt(3), "f", text()));
                }
                yield new ChatMessage.Assistant(content(), text(), calls, name);
            }
        };
    }

    private List<Content> content() {
        List<Content> pieces = new ArrayList<>();
        for (int n = random.nextInt(4); n > 0; n--) {
            pieces.add(
                    switch (random.nextInt(4)) {
                        case 0 -> Content.image(new Media.Uri("data:,"));
                        case 1 -> Content.video(new Media.Uri("clip.mp4"));
                        default -> Content.text(text());
                    });
        }
        return pieces;
    }

    private String text() {
        StringBuilder text = new StringBuilder();
        for (int n = random.nextInt(5); n > 0; n--) {
            text.append(WORDS.get(random.nextInt(WORDS.size())));
        }
        return text.toString();
    }
}

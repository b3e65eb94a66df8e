package org.kimi4j.chat;

import java.util.List;

/**
 * Everything a prompt is made of.
 *
 * @param name a label of the caller's, not part of the prompt; empty for none
 */
public record ChatInput(String name, List<ChatMessage> messages, List<ToolSpec> tools, RenderOptions options) {

    public ChatInput {
        messages = List.copyOf(messages);
        tools = List.copyOf(tools);
    }
}

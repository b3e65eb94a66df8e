package org.kimi4j.chat;

import static org.kimi4j.tokenizer.SpecialTokens.END_THINK;
import static org.kimi4j.tokenizer.SpecialTokens.IM_ASSISTANT;
import static org.kimi4j.tokenizer.SpecialTokens.IM_END;
import static org.kimi4j.tokenizer.SpecialTokens.IM_MIDDLE;
import static org.kimi4j.tokenizer.SpecialTokens.IM_SYSTEM;
import static org.kimi4j.tokenizer.SpecialTokens.IM_USER;
import static org.kimi4j.tokenizer.SpecialTokens.MEDIA_BEGIN;
import static org.kimi4j.tokenizer.SpecialTokens.MEDIA_CONTENT;
import static org.kimi4j.tokenizer.SpecialTokens.MEDIA_END;
import static org.kimi4j.tokenizer.SpecialTokens.THINK;
import static org.kimi4j.tokenizer.SpecialTokens.TOOL_CALLS_SECTION_BEGIN;
import static org.kimi4j.tokenizer.SpecialTokens.TOOL_CALLS_SECTION_END;
import static org.kimi4j.tokenizer.SpecialTokens.TOOL_CALL_ARGUMENT_BEGIN;
import static org.kimi4j.tokenizer.SpecialTokens.TOOL_CALL_BEGIN;
import static org.kimi4j.tokenizer.SpecialTokens.TOOL_CALL_END;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.kimi4j.error.MediaException;
import org.kimi4j.error.UnsupportedOptionException;

/** Conversations to prompts, in one format. Immutable and safe for all threads. */
public final class ChatTemplate {

    private static final String DEFAULT_SYSTEM_PROMPT = "You are Kimi, an AI assistant created by Moonshot AI.";

    private final FormatChoice choice;
    private final ChatFormat format;

    /** The template of a format chosen by {@link ModelFacts#format()}. */
    public ChatTemplate(FormatChoice choice) {
        this.choice = choice;
        this.format = choice.format();
    }

    /** The template of a format the caller knows. */
    public ChatTemplate(ChatFormat format) {
        this(FormatChoice.named(format));
    }

    /** The format of the prompts. */
    public ChatFormat format() {
        return format;
    }

    /**
     * Renders a conversation.
     *
     * @throws UnsupportedOptionException if the format has no such mode, or two tools share a name
     * @throws MediaException if the format has no place for a picture or video
     */
    public Prompt render(ChatInput input) {
        return render(input.messages(), input.tools(), input.options());
    }

    /** Renders a conversation; see {@link #render(ChatInput)}. */
    public Prompt render(List<ChatMessage> messages, List<ToolSpec> tools, RenderOptions options) {
        check(tools, options);
        PromptWriter out = new PromptWriter();
        if (!tools.isEmpty()) {
            out.control(IM_SYSTEM).text("tool_declare").control(IM_MIDDLE);
            out.text(declaration(tools)).control(IM_END);
        }
        if (format == ChatFormat.K2_THINKING && !firstIsSystem(messages)) {
            out.control(IM_SYSTEM).text("system").control(IM_MIDDLE);
            out.text(DEFAULT_SYSTEM_PROMPT).control(IM_END);
        }
        int lastAnswer = lastAnswer(messages);
        boolean keepAll = format == ChatFormat.K2_7_CODE || options.preserveThinking();
        ToolIds ids = new ToolIds(options.toolIdsAsGiven());
        for (int i = 0; i < messages.size(); i++) {
            boolean keepReasoning = keepAll || (options.thinking() && i > lastAnswer);
            message(out, messages.get(i), ids, keepReasoning);
        }
        if (options.generationPrompt()) {
            generationPrompt(out, options.thinking());
        }
        return out.prompt(options.thinking() ? ReplyChannel.THINKING : ReplyChannel.ANSWER, ids.calls());
    }

    private void check(List<ToolSpec> tools, RenderOptions options) {
        if (!options.thinking() && !format.canAnswerInstantly()) {
            throw new UnsupportedOptionException(
                    "thinking off: models of format " + format + " always think; leave thinking on");
        }
        if (options.preserveThinking() && !format.canPreserveThinking()) {
            throw new UnsupportedOptionException("preserve thinking: models of format " + format
                    + " were not trained with the reasoning of earlier turns; leave it off");
        }
        Set<String> names = new HashSet<>();
        for (ToolSpec tool : tools) {
            if (!names.add(tool.name())) {
                throw new UnsupportedOptionException("tools: two are named " + tool.name() + ", expected one");
            }
        }
    }

    private String declaration(List<ToolSpec> tools) {
        return switch (format) {
            case K2_5, K2_6, K2_7_CODE -> ToolDeclarations.typeScriptOrJson(tools);
            case K2_THINKING ->
                choice.spacedToolJson() ? ToolDeclarations.spacedJson(tools) : ToolDeclarations.compactJson(tools);
        };
    }

    private static boolean firstIsSystem(List<ChatMessage> messages) {
        return !messages.isEmpty() && messages.getFirst() instanceof ChatMessage.System;
    }

    /** Index of the last assistant turn without tool calls, -1 if there is none: up to it, reasoning is history. */
    private static int lastAnswer(List<ChatMessage> messages) {
        for (int i = messages.size() - 1; i >= 0; i--) {
            if (messages.get(i) instanceof ChatMessage.Assistant assistant
                    && assistant.toolCalls().isEmpty()) {
                return i;
            }
        }
        return -1;
    }

    private void message(PromptWriter out, ChatMessage message, ToolIds ids, boolean keepReasoning) {
        String role = switch (message) {
            case ChatMessage.User _ -> IM_USER;
            case ChatMessage.Assistant _ -> IM_ASSISTANT;
            case ChatMessage.System _, ChatMessage.Tool _, ChatMessage.Other _ -> IM_SYSTEM;
        };
        String header = message.name().isEmpty() ? message.role() : message.name();
        out.control(role).text(header).control(IM_MIDDLE);
        switch (message) {
            case ChatMessage.Assistant assistant -> {
                out.control(THINK).text(keepReasoning ? assistant.reasoning() : "");
                out.control(END_THINK);
                content(out, assistant);
                toolCalls(out, assistant.toolCalls(), ids);
            }
            case ChatMessage.Tool tool -> {
                out.text("## Return of " + ids.ofAnswer(tool.toolCallId()) + "\n");
                content(out, tool);
            }
            case ChatMessage.System _, ChatMessage.User _, ChatMessage.Other _ -> content(out, message);
        }
        out.control(IM_END);
    }

    private void content(PromptWriter out, ChatMessage message) {
        for (Content piece : message.content()) {
            switch (piece) {
                case Content.Text(String text) -> out.text(text);
                case Content.Image(Media _) -> {
                    checkMedia(message, "picture");
                    out.control(MEDIA_BEGIN).text("image").control(MEDIA_CONTENT);
                    out.media(piece).control(MEDIA_END).text("\n");
                }
                case Content.Video(Media _) -> {
                    checkMedia(message, "video");
                    out.media(piece).text("\n");
                }
            }
        }
    }

    private void checkMedia(ChatMessage message, String kind) {
        if (!format.hasMedia()) {
            throw new MediaException("a " + kind + " in a message of role " + message.role() + ": models of format "
                    + format + " read text only; remove the " + kind);
        }
    }

    private static void toolCalls(PromptWriter out, List<ToolCall> calls, ToolIds ids) {
        if (calls.isEmpty()) {
            return;
        }
        List<String> rewritten = ids.ofCalls(calls);
        out.control(TOOL_CALLS_SECTION_BEGIN);
        for (int i = 0; i < calls.size(); i++) {
            out.control(TOOL_CALL_BEGIN).text(rewritten.get(i)).control(TOOL_CALL_ARGUMENT_BEGIN);
            out.text(calls.get(i).arguments()).control(TOOL_CALL_END);
        }
        out.control(TOOL_CALLS_SECTION_END);
    }

    private void generationPrompt(PromptWriter out, boolean thinking) {
        out.control(IM_ASSISTANT).text("assistant").control(IM_MIDDLE);
        if (format == ChatFormat.K2_THINKING) {
            return; // its model writes <think> itself
        }
        out.control(THINK);
        if (!thinking) {
            out.control(END_THINK);
        }
    }
}

package org.kimi4j.chat;

import java.util.List;
import org.kimi4j.error.UnsupportedOptionException;

/**
 * One turn of a conversation. The optional {@code name} replaces the role in the header the model sees, so that
 * speakers can be told apart; empty for none.
 */
public sealed interface ChatMessage {

    /** The role as requests spell it: system, user, assistant, tool or another. */
    String role();

    /** The speaker shown to the model in place of the role; empty for none. */
    String name();

    /** What is said, in order; empty for nothing. */
    List<Content> content();

    /** Instructions. */
    record System(List<Content> content, String name) implements ChatMessage {
        public System {
            content = List.copyOf(content);
        }

        @Override
        public String role() {
            return "system";
        }
    }

    /** What the person says. */
    record User(List<Content> content, String name) implements ChatMessage {
        public User {
            content = List.copyOf(content);
        }

        @Override
        public String role() {
            return "user";
        }
    }

    /**
     * What the model said.
     *
     * @param reasoning its thinking, empty for none. Pass it back with every turn: the prompt keeps what the model is
     *     meant to see again and drops the rest
     * @param toolCalls in the order the model made them
     */
    record Assistant(List<Content> content, String reasoning, List<ToolCall> toolCalls, String name)
            implements ChatMessage {
        public Assistant {
            content = List.copyOf(content);
            toolCalls = List.copyOf(toolCalls);
        }

        @Override
        public String role() {
            return "assistant";
        }
    }

    /**
     * The answer of a tool.
     *
     * @param toolCallId the {@link ToolCall#id()} it answers
     */
    record Tool(List<Content> content, String toolCallId, String name) implements ChatMessage {
        public Tool {
            content = List.copyOf(content);
        }

        @Override
        public String role() {
            return "tool";
        }
    }

    /** A turn of any other role, for example developer; it is rendered like a system turn under its own role. */
    record Other(String role, List<Content> content, String name) implements ChatMessage {
        public Other {
            content = List.copyOf(content);
            if (role.isEmpty() || List.of("system", "user", "assistant", "tool").contains(role)) {
                throw new UnsupportedOptionException("message role \"" + role
                        + "\": expected a role without a type of its own, for example developer");
            }
        }
    }

    /** Instructions in words. */
    static System system(String text) {
        return new System(List.of(Content.text(text)), "");
    }

    /** A question in words. */
    static User user(String text) {
        return new User(List.of(Content.text(text)), "");
    }

    /** A question in words, pictures and videos, in this order. */
    static User user(Content... content) {
        return new User(List.of(content), "");
    }

    /** A final answer without its reasoning. */
    static Assistant assistant(String text) {
        return new Assistant(List.of(Content.text(text)), "", List.of(), "");
    }

    /** A turn of the model with its reasoning and tool calls; see {@link ParsedReply#toMessage()}. */
    static Assistant assistant(String text, String reasoning, List<ToolCall> toolCalls) {
        return new Assistant(List.of(Content.text(text)), reasoning, toolCalls, "");
    }

    /** The answer of a tool in words. */
    static Tool tool(String toolCallId, String text) {
        return new Tool(List.of(Content.text(text)), toolCallId, "");
    }

    /** The answer of a tool in words, pictures and videos. */
    static Tool tool(String toolCallId, Content... content) {
        return new Tool(List.of(content), toolCallId, "");
    }

    /** Instructions under the role developer. */
    static Other developer(String text) {
        return new Other("developer", List.of(Content.text(text)), "");
    }
}

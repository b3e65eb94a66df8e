package org.kimi4j.agents;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.kimi4j.Reply;
import org.kimi4j.chat.ChatMessage;
import org.kimi4j.chat.ReplyEvent;
import org.kimi4j.chat.ToolCall;

/**
 * A reply as a turn of the conversation: with its reasoning, and with all it called, so that each call, usable or not, can
 * be answered.
 */
record Turn(ChatMessage.Assistant message, List<Called> calls) {

    /** Stands for a part of a tool section that names no function. */
    static final String UNREADABLE = "unreadable_call";

    /** @param problem why it must not be run; empty if it may */
    record Called(ToolCall call, Optional<String> problem) {}

    static Turn of(Reply reply) {
        List<Called> calls = new ArrayList<>();
        for (ReplyEvent.ToolCallEnd end : reply.parsed().calls()) {
            calls.add(new Called(
                    end.call(),
                    end.complete()
                            ? Optional.empty()
                            : Optional.of("the call was cut before its end, it was not run; call again")));
        }
        for (ReplyEvent.Malformed part : reply.parsed().malformed()) {
            // As a call, because a turn without one would count as the final answer and end the model's reasoning. The
            // prompt gives it the next free index, as it does with all ids that no model wrote.
            ToolCall call = new ToolCall("unreadable-" + calls.size(), UNREADABLE, part.text());
            calls.add(new Called(
                    call, Optional.of("nothing was run: " + part.problem() + "; call one of the declared functions")));
        }
        ChatMessage.Assistant parsed = reply.toMessage();
        ChatMessage.Assistant message = new ChatMessage.Assistant(
                parsed.content(),
                parsed.reasoning(),
                calls.stream().map(Called::call).toList(),
                parsed.name());
        return new Turn(message, List.copyOf(calls));
    }
}

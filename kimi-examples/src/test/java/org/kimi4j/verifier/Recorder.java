package org.kimi4j.verifier;

import java.util.ArrayList;
import java.util.List;
import org.kimi4j.GenerateOptions;
import org.kimi4j.agents.ReplySource;
import org.kimi4j.chat.ChatMessage;
import org.kimi4j.chat.ToolSpec;

/** Keeps what a source of replies is asked. */
final class Recorder implements ReplySource {

    private final ReplySource source;
    private final List<List<ChatMessage>> asked = new ArrayList<>();

    Recorder(ReplySource source) {
        this.source = source;
    }

    /** The conversation at each request. */
    List<List<ChatMessage>> asked() {
        return asked;
    }

    @Override
    public Pieces open(List<ChatMessage> messages, List<ToolSpec> tools, GenerateOptions options) {
        asked.add(List.copyOf(messages));
        return source.open(messages, tools, options);
    }
}

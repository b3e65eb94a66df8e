package org.kimi4j.agents;

import java.util.List;
import java.util.Optional;
import org.kimi4j.Delta;
import org.kimi4j.GenerateOptions;
import org.kimi4j.KimiModel;
import org.kimi4j.Reply;
import org.kimi4j.ReplyStream;
import org.kimi4j.chat.ChatMessage;
import org.kimi4j.chat.ToolSpec;

/** Where a loop's replies come from: a model, or a script in a test of tools. Must be safe for all threads. */
@FunctionalInterface
public interface ReplySource {

    /** Starts a reply to a conversation. */
    Pieces open(List<ChatMessage> messages, List<ToolSpec> tools, GenerateOptions options);

    /** A reply that is being made; see {@link ReplyStream}, which behaves like this. */
    interface Pieces extends AutoCloseable {

        /** Waits for the next piece; empty at the end. */
        Optional<Delta> next();

        /** Reads on to the end and returns the whole reply. */
        Reply reply();

        /** Ends the reply soon; any thread may call it. */
        void cancel();

        /** Cancels the reply if it has not ended. */
        @Override
        void close();
    }

    /** The replies of a model. */
    static ReplySource of(KimiModel model) {
        return (messages, tools, options) -> new ModelPieces(model.open(messages, tools, options));
    }
}

package org.kimi4j.agents;

import java.util.List;
import org.kimi4j.Reply;
import org.kimi4j.Usage;
import org.kimi4j.chat.ChatMessage;

/**
 * A question, the calls it led to, and the answer.
 *
 * @param reply the last reply; the answer if {@code ending} is {@link Ending#ANSWERED}
 * @param messages the whole conversation, the last reply included and every call answered: what to go on from. The
 *     reasoning of each reply is in it, as the model must see it again while the episode lasts
 * @param results of all calls, in the order of the calls
 * @param rounds replies in this episode
 * @param usage the sum over all replies
 */
public record Episode(
        Reply reply, List<ChatMessage> messages, List<ToolResult> results, int rounds, Usage usage, Ending ending) {

    /** Why an episode ended. */
    public enum Ending {
        /** The model answered without a call. */
        ANSWERED,
        /** The most replies allowed were made, and the last one still had calls, which were not run. */
        ROUNDS,
        /** The time was over. */
        TIME,
        /** The last reply reached its most tokens. */
        LENGTH,
        /** The caller cancelled. */
        CANCELLED
    }

    public Episode {
        messages = List.copyOf(messages);
        results = List.copyOf(results);
    }

    /** The words of the last reply. */
    public String text() {
        return reply.text();
    }
}

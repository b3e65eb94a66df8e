package org.kimi4j;

import java.util.List;
import org.kimi4j.chat.ReplyEvent;
import org.kimi4j.sampling.Logprobs;

/**
 * A piece of a reply as it is made.
 *
 * @param event what the piece is
 * @param logprobs of the tokens since the last piece, if they were asked for
 */
public record Delta(ReplyEvent event, List<Logprobs> logprobs) {

    public Delta {
        logprobs = List.copyOf(logprobs);
    }

    /** More of the answer; empty for any other piece. */
    public String text() {
        return event instanceof ReplyEvent.TextDelta(String text) ? text : "";
    }

    /** More of the reasoning; empty for any other piece. */
    public String thinking() {
        return event instanceof ReplyEvent.ThinkingDelta(String text) ? text : "";
    }
}

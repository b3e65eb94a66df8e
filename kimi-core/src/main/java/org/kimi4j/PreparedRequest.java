package org.kimi4j;

import java.util.List;
import org.kimi4j.chat.ReplyParser;
import org.kimi4j.spi.MediaEncoder;

/**
 * A request as the engine takes it: everything that can be done on the caller's thread is done.
 *
 * @param ids the prompt
 * @param keys what is read at each position, see {@link Timeline}
 * @param media where rows of media go, by ascending position
 * @param parser at the beginning of the reply
 * @param stopIds tokens that end the reply, ascending
 * @param closeThinking tokens that end the thinking when its budget is spent
 * @param maxTokens the most tokens generated
 * @param rules what the reply must obey
 */
record PreparedRequest(
        int[] ids,
        long[] keys,
        List<MediaRun> media,
        ReplyParser parser,
        int[] stopIds,
        int[] closeThinking,
        int maxTokens,
        ReplyRules rules,
        GenerateOptions options) {

    /** Gives up what the media hold; idempotent. */
    void closeMedia() {
        media.forEach(run -> run.item().close());
    }

    /** Adjacent rows of one chunk of a media item. */
    record MediaRun(int position, int length, MediaEncoder.Prepared item, int chunk) {}
}

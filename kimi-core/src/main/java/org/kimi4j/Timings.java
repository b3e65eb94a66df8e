package org.kimi4j;

import java.time.Duration;

/**
 * Where the time of a reply went.
 *
 * @param queued waiting for a place
 * @param media encoding pictures and videos
 * @param prefill reading the prompt
 * @param firstToken from the request to its first token
 * @param decode generating the tokens after the first
 * @param prefillTokens tokens read in {@code prefill}
 * @param decodeTokens tokens generated in {@code decode}
 */
public record Timings(
        Duration queued,
        Duration media,
        Duration prefill,
        Duration firstToken,
        Duration decode,
        int prefillTokens,
        int decodeTokens) {

    /** Prompt tokens read per second; 0 if none were. */
    public double prefillTokensPerSecond() {
        return perSecond(prefillTokens, prefill);
    }

    /** Tokens generated per second after the first; 0 if there are none. */
    public double decodeTokensPerSecond() {
        return perSecond(decodeTokens, decode);
    }

    private static double perSecond(int tokens, Duration time) {
        return time.isZero() ? 0 : tokens * 1e9 / time.toNanos();
    }
}

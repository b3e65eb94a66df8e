package org.kimi4j.measure;

/**
 * A model as measurements see it: replies to bare token ids, of a given length, and contexts that nobody has read. What is
 * measured goes the way of every request, through the queue and the engine. Safe for all threads.
 */
public interface ModelProbe {

    /**
     * Makes a context without reading it: puts random latents into the cache under these token ids, so that a request
     * whose prompt begins with them finds them there.
     *
     * @param tokens one for each position
     * @param seed of the latents
     */
    void fill(int[] tokens, long seed);

    /** Gives up all contexts that are kept for later requests. */
    void forget();

    /** Reads a prompt, or what of it is not in the cache, and generates {@code tokens} tokens greedily, whatever they are. */
    Timing generate(int[] prompt, int tokens);

    /** What the worker pool has shared out so far, and what sharing costs at this moment. */
    Dispatch dispatch();

    /**
     * Work of the pool since the model was opened.
     *
     * @param regions shared over the threads
     * @param tasks of all regions
     * @param threads of the pool
     * @param emptyRegions run by this question, after the two counts were taken
     * @param emptyRegionNanos what a region takes in which each thread has one task that does nothing: the mean of many, one
     *     right after the other
     */
    record Dispatch(long regions, long tasks, int threads, int emptyRegions, double emptyRegionNanos) {}

    /**
     * Moments of one reply, in nanoseconds of {@link System#nanoTime}.
     *
     * @param cachedTokens of the prompt that were not read, because they were in the cache
     * @param prefillTokens of the prompt that were read
     * @param submitted when the request was handed in
     * @param firstToken when the first token was there
     * @param decodeTokens tokens after the first
     * @param lastToken when the last token was there
     */
    record Timing(
            int cachedTokens, int prefillTokens, long submitted, long firstToken, int decodeTokens, long lastToken) {}
}

package org.kimi4j;

/**
 * Tokens of a reply.
 *
 * @param promptTokens of the prompt, pictures included
 * @param cachedTokens of the prompt that were in the cache and not read again
 * @param thinkingTokens generated as reasoning, the tag that closes it included
 * @param answerTokens generated after that, tool calls included
 */
public record Usage(int promptTokens, int cachedTokens, int thinkingTokens, int answerTokens) {

    /** Everything generated. */
    public int completionTokens() {
        return thinkingTokens + answerTokens;
    }

    public int totalTokens() {
        return promptTokens + completionTokens();
    }

    @Override
    public String toString() {
        return promptTokens + " prompt tokens (" + cachedTokens + " cached), " + thinkingTokens + " thinking, "
                + answerTokens + " answer";
    }
}

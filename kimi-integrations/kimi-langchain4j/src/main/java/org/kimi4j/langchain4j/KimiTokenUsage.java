package org.kimi4j.langchain4j;

import dev.langchain4j.model.output.TokenUsage;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.kimi4j.Usage;

/** Tokens of a reply, with those that LangChain4j has no place for. */
public final class KimiTokenUsage extends TokenUsage {

    private final int cachedInputTokenCount;
    private final int thinkingTokenCount;

    private KimiTokenUsage(int input, int output, int cachedInput, int thinking) {
        super(input, output);
        this.cachedInputTokenCount = cachedInput;
        this.thinkingTokenCount = thinking;
    }

    static KimiTokenUsage of(Usage usage) {
        return new KimiTokenUsage(
                usage.promptTokens(), usage.completionTokens(), usage.cachedTokens(), usage.thinkingTokens());
    }

    /** Input tokens that were in the model's cache and not read again; part of {@link #inputTokenCount()}. */
    public int cachedInputTokenCount() {
        return cachedInputTokenCount;
    }

    /** Output tokens of reasoning; part of {@link #outputTokenCount()}. */
    public int thinkingTokenCount() {
        return thinkingTokenCount;
    }

    @Override
    public TokenUsage add(@Nullable TokenUsage that) {
        if (that == null) {
            return this;
        }
        KimiTokenUsage other = that instanceof KimiTokenUsage kimi ? kimi : null;
        return new KimiTokenUsage(
                inputTokenCount() + count(that.inputTokenCount()),
                outputTokenCount() + count(that.outputTokenCount()),
                cachedInputTokenCount + (other == null ? 0 : other.cachedInputTokenCount),
                thinkingTokenCount + (other == null ? 0 : other.thinkingTokenCount));
    }

    private static int count(@Nullable Integer tokens) {
        return tokens == null ? 0 : tokens;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return super.equals(other)
                && other instanceof KimiTokenUsage that
                && that.cachedInputTokenCount == cachedInputTokenCount
                && that.thinkingTokenCount == thinkingTokenCount;
    }

    @Override
    public int hashCode() {
        return Objects.hash(super.hashCode(), cachedInputTokenCount, thinkingTokenCount);
    }

    @Override
    public String toString() {
        return "KimiTokenUsage { inputTokenCount = " + inputTokenCount() + ", cachedInputTokenCount = "
                + cachedInputTokenCount + ", outputTokenCount = " + outputTokenCount() + ", thinkingTokenCount = "
                + thinkingTokenCount + ", totalTokenCount = " + totalTokenCount() + " }";
    }
}

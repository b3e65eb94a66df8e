package org.kimi4j.chat;

/** How a conversation becomes a prompt. Immutable. */
public final class RenderOptions {

    /** The model thinks before it answers; the prompt ends where the reply begins. */
    public static final RenderOptions THINKING = new RenderOptions(true, false, true);

    /** The model answers at once; the prompt ends where the answer begins. */
    public static final RenderOptions INSTANT = new RenderOptions(false, false, true);

    private final boolean thinking;
    private final boolean preserveThinking;
    private final boolean generationPrompt;

    private RenderOptions(boolean thinking, boolean preserveThinking, boolean generationPrompt) {
        this.thinking = thinking;
        this.preserveThinking = preserveThinking;
        this.generationPrompt = generationPrompt;
    }

    /** Whether the model thinks before it answers. */
    public boolean thinking() {
        return thinking;
    }

    /** Whether the reasoning of every earlier turn stays in the prompt; see {@link ChatFormat#canPreserveThinking()}. */
    public boolean preserveThinking() {
        return preserveThinking;
    }

    /** Whether the prompt ends with the opening of the model's reply. */
    public boolean generationPrompt() {
        return generationPrompt;
    }

    public RenderOptions withThinking(boolean value) {
        return new RenderOptions(value, preserveThinking, generationPrompt);
    }

    public RenderOptions withPreserveThinking(boolean value) {
        return new RenderOptions(thinking, value, generationPrompt);
    }

    public RenderOptions withGenerationPrompt(boolean value) {
        return new RenderOptions(thinking, preserveThinking, value);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RenderOptions o
                && o.thinking == thinking
                && o.preserveThinking == preserveThinking
                && o.generationPrompt == generationPrompt;
    }

    @Override
    public int hashCode() {
        return (thinking ? 4 : 0) + (preserveThinking ? 2 : 0) + (generationPrompt ? 1 : 0);
    }

    @Override
    public String toString() {
        return "RenderOptions[thinking=" + thinking + ", preserveThinking=" + preserveThinking + ", generationPrompt="
                + generationPrompt + "]";
    }
}

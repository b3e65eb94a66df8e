package org.kimi4j.chat;

/** How a conversation becomes a prompt. Immutable. */
public final class RenderOptions {

    /** The model thinks before it answers; the prompt ends where the reply begins. */
    public static final RenderOptions THINKING = new RenderOptions(true, false, true, false);

    /** The model answers at once; the prompt ends where the answer begins. */
    public static final RenderOptions INSTANT = new RenderOptions(false, false, true, false);

    private final boolean thinking;
    private final boolean preserveThinking;
    private final boolean generationPrompt;
    private final boolean toolIdsAsGiven;

    private RenderOptions(
            boolean thinking, boolean preserveThinking, boolean generationPrompt, boolean toolIdsAsGiven) {
        this.thinking = thinking;
        this.preserveThinking = preserveThinking;
        this.generationPrompt = generationPrompt;
        this.toolIdsAsGiven = toolIdsAsGiven;
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

    /**
     * Whether the ids of tool calls stay as they are, which is what the official template does. By default, ids that the
     * model would not have written are rewritten to its own form, because foreign ids cost accuracy.
     */
    public boolean toolIdsAsGiven() {
        return toolIdsAsGiven;
    }

    /** These options with {@link #thinking()} as given. */
    public RenderOptions withThinking(boolean value) {
        return new RenderOptions(value, preserveThinking, generationPrompt, toolIdsAsGiven);
    }

    /** These options with {@link #preserveThinking()} as given. */
    public RenderOptions withPreserveThinking(boolean value) {
        return new RenderOptions(thinking, value, generationPrompt, toolIdsAsGiven);
    }

    /** These options with {@link #generationPrompt()} as given. */
    public RenderOptions withGenerationPrompt(boolean value) {
        return new RenderOptions(thinking, preserveThinking, value, toolIdsAsGiven);
    }

    /** These options with {@link #toolIdsAsGiven()} as given. */
    public RenderOptions withToolIdsAsGiven(boolean value) {
        return new RenderOptions(thinking, preserveThinking, generationPrompt, value);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RenderOptions o
                && o.thinking == thinking
                && o.preserveThinking == preserveThinking
                && o.generationPrompt == generationPrompt
                && o.toolIdsAsGiven == toolIdsAsGiven;
    }

    @Override
    public int hashCode() {
        return (toolIdsAsGiven ? 8 : 0) + (thinking ? 4 : 0) + (preserveThinking ? 2 : 0) + (generationPrompt ? 1 : 0);
    }

    @Override
    public String toString() {
        return "RenderOptions[thinking=" + thinking + ", preserveThinking=" + preserveThinking + ", generationPrompt="
                + generationPrompt + ", toolIdsAsGiven=" + toolIdsAsGiven + "]";
    }
}

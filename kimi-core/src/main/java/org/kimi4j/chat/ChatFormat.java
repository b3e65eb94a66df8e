package org.kimi4j.chat;

import org.kimi4j.error.UnsupportedOptionException;

/** The prompt formats of the Kimi K2 family. {@link ModelFacts#format()} tells which one a checkpoint was trained on. */
public enum ChatFormat {

    /**
     * Kimi K2.5: pictures and videos, thinking or instant; reasoning stays in the prompt within one episode of tool
     * calls and is dropped once there is a final answer.
     */
    K2_5("k2.5", true, true, false),

    /** Kimi K2.6: K2.5, and on request the reasoning of all earlier turns. */
    K2_6("k2.6", true, true, true),

    /**
     * Kimi K2 Thinking: text only, always thinking (the model opens its own thinking), tools as JSON, and a default
     * system prompt where the conversation does not begin with one.
     */
    K2_THINKING("k2-thinking", false, false, false),

    /**
     * Kimi K2.7 Code: K2.6, always thinking and always with the reasoning of all earlier turns. Its template file was
     * not available when this was written; the format follows the published description of the model, and tools are
     * assumed to be declared as in K2.6.
     */
    K2_7_CODE("k2.7-code", true, false, true);

    private final String label;
    private final boolean media;
    private final boolean instant;
    private final boolean preserveThinking;

    ChatFormat(String label, boolean media, boolean instant, boolean preserveThinking) {
        this.label = label;
        this.media = media;
        this.instant = instant;
        this.preserveThinking = preserveThinking;
    }

    /** The name used in options and output, for example {@code k2.5}. */
    public String label() {
        return label;
    }

    /** Whether prompts may have pictures and videos. */
    public boolean hasMedia() {
        return media;
    }

    /** Whether the model can answer without thinking. */
    public boolean canAnswerInstantly() {
        return instant;
    }

    /** Whether the reasoning of all earlier turns can stay in the prompt; for K2.7 Code it always does. */
    public boolean canPreserveThinking() {
        return preserveThinking;
    }

    /**
     * The format with this label.
     *
     * @throws UnsupportedOptionException for any other text, "auto" included: automatic choice needs a checkpoint
     */
    public static ChatFormat of(String label) {
        for (ChatFormat format : values()) {
            if (format.label.equals(label)) {
                return format;
            }
        }
        throw new UnsupportedOptionException("chat format \"" + label + "\": expected " + labels());
    }

    static String labels() {
        StringBuilder out = new StringBuilder();
        for (ChatFormat format : values()) {
            out.append(out.isEmpty() ? "" : ", ").append(format.label);
        }
        return out.toString();
    }

    @Override
    public String toString() {
        return label;
    }
}

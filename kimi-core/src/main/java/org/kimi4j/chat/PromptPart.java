package org.kimi4j.chat;

/** A piece of a rendered prompt. Only {@link Control} parts become control tokens, whatever the text says. */
public sealed interface PromptPart {

    /** A control token, by name. */
    record Control(String name) implements PromptPart {}

    /** Ordinary text. Two of these never follow each other: adjacent text is tokenized as one run. */
    record Text(String text) implements PromptPart {}

    /**
     * The place of a picture: one {@code <|media_pad|>} per vector of the picture.
     *
     * @param media index into {@link Prompt#media()}
     */
    record ImageSlot(int media) implements PromptPart {}

    /**
     * The place of a video: per chunk of frames its time and its pads.
     *
     * @param media index into {@link Prompt#media()}
     */
    record VideoSlot(int media) implements PromptPart {}
}

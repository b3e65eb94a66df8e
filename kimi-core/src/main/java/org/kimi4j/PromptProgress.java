package org.kimi4j;

/**
 * How far a prompt has come before the first token of the reply.
 *
 * @param stage what is being done
 * @param done steps done, of {@code total}; never fewer than in the event before it of the same stage
 * @param total steps of this stage: chunks of pictures and videos to decode, layers of the vision tower over all of them,
 *     or tokens of the prompt
 */
public record PromptProgress(Stage stage, long done, long total) {

    /** What is done with a prompt, in this order; stages that take no time are left out. */
    public enum Stage {
        /** Pictures and videos are decoded. */
        DECODING,
        /** The vision tower looks at them; may alternate with {@link #READING} in prompts of several. */
        LOOKING,
        /** The text model reads the prompt. */
        READING
    }
}

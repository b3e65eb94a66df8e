package org.kimi4j.chat;

/**
 * A chat format and why it was chosen.
 *
 * @param reason one sentence for people
 * @param spacedToolJson whether tools declared as JSON have a space after commas and colons
 */
public record FormatChoice(ChatFormat format, String reason, boolean spacedToolJson) {

    /** The format a caller asked for. */
    public static FormatChoice named(ChatFormat format) {
        return new FormatChoice(format, "named by the caller", false);
    }
}

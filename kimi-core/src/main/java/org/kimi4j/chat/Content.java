package org.kimi4j.chat;

/** A piece of a message. The pieces of a message follow each other in the prompt in their order. */
public sealed interface Content {

    /** Words, taken as they are: the name of a control token inside them is plain text. */
    record Text(String text) implements Content {}

    /** A picture. */
    record Image(Media media) implements Content {}

    /** A video. */
    record Video(Media media) implements Content {}

    /** Words. */
    static Content text(String text) {
        return new Text(text);
    }

    /** A picture. */
    static Content image(Media media) {
        return new Image(media);
    }

    /** A video. */
    static Content video(Media media) {
        return new Video(media);
    }
}

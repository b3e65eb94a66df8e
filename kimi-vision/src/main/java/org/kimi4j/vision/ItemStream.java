package org.kimi4j.vision;

/** The items of a picture (one) or a video (one for each chunk), decoded one after the other. */
interface ItemStream extends AutoCloseable {

    /** Whether an item is left. */
    boolean hasNext();

    /** Decodes the next item. */
    MediaItem next();

    @Override
    void close();
}

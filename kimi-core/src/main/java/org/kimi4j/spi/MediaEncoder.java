package org.kimi4j.spi;

import java.util.function.BooleanSupplier;
import org.kimi4j.chat.Content;
import org.kimi4j.chat.MediaTokens;

/**
 * Pictures and videos to rows of the text model's input; the only door between text and vision. An item is opened, then
 * decoded, both by the caller, then encoded chunk by chunk by the engine.
 */
public interface MediaEncoder extends AutoCloseable {

    /**
     * Opens a picture or video and measures it; decodes nothing. On the caller's thread.
     *
     * @param name what errors call an item that is no file: "picture 2"
     * @throws org.kimi4j.error.MediaException if it cannot be opened or is refused
     */
    Prepared prepare(Content media, String name);

    /**
     * The vectors of one chunk of a decoded item. On the engine's thread only, which does nothing else meanwhile.
     *
     * @param chunk of a video, from 0; 0 for a picture
     * @param cancelled asked before each layer; saying yes ends the work with a CancelledException
     * @throws org.kimi4j.error.MediaException if it does not fit into memory, with the item's name
     */
    Encoded encode(Prepared media, int chunk, BooleanSupplier cancelled, Progress progress);

    /** Frees memory; the weights belong to the checkpoint. */
    @Override
    void close();

    /** Is told how far some work has come. */
    @FunctionalInterface
    interface Progress {
        void steps(int done, int total);
    }

    /** An opened item; an owner of what it was decoded to, closed when its request ends. Used by one thread at a time. */
    interface Prepared extends AutoCloseable {

        /** What errors call it. */
        String name();

        /** The item's size in the prompt, known before anything is decoded. */
        MediaTokens tokens();

        /**
         * Decodes the item. On the caller's thread, so that a broken file is told before the request waits for its turn.
         *
         * @param progress is told the chunks decoded
         * @throws org.kimi4j.error.MediaException if it is broken
         * @throws org.kimi4j.error.CancelledException if the thread is interrupted
         */
        void decode(Progress progress);

        /**
         * A hash of the content of one chunk of a decoded item: equal pixels in equal geometry have equal keys, whatever
         * file they come from.
         */
        long key(int chunk);

        @Override
        void close();
    }

    /** Rows [tokens, hidden]; immutable. */
    interface Encoded {

        int tokens();

        /** Copies one row to an array of hidden size. */
        void copyRow(int row, float[] to);
    }
}

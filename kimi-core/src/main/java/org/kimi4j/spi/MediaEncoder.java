package org.kimi4j.spi;

import java.util.function.BooleanSupplier;
import org.kimi4j.chat.Content;
import org.kimi4j.chat.MediaTokens;

/** Pictures and videos to rows of the text model's input; the only door between text and vision. */
public interface MediaEncoder extends AutoCloseable {

    /**
     * Reads, decodes and measures a picture or video. On the caller's thread; nothing of the model is touched.
     *
     * @throws org.kimi4j.error.MediaException if it cannot be read or is refused
     */
    Prepared prepare(Content media);

    /**
     * The vectors of one chunk of a prepared item. On the engine's thread only.
     *
     * @param chunk of a video, from 0; 0 for a picture
     * @param cancelled asked now and then; saying yes ends the work with a CancelledException
     */
    Encoded encode(Prepared media, int chunk, BooleanSupplier cancelled);

    /** Frees memory; the weights belong to the checkpoint. */
    @Override
    void close();

    /** An item that is ready to be encoded. */
    interface Prepared {

        /** The item's size in the prompt. */
        MediaTokens tokens();

        /** A hash of the content of one chunk: equal pixels in equal geometry have equal keys. */
        long key(int chunk);
    }

    /** Rows [tokens, hidden]. */
    interface Encoded {

        int tokens();

        /** Copies one row to an array of hidden size. */
        void copyRow(int row, float[] to);
    }
}

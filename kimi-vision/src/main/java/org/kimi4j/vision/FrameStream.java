package org.kimi4j.vision;

/** Frames of a video in ascending order. Used by one thread; closing it from another ends a read that waits. */
interface FrameStream extends AutoCloseable {

    /**
     * The frame of this index, which is above the one asked for before.
     *
     * @throws org.kimi4j.error.MediaException if the video ends before it
     * @throws org.kimi4j.error.CancelledException if the stream was closed meanwhile
     */
    RgbImage frame(int index);

    @Override
    void close();
}

package org.kimi4j.vision;

import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * Owns the decoding of one pass over a video: gives its chunks one after the other, so that only one is in memory. Read
 * by one thread; {@link #close} may come from any thread and ends a read that waits.
 */
public final class VideoChunks implements ItemStream {

    private final VideoPlan plan;
    private final ImagePreprocessor preprocessor;
    private final FrameStream frames;
    private int next;

    VideoChunks(VideoPlan plan, ImagePreprocessor preprocessor, FrameStream frames) {
        this.plan = plan;
        this.preprocessor = preprocessor;
        this.frames = frames;
    }

    /** Whether a chunk is left. */
    @Override
    public boolean hasNext() {
        return next < plan.chunks().size();
    }

    /**
     * Decodes the next chunk of the plan.
     *
     * @throws org.kimi4j.error.MediaException if the video is broken or ends early
     * @throws org.kimi4j.error.CancelledException if it was closed meanwhile
     */
    @Override
    public MediaItem next() {
        if (!hasNext()) {
            throw new NoSuchElementException("all " + plan.chunks().size() + " chunks were read");
        }
        List<RgbImage> images = new ArrayList<>();
        for (int index : plan.chunks().get(next).frames()) {
            images.add(frames.frame(index));
        }
        next++;
        return preprocessor.chunk(images);
    }

    /** Stops decoding; no process is left behind. */
    @Override
    public void close() {
        frames.close();
    }
}

package org.kimi4j.vision;

import java.util.ArrayList;
import java.util.List;
import org.kimi4j.chat.MediaTokens;
import org.kimi4j.error.MediaException;

/**
 * Which frames of a video are looked at, and how they are put into chunks. Made from the number of frames and their
 * rate alone, before any frame is decoded.
 *
 * @param numFrames frames of the video
 * @param fps frames per second of the video
 * @param frameIndices the frames taken, ascending
 * @param chunks the same frames in chunks, each of which is one media item
 */
public record VideoPlan(int numFrames, double fps, List<Integer> frameIndices, List<Chunk> chunks) {

    /** More frames than any context holds; keeps a nonsensical frame count from filling the memory. */
    private static final int MOST_SAMPLES = 1 << 20;

    /**
     * Consecutive frames that the tower sees together.
     *
     * @param timestamp the time of the first frame, as the prompt has it
     * @param frames indices into the video
     */
    public record Chunk(String timestamp, List<Integer> frames) {
        public Chunk {
            frames = List.copyOf(frames);
        }
    }

    public VideoPlan {
        frameIndices = List.copyOf(frameIndices);
        chunks = List.copyOf(chunks);
    }

    /**
     * The official sampling: {@code sample_fps} frames per second of video, evenly over its length.
     *
     * @throws MediaException if there is no frame or the rate is no positive number
     */
    public static VideoPlan of(MediaConfig config, int numFrames, double fps) {
        return of(config, numFrames, fps, MediaConfig.NO_LIMIT);
    }

    /**
     * The official sampling, with fewer frames over the same length where it would take more than a limit.
     *
     * @param maxFrames most frames taken
     * @throws MediaException if there is no frame, the rate is no positive number, or more than 1,048,576 frames would
     *     be taken
     */
    public static VideoPlan of(MediaConfig config, int numFrames, double fps, int maxFrames) {
        if (numFrames < 1) {
            throw new MediaException("video of " + numFrames + " frames: at least one is needed");
        }
        if (!(fps >= 1e-6 && fps <= 1e6)) {
            throw new MediaException("video of " + fps + " frames per second: expected a rate in 0.000001..1000000");
        }
        double sampleFps = Math.min(config.sampleFps(), fps);
        double wanted = Math.min(Math.max(Math.rint(numFrames * sampleFps / fps), 1), maxFrames);
        if (wanted > MOST_SAMPLES) {
            throw new MediaException("video of " + numFrames + " frames at " + fps + " per second: " + (long) wanted
                    + " frames would be taken, more than " + MOST_SAMPLES + "; set a frame limit");
        }
        List<Integer> indices = spread(numFrames, (int) wanted);
        List<Chunk> chunks = new ArrayList<>();
        for (int start = 0; start < indices.size(); start += config.temporalMergeKernelSize()) {
            int end = Math.min(start + config.temporalMergeKernelSize(), indices.size());
            String timestamp = timestamp(indices.get(start) / fps, config.timestampMode());
            chunks.add(new Chunk(timestamp, indices.subList(start, end)));
        }
        return new VideoPlan(numFrames, fps, indices, chunks);
    }

    /** NumPy's linspace over 0..numFrames-1 with both ends, rounded half to even. */
    private static List<Integer> spread(int numFrames, int samples) {
        List<Integer> indices = new ArrayList<>(samples);
        double step = samples > 1 ? (numFrames - 1) / (double) (samples - 1) : 0;
        for (int i = 0; i < samples; i++) {
            indices.add((int) Math.rint(i * step));
        }
        if (samples > 1) {
            indices.set(samples - 1, numFrames - 1);
        }
        return indices;
    }

    static String timestamp(double seconds, MediaConfig.TimestampMode mode) {
        String full = MediaTokens.Chunk.timestamp(seconds);
        return switch (mode) {
            case HOURS_TO_MILLIS -> full;
            case MINUTES_TO_MILLIS -> full.substring("hh:".length());
            case MINUTES_TO_SECONDS -> full.substring("hh:".length(), "hh:mm:ss".length());
        };
    }
}

package org.kimi4j.chat;

import java.nio.file.Path;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.kimi4j.error.UnsupportedOptionException;

/**
 * How pictures and videos are read, for all requests of a model. Immutable; {@link #DEFAULTS} does what the official
 * processor does.
 */
public final class MediaOptions {

    /** What happens to transparency. */
    public enum Alpha {
        /** Thrown away, as the official processor does: the colour below a transparent pixel shows. */
        DROP,
        /** The picture is put on white. */
        ON_WHITE
    }

    /** What happens to a lossy WebP where neither libwebp nor FFmpeg is at hand. */
    public enum LossyWebp {
        /** Pixels some levels off libwebp's, most at the edges of colours, and a warning in the log. */
        APPROXIMATE,
        /** A MediaException that says what to install. */
        REFUSE
    }

    /** The value of a limit that is not set. */
    public static final int NO_LIMIT = Integer.MAX_VALUE;

    /** The defaults of all options. */
    public static final MediaOptions DEFAULTS = new Builder().build();

    private final long maxPixels;
    private final long maxEncodedBytes;
    private final boolean orient;
    private final Alpha alpha;
    private final LossyWebp lossyWebp;
    private final @Nullable Path ffmpeg;
    private final int maxFrames;
    private final int maxFramePatches;
    private final boolean countFrames;
    private final long cacheBytes;

    private MediaOptions(Builder b) {
        maxPixels = b.maxPixels;
        maxEncodedBytes = b.maxEncodedBytes;
        orient = b.orient;
        alpha = b.alpha;
        lossyWebp = b.lossyWebp;
        ffmpeg = b.ffmpeg;
        maxFrames = b.maxFrames;
        maxFramePatches = b.maxFramePatches;
        countFrames = b.countFrames;
        cacheBytes = b.cacheBytes;
    }

    /** A builder that starts from the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** These options with changes: {@code options.with(o -> o.orient(true))}. */
    public MediaOptions with(UnaryOperator<Builder> changes) {
        return changes.apply(new Builder(this)).build();
    }

    /** Most pixels of a picture or video frame; more are refused on the header, before anything is decoded. */
    public long maxPixels() {
        return maxPixels;
    }

    /** Most bytes of an encoded picture, or of a video that is not a file. */
    public long maxEncodedBytes() {
        return maxEncodedBytes;
    }

    /** Whether pictures are turned as their EXIF orientation says. */
    public boolean orient() {
        return orient;
    }

    /** What happens to transparency. */
    public Alpha alpha() {
        return alpha;
    }

    /** What happens to a lossy WebP that cannot be decoded exactly. */
    public LossyWebp lossyWebp() {
        return lossyWebp;
    }

    /** The FFmpeg executable; ffprobe must lie beside it. Empty: the one on PATH, else the bundled one. */
    public Optional<Path> ffmpeg() {
        return Optional.ofNullable(ffmpeg);
    }

    /** Most frames taken from a video. */
    public int maxFrames() {
        return maxFrames;
    }

    /** Most patches of a video frame, where this is below the model's own limit. */
    public int maxFramePatches() {
        return maxFramePatches;
    }

    /** Whether the frames of a video are counted by decoding it instead of by its packets. */
    public boolean countFrames() {
        return countFrames;
    }

    /** Bytes of vectors of pictures and video chunks that are kept for the next time the same is shown, see the builder. */
    public long cacheBytes() {
        return cacheBytes;
    }

    /** Collects options; every method replaces one. */
    public static final class Builder {
        private long maxPixels = 100_000_000;
        private long maxEncodedBytes = 512L << 20;
        private boolean orient;
        private Alpha alpha = Alpha.DROP;
        private LossyWebp lossyWebp = LossyWebp.APPROXIMATE;
        private @Nullable Path ffmpeg;
        private int maxFrames = NO_LIMIT;
        private int maxFramePatches = NO_LIMIT;
        private boolean countFrames;
        private long cacheBytes = 256L << 20;

        private Builder() {}

        private Builder(MediaOptions from) {
            maxPixels = from.maxPixels;
            maxEncodedBytes = from.maxEncodedBytes;
            orient = from.orient;
            alpha = from.alpha;
            lossyWebp = from.lossyWebp;
            ffmpeg = from.ffmpeg;
            maxFrames = from.maxFrames;
            maxFramePatches = from.maxFramePatches;
            countFrames = from.countFrames;
            cacheBytes = from.cacheBytes;
        }

        /** Most pixels of a picture or video frame, 100 million by default, at most 700 million. */
        public Builder maxPixels(long pixels) {
            maxPixels = within("maxPixels", pixels, 700_000_000);
            return this;
        }

        /** Most bytes of an encoded picture, 512 MiB by default, at most 2,000,000,000. */
        public Builder maxEncodedBytes(long bytes) {
            maxEncodedBytes = within("maxEncodedBytes", bytes, 2_000_000_000);
            return this;
        }

        /** Whether pictures are turned as their EXIF orientation says; off by default, as the official processor. */
        public Builder orient(boolean on) {
            orient = on;
            return this;
        }

        /** What happens to transparency, {@link Alpha#DROP} by default. */
        public Builder alpha(Alpha mode) {
            alpha = mode;
            return this;
        }

        /** What happens to a lossy WebP that cannot be decoded exactly, {@link LossyWebp#APPROXIMATE} by default. */
        public Builder lossyWebp(LossyWebp mode) {
            lossyWebp = mode;
            return this;
        }

        /** The FFmpeg executable to use instead of the one on PATH; ffprobe must lie beside it. */
        public Builder ffmpeg(Path executable) {
            ffmpeg = executable;
            return this;
        }

        /** Most frames taken from a video, no limit by default; a longer video is sampled more thinly. */
        public Builder maxFrames(int frames) {
            maxFrames = (int) within("maxFrames", frames, NO_LIMIT);
            return this;
        }

        /** Most patches of a video frame, the model's limit by default; larger frames are reduced. */
        public Builder maxFramePatches(int patches) {
            maxFramePatches = (int) within("maxFramePatches", patches, NO_LIMIT);
            return this;
        }

        /**
         * Whether the frames of a video are counted by decoding all of it, off by default. Slower, and right also for
         * files whose packets are not one frame each.
         */
        public Builder countFrames(boolean on) {
            countFrames = on;
            return this;
        }

        /**
         * Bytes of vectors kept for the next time the same picture or chunk is shown, 256 MiB by default, 0 for none. A
         * picture of 1920 x 1080 pixels takes 77 MB in the true model. Models of this process that were opened from the
         * same files on the same kind of kernels keep them together, within the largest of their budgets, until the last
         * of them is closed; one with 0 has no part in it.
         */
        public Builder cacheBytes(long bytes) {
            if (bytes < 0) {
                throw new UnsupportedOptionException("cacheBytes: expected at least 0, found " + bytes);
            }
            cacheBytes = bytes;
            return this;
        }

        private static long within(String option, long value, long most) {
            if (value < 1 || value > most) {
                throw new UnsupportedOptionException(option + ": expected 1.." + most + ", found " + value);
            }
            return value;
        }

        /** The options. */
        public MediaOptions build() {
            return new MediaOptions(this);
        }
    }
}

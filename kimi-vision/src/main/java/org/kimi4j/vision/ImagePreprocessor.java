package org.kimi4j.vision;

import java.util.List;
import org.kimi4j.chat.MediaOptions;
import org.kimi4j.error.MediaException;

/**
 * Turns decoded pictures into what the tower reads: reduced with Pillow's bicubic, padded with zeros on the right and at
 * the bottom, cut into patches. Equal to the official processor byte for byte. Immutable and thread-safe.
 */
public final class ImagePreprocessor {

    private final MediaConfig config;
    private final MediaOptions options;
    private final MediaItem.PatchValues values;

    public ImagePreprocessor(MediaConfig config, MediaOptions options) {
        this.config = config;
        this.options = options;
        this.values = MediaItem.PatchValues.of(config);
    }

    /** The values of the checkpoint. */
    public MediaConfig config() {
        return config;
    }

    /** The options given. */
    public MediaOptions options() {
        return options;
    }

    /**
     * What becomes of an image of this size; its {@code tokens} are known before anything is decoded.
     *
     * @throws MediaException if a side is below 1
     */
    public Geometry imageGeometry(int width, int height) {
        return Geometry.ofImage(config, width, height);
    }

    /**
     * What becomes of the frames of a chunk whose first frame has this size.
     *
     * @param frames frames of the chunk
     * @throws MediaException if a side is below 1
     */
    public Geometry frameGeometry(int width, int height, int frames) {
        int limit = Math.min(Geometry.frameLimit(config, frames), options.maxFramePatches());
        return Geometry.of(config, width, height, limit);
    }

    /** The frames that are taken from a video, in chunks. */
    public VideoPlan plan(int numFrames, double fps) {
        return VideoPlan.of(config, numFrames, fps, options.maxFrames());
    }

    /** An image. */
    public MediaItem image(RgbImage image) {
        Geometry geometry = imageGeometry(image.width(), image.height());
        return item(geometry, List.of(image));
    }

    /**
     * A chunk of a video. The size of the first frame decides; frames of another size are resized to it.
     *
     * @param frames one to {@code temporal_merge_kernel_size} frames
     * @throws MediaException if there are none or more
     */
    public MediaItem chunk(List<RgbImage> frames) {
        if (frames.isEmpty() || frames.size() > config.temporalMergeKernelSize()) {
            throw new MediaException(
                    "video chunk of " + frames.size() + " frames: expected 1.." + config.temporalMergeKernelSize());
        }
        RgbImage first = frames.getFirst();
        return item(frameGeometry(first.width(), first.height(), frames.size()), frames);
    }

    /**
     * Pixels that were resized and padded before: nothing is done to them.
     *
     * @param frames 1 to {@code temporal_merge_kernel_size}
     * @param rgb [frames, height, width, 3], not copied
     * @throws MediaException if a side is no multiple of a token's side or too long, or the bytes are too few or too many
     */
    public MediaItem padded(int width, int height, int frames, byte[] rgb) {
        if (frames < 1 || frames > config.temporalMergeKernelSize()) {
            throw new MediaException(
                    "padded pixels of " + frames + " frames: expected 1.." + config.temporalMergeKernelSize());
        }
        Geometry geometry = Geometry.ofPadded(config, width, height);
        if (rgb.length != 3.0 * width * height * frames) {
            throw new MediaException("padded pixels of " + width + "x" + height + ", " + frames
                    + " frames: expected 3 * width * height * frames bytes, found " + rgb.length);
        }
        return new MediaItem(geometry, frames, rgb, values);
    }

    private MediaItem item(Geometry geometry, List<RgbImage> frames) {
        int frameBytes = Math.multiplyExact(3 * geometry.paddedWidth(), geometry.paddedHeight());
        byte[] rgb = new byte[Math.multiplyExact(frameBytes, frames.size())];
        int start = 0;
        for (RgbImage frame : frames) {
            RgbImage resized = BicubicResize.resize(frame, geometry.resizedWidth(), geometry.resizedHeight());
            int from = 0;
            int to = start;
            for (int y = 0; y < resized.height(); y++) {
                System.arraycopy(resized.rgb(), from, rgb, to, 3 * resized.width());
                from += 3 * resized.width();
                to += 3 * geometry.paddedWidth();
            }
            start += frameBytes;
        }
        return new MediaItem(geometry, frames.size(), rgb, values);
    }
}

package org.kimi4j.chat;

import org.kimi4j.error.UnsupportedOptionException;

/**
 * How pictures and videos are read. The defaults are what the official processor does.
 *
 * @param maxPixels largest picture, in pixels, that is decoded at all
 * @param orient whether the EXIF orientation of a photograph is applied
 * @param onWhite whether transparent pictures are put on white; if not, their alpha is dropped
 * @param maxFrames most frames of a video that are used; 0 for no limit
 * @param maxFramePatches most patches of 14 x 14 pixels of a video frame; 0 for what the model's configuration says
 * @param cacheBytes budget for the vectors of items that may be seen again
 */
public record MediaOptions(
        long maxPixels, boolean orient, boolean onWhite, int maxFrames, int maxFramePatches, long cacheBytes) {

    public static final MediaOptions DEFAULTS = new MediaOptions(100_000_000L, false, false, 0, 0, 256L << 20);

    public MediaOptions {
        if (maxPixels < 1 || maxFrames < 0 || maxFramePatches < 0 || cacheBytes < 0) {
            throw new UnsupportedOptionException(
                    "media options: expected maxPixels >= 1 and maxFrames, maxFramePatches,"
                            + " cacheBytes >= 0, found " + maxPixels + ", " + maxFrames + ", " + maxFramePatches + ", "
                            + cacheBytes);
        }
    }
}

package org.kimi4j.vision;

import org.kimi4j.error.MediaException;

/**
 * What becomes of a picture's size: it is never enlarged, is reduced to the limits of the model, and is padded on the
 * right and at the bottom to whole tokens.
 *
 * @param width width of the picture in pixels
 * @param height height of the picture in pixels
 * @param resizedWidth width after the reduction
 * @param resizedHeight height after the reduction
 * @param padWidth columns of zeros added on the right
 * @param padHeight rows of zeros added at the bottom
 * @param gridH rows of patches
 * @param gridW columns of patches
 * @param tokens positions of the text that the picture takes
 */
public record Geometry(
        int width,
        int height,
        int resizedWidth,
        int resizedHeight,
        int padWidth,
        int padHeight,
        int gridH,
        int gridW,
        int tokens) {

    /** Width of what the tower sees, in pixels. */
    public int paddedWidth() {
        return resizedWidth + padWidth;
    }

    /** Height of what the tower sees, in pixels. */
    public int paddedHeight() {
        return resizedHeight + padHeight;
    }

    /**
     * The geometry of a single image.
     *
     * @throws MediaException if a side is below 1
     */
    public static Geometry ofImage(MediaConfig config, int width, int height) {
        return of(config, width, height, config.inPatchLimit());
    }

    /**
     * The geometry of every frame of a video chunk, from the size of its first frame.
     *
     * @param frames frames in the chunk
     * @throws MediaException if a side is below 1
     */
    public static Geometry ofVideoFrame(MediaConfig config, int width, int height, int frames) {
        return of(config, width, height, frameLimit(config, frames));
    }

    /**
     * The geometry of pixels that were resized and padded before.
     *
     * @throws MediaException if a side is no multiple of a token's side, or longer than the model's limit
     */
    public static Geometry ofPadded(MediaConfig config, int width, int height) {
        int token = config.tokenSide();
        int most = config.patchLimitOnOneSide() * config.patchSize();
        if (width < 1 || height < 1 || width % token != 0 || height % token != 0 || Math.max(width, height) > most) {
            throw new MediaException("padded picture of " + width + "x" + height + ": both sides must be multiples of "
                    + token + " and at most " + most);
        }
        int gridH = height / config.patchSize();
        int gridW = width / config.patchSize();
        int tokens = (gridH / config.mergeKernelSize()) * (gridW / config.mergeKernelSize());
        return new Geometry(width, height, width, height, 0, 0, gridH, gridW, tokens);
    }

    /** Patches that a frame may have where its chunk has so many frames. */
    static int frameLimit(MediaConfig config, int frames) {
        double share = Math.rint(config.inPatchLimitVideo() / (double) frames);
        return (int) Math.min(share, config.inPatchLimitEachFrame());
    }

    /** The arithmetic, in the official processor's order: doubles, integer floor division, truncation. */
    static Geometry of(MediaConfig config, int width, int height, int patchLimit) {
        if (width < 1 || height < 1) {
            throw new MediaException("picture size " + width + "x" + height + ": both sides must be at least 1");
        }
        int patch = config.patchSize();
        int side = config.patchLimitOnOneSide() * patch;
        double patches = Math.max(1.0, width / patch) * Math.max(1.0, height / patch);
        double byPatches = Math.sqrt(patchLimit / patches);
        double byWidth = (double) side / width;
        double byHeight = (double) side / height;
        double scale = Math.min(Math.min(1.0, byPatches), Math.min(byWidth, byHeight));
        int resizedWidth = Math.min(Math.max(1, (int) (width * scale)), side);
        int resizedHeight = Math.min(Math.max(1, (int) (height * scale)), side);

        int token = config.tokenSide();
        int padWidth = (token - resizedWidth % token) % token;
        int padHeight = (token - resizedHeight % token) % token;
        int gridH = (resizedHeight + padHeight) / patch;
        int gridW = (resizedWidth + padWidth) / patch;
        int tokens = (gridH / config.mergeKernelSize()) * (gridW / config.mergeKernelSize());
        return new Geometry(width, height, resizedWidth, resizedHeight, padWidth, padHeight, gridH, gridW, tokens);
    }
}

package org.kimi4j.vision;

import org.kimi4j.error.MediaException;

/**
 * A decoded picture: 8 bits each of red, green and blue, row-major, no padding between rows. The pixels are not copied;
 * whoever hands them over must not change them afterwards.
 */
public final class RgbImage {

    private final int width;
    private final int height;
    private final byte[] rgb;

    private RgbImage(int width, int height, byte[] rgb) {
        this.width = width;
        this.height = height;
        this.rgb = rgb;
    }

    /**
     * A picture of raw pixels.
     *
     * @param rgb [height, width, 3] bytes
     * @throws MediaException if a side is below 1 or above 1,000,000, or the number of bytes differs from width * height * 3
     */
    public static RgbImage of(int width, int height, byte[] rgb) {
        if (width < 1 || height < 1) {
            throw new MediaException("raw RGB of " + width + "x" + height + ": both sides must be at least 1");
        }
        if (Math.max(width, height) > ImageDecoder.MOST_SIDE) {
            throw new MediaException("raw RGB of " + width + "x" + height + ": a side has more than "
                    + ImageDecoder.MOST_SIDE + " pixels");
        }
        long expected = 3L * width * height;
        if (rgb.length != expected) {
            throw new MediaException("raw RGB of " + width + "x" + height + ": expected " + expected
                    + " bytes (3 * width * height), found " + rgb.length);
        }
        return new RgbImage(width, height, rgb);
    }

    /** Width in pixels. */
    public int width() {
        return width;
    }

    /** Height in pixels. */
    public int height() {
        return height;
    }

    /** The pixels [height, width, 3]; not a copy, not to be changed. */
    public byte[] rgb() {
        return rgb;
    }

    @Override
    public String toString() {
        return "RgbImage[" + width + "x" + height + "]";
    }
}

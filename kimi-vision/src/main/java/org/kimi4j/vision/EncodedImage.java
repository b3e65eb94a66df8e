package org.kimi4j.vision;

import org.kimi4j.chat.MediaOptions;
import org.kimi4j.error.MediaException;

/**
 * A picture whose header has been read and whose size has been found acceptable; the pixels come on demand. Keeps the
 * encoded bytes. Immutable and thread-safe.
 */
public final class EncodedImage implements Picture {

    private final String name;
    private final PictureFile file;
    private final MediaOptions options;

    EncodedImage(String name, PictureFile file, MediaOptions options) {
        this.name = name;
        this.file = file;
        this.options = options;
    }

    /** What errors call the picture: its path, or what it was read from. */
    public String name() {
        return name;
    }

    /** PNG, JPEG, GIF, BMP or WebP, told by the first bytes. */
    public String format() {
        return file.format();
    }

    /** Width in pixels of what {@link #decode} gives. */
    @Override
    public int width() {
        return turned() ? file.height() : file.width();
    }

    /** Height in pixels of what {@link #decode} gives. */
    @Override
    public int height() {
        return turned() ? file.width() : file.height();
    }

    private boolean turned() {
        return options.orient() && file.orientation() >= 5;
    }

    /**
     * Decodes the picture, or the first one of an animation, as Pillow's {@code convert("RGB")} does. Takes up to 11
     * bytes of heap per pixel.
     *
     * @throws MediaException if the data is broken or the heap is too small, with the name and the reason
     */
    @Override
    public RgbImage decode() {
        try {
            Pixels pixels = file.decode(options);
            if (options.alpha() == MediaOptions.Alpha.ON_WHITE) {
                pixels = pixels.onWhite();
            }
            if (options.orient()) {
                pixels = pixels.oriented(file.orientation());
            }
            return RgbImage.of(pixels.width(), pixels.height(), pixels.rgb());
        } catch (BrokenImageException e) {
            throw new MediaException(name + ": " + e.getMessage(), e);
        } catch (OutOfMemoryError e) {
            // A large array that does not fit leaves the heap as it was.
            throw new MediaException(
                    name + ": " + file.width() + "x" + file.height() + " pixels do not fit into the heap of "
                            + (Runtime.getRuntime().maxMemory() >> 20) + " MB: raise -Xmx or reduce the picture",
                    e);
        }
    }
}

package org.kimi4j.vision;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Locale;
import org.kimi4j.chat.MediaOptions;
import org.kimi4j.error.MediaException;

/**
 * Reads pictures from wherever they are: PNG, JPEG, GIF, BMP and WebP, told by their first bytes. Sizes are checked on
 * the header, before anything is decoded. Immutable and thread-safe.
 */
public final class ImageDecoder {

    /** Longest side of a picture, as a bound on what one row may cost. */
    static final int MOST_SIDE = 1_000_000;

    private final MediaOptions options;

    public ImageDecoder(MediaOptions options) {
        this.options = options;
    }

    /**
     * Reads a file and its header.
     *
     * @throws MediaException if it cannot be read, is no picture, or is too large
     */
    public EncodedImage open(Path file) {
        if (Files.isDirectory(file)) {
            throw new MediaException(file + ": is a directory, expected a picture");
        }
        try (InputStream in = Files.newInputStream(file)) {
            if (Files.size(file) > options.maxEncodedBytes()) {
                throw tooManyBytes(file.toString());
            }
            return open(in, file.toString());
        } catch (IOException e) {
            throw unreadable(file.toString(), e);
        }
    }

    /**
     * Reads the header of an encoded picture. The bytes are not copied.
     *
     * @param name what errors call it
     * @throws MediaException if it is no picture or too large
     */
    public EncodedImage open(byte[] encoded, String name) {
        if (encoded.length > options.maxEncodedBytes()) {
            throw tooManyBytes(name);
        }
        PictureFile file;
        try {
            file = PictureFile.open(encoded);
        } catch (BrokenImageException e) {
            throw new MediaException(name + ": " + e.getMessage(), e);
        } catch (OutOfMemoryError e) {
            throw new MediaException(name + ": " + encoded.length + " bytes do not fit into the heap twice", e);
        }
        checkSize(name, file.width(), file.height());
        return new EncodedImage(name, file, options);
    }

    /**
     * Reads a stream to its end and the header of the picture in it. The stream stays open.
     *
     * @param name what errors call it
     * @throws MediaException if it cannot be read, is no picture, or is too large
     */
    public EncodedImage open(InputStream in, String name) {
        byte[] encoded;
        try {
            encoded = in.readNBytes((int) options.maxEncodedBytes() + 1);
        } catch (IOException e) {
            throw unreadable(name, e);
        } catch (OutOfMemoryError e) {
            throw new MediaException(name + ": does not fit into the heap", e);
        }
        return open(encoded, name);
    }

    /**
     * Reads a {@code data:} URI, base64 or percent-encoded. The media type it declares is not believed.
     *
     * @throws MediaException if it is no data URI, no picture, or too large
     */
    public EncodedImage openDataUri(String uri) {
        return open(dataOf(uri), "data URI");
    }

    /** The bytes of a data URI. */
    static byte[] dataOf(String uri) {
        int comma = uri.indexOf(',');
        if (!uri.regionMatches(true, 0, "data:", 0, 5) || comma < 0) {
            throw new MediaException("data URI: expected data:[type][;base64],[data], found "
                    + uri.substring(0, Math.min(uri.length(), 40)));
        }
        boolean base64 = uri.substring(5, comma).toLowerCase(Locale.ROOT).endsWith(";base64");
        String data = uri.substring(comma + 1);
        try {
            String decoded = data.indexOf('%') >= 0 || !base64
                    ? URLDecoder.decode(data.replace("+", "%2B"), StandardCharsets.ISO_8859_1)
                    : data;
            return base64
                    ? Base64.getDecoder().decode(decoded.replaceAll("\\s", ""))
                    : decoded.getBytes(StandardCharsets.ISO_8859_1);
        } catch (IllegalArgumentException e) {
            throw new MediaException("data URI: the data is broken: " + e.getMessage(), e);
        }
    }

    /** Decodes a file; {@link #open(Path)} and {@link EncodedImage#decode} in one. */
    public RgbImage decode(Path file) {
        return open(file).decode();
    }

    /** Decodes an encoded picture; {@link #open(byte[], String)} and {@link EncodedImage#decode} in one. */
    public RgbImage decode(byte[] encoded) {
        return open(encoded, "bytes").decode();
    }

    /** Decodes a stream; {@link #open(InputStream, String)} and {@link EncodedImage#decode} in one. */
    public RgbImage decode(InputStream in) {
        return open(in, "stream").decode();
    }

    /**
     * The pixels of a picture in memory, in sRGB; gray keeps its stored values, of 16 bits the high 8. Alpha is treated
     * as the options say.
     *
     * @throws MediaException if it is too large
     */
    public RgbImage decode(BufferedImage image) {
        return open(image, "BufferedImage").decode();
    }

    /**
     * A picture in memory, its size found acceptable.
     *
     * @param name what errors call it
     */
    Picture open(BufferedImage image, String name) {
        checkSize(name, image.getWidth(), image.getHeight());
        return new InMemory(image, name, options);
    }

    /** A picture of the JDK's own class. */
    private record InMemory(BufferedImage image, String name, MediaOptions options) implements Picture {

        @Override
        public int width() {
            return image.getWidth();
        }

        @Override
        public int height() {
            return image.getHeight();
        }

        @Override
        public RgbImage decode() {
            try {
                Pixels pixels = BufferedImages.pixels(image, options.alpha() == MediaOptions.Alpha.ON_WHITE);
                if (options.alpha() == MediaOptions.Alpha.ON_WHITE) {
                    pixels = pixels.onWhite();
                }
                return RgbImage.of(pixels.width(), pixels.height(), pixels.rgb());
            } catch (OutOfMemoryError e) {
                throw new MediaException(
                        name + " of " + width() + "x" + height() + " pixels: does not fit into the heap", e);
            }
        }
    }

    private void checkSize(String name, int width, int height) {
        long pixels = (long) width * height;
        if (pixels > options.maxPixels()) {
            throw new MediaException(name + ": " + width + "x" + height + " is " + pixels + " pixels, more than the "
                    + options.maxPixels() + " that option maxPixels allows");
        }
        if (Math.max(width, height) > MOST_SIDE) {
            throw new MediaException(
                    name + ": " + width + "x" + height + " has a side of more than " + MOST_SIDE + " pixels");
        }
    }

    private MediaException tooManyBytes(String name) {
        return new MediaException(
                name + ": more than the " + options.maxEncodedBytes() + " bytes that option maxEncodedBytes allows");
    }

    private static MediaException unreadable(String name, IOException e) {
        boolean missing = e instanceof NoSuchFileException;
        return new MediaException(name + ": " + (missing ? "no such file" : "cannot be read: " + e.getMessage()), e);
    }
}

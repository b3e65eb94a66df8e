package org.kimi4j.chat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.kimi4j.error.MediaException;

/**
 * Where a picture or a video comes from. Nothing is opened, decoded or fetched here: a source is handed through to
 * whatever turns media into model input.
 */
public sealed interface Media {

    /** A picture or video file. */
    record File(Path path) implements Media {}

    /**
     * The content of a picture or video file: PNG, JPEG, MP4 and so on.
     *
     * @param data not copied; the caller leaves it alone from here on
     */
    record Bytes(byte[] data) implements Media {

        public Bytes {
            if (data.length == 0) {
                throw new MediaException("media: the data is empty, expected the bytes of a picture or video file");
            }
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Bytes(byte[] theirs) && Arrays.equals(data, theirs);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(data);
        }

        @Override
        public String toString() {
            return "Bytes[" + data.length + " bytes]";
        }
    }

    /**
     * Pixels.
     *
     * @param width columns, at least 1
     * @param height rows, at least 1
     * @param rgb height x width x 3 bytes, rows from the top; not copied, the caller leaves it alone from here on
     */
    record Rgb(int width, int height, byte[] rgb) implements Media {

        public Rgb {
            if (width < 1 || height < 1 || rgb.length != 3L * width * height) {
                throw new MediaException("pixels: expected height * width * 3 bytes for " + width + " x " + height
                        + " pixels (width x height, both at least 1), found " + rgb.length);
            }
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Rgb(int w, int h, byte[] theirs)
                    && w == width
                    && h == height
                    && Arrays.equals(rgb, theirs);
        }

        @Override
        public int hashCode() {
            return 31 * (31 * width + height) + Arrays.hashCode(rgb);
        }

        @Override
        public String toString() {
            return "Rgb[" + width + " x " + height + "]";
        }
    }

    /**
     * A picture of the JDK's own class. Two are equal if they are the same object.
     *
     * @param image not copied; the caller leaves it alone from here on
     */
    record Buffered(BufferedImage image) implements Media {

        @Override
        public String toString() {
            return "Buffered[" + image.getWidth() + " x " + image.getHeight() + "]";
        }
    }

    /**
     * Pixels just as the vision tower reads them: resized and padded by the caller. Nothing is done to them, no limit
     * applies, and they become one item, frames included. As a video it stands at 00:00:00.000.
     *
     * @param width columns, a multiple of 28
     * @param height rows, a multiple of 28
     * @param frames 1 for a picture, 1 to 4 for a chunk of a video
     * @param rgb frames x height x width x 3 bytes; not copied, the caller leaves it alone from here on
     */
    record Padded(int width, int height, int frames, byte[] rgb) implements Media {

        public Padded {
            // In double: the product of three ints may be beyond a long.
            if (width < 1 || height < 1 || frames < 1 || rgb.length != 3.0 * width * height * frames) {
                throw new MediaException("padded pixels: expected frames * height * width * 3 bytes for " + width
                        + " x " + height + " x " + frames + " (width x height x frames, each at least 1), found "
                        + rgb.length);
            }
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Padded(int w, int h, int f, byte[] theirs)
                    && w == width
                    && h == height
                    && f == frames
                    && Arrays.equals(rgb, theirs);
        }

        @Override
        public int hashCode() {
            return 31 * (31 * (31 * width + height) + frames) + Arrays.hashCode(rgb);
        }

        @Override
        public String toString() {
            return "Padded[" + width + " x " + height + " x " + frames + "]";
        }
    }

    /**
     * An address as it stood in a request. Only {@code data:} addresses carry their content; all others stay opaque,
     * because a request must be able to name neither a file of this machine nor a host.
     */
    record Uri(String uri) implements Media {

        /** Whether the content is inside the address. */
        public boolean isData() {
            return uri.regionMatches(true, 0, "data:", 0, 5);
        }

        /**
         * The content of a {@code data:} address.
         *
         * @throws MediaException for any other address, and for data that is not base64
         */
        public Bytes data() {
            if (!isData()) {
                throw new MediaException("media address " + shown() + ": expected a data: address, nothing else is"
                        + " read or fetched; open a file with Media.of(Path)");
            }
            int comma = uri.indexOf(',');
            if (comma < 0 || !uri.substring(5, comma).toLowerCase(Locale.ROOT).endsWith(";base64")) {
                throw new MediaException("media address " + shown() + ": expected data:<type>;base64,<data>");
            }
            try {
                String encoded = uri.substring(comma + 1).replaceAll("\\s", "");
                return new Bytes(Base64.getDecoder().decode(encoded));
            } catch (IllegalArgumentException e) {
                throw new MediaException("media address " + shown() + ": its data is not base64", e);
            }
        }

        private String shown() {
            return uri.length() <= 60 ? uri : uri.substring(0, 60) + "... (" + uri.length() + " characters)";
        }

        @Override
        public String toString() {
            return "Uri[" + shown() + "]";
        }
    }

    /**
     * A video as single pictures at a fixed rate.
     *
     * @param pictures at least one, none of them {@code Frames} or {@code Padded}
     * @param framesPerSecond positive and finite; picture n stands at n / framesPerSecond seconds
     */
    record Frames(List<Media> pictures, double framesPerSecond) implements Media {

        public Frames {
            pictures = List.copyOf(pictures);
            if (pictures.isEmpty() || pictures.stream().anyMatch(p -> p instanceof Frames || p instanceof Padded)) {
                throw new MediaException("video frames: expected at least one picture, none of them frames or padded");
            }
            if (!(framesPerSecond > 0 && framesPerSecond < Double.POSITIVE_INFINITY)) {
                throw new MediaException(
                        "video frames: expected a positive number of frames per second, found " + framesPerSecond);
            }
        }
    }

    /** A picture or video file. */
    static Media of(Path path) {
        return new File(path);
    }

    /** The content of a picture or video file; the array is not copied. */
    static Media of(byte[] data) {
        return new Bytes(data);
    }

    /** A picture of the JDK's own class; not copied. */
    static Media of(BufferedImage image) {
        return new Buffered(image);
    }

    /** Reads the stream to its end at once; it is not closed. */
    static Media read(InputStream in) {
        try {
            return new Bytes(in.readAllBytes());
        } catch (IOException e) {
            throw new MediaException("media: the stream could not be read: " + e.getMessage(), e);
        }
    }
}

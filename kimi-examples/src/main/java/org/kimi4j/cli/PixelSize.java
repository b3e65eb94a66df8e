package org.kimi4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.kimi4j.chat.Content;
import org.kimi4j.chat.Media;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Size of a picture, or of a stack of frames, as options write it: {@code 448x280} or {@code 448x280x4}.
 *
 * @param frames 1 if it was not written
 */
record PixelSize(int width, int height, int frames) {

    private static final Pattern WRITTEN =
            Pattern.compile("([1-9]\\d{0,6})[xX]([1-9]\\d{0,6})(?:[xX]([1-9]\\d{0,3}))?");

    private static PixelSize parse(String text, String expected, boolean withFrames) {
        Matcher m = WRITTEN.matcher(text);
        if (!m.matches() || withFrames != (m.group(3) != null)) {
            throw new TypeConversionException("expected " + expected + ", found " + text);
        }
        int frames = withFrames ? Integer.parseInt(m.group(3)) : 1;
        return new PixelSize(Integer.parseInt(m.group(1)), Integer.parseInt(m.group(2)), frames);
    }

    /** Reads a file of raw pixels of this size; what it is a picture of is for the model: a video if it has frames. */
    Content read(Path file) throws IOException {
        byte[] rgb = Files.readAllBytes(file);
        long expected = Math.multiplyExact(3L * width * height, frames);
        if (rgb.length != expected) {
            throw new CommandFailure(file + ": expected " + expected + " bytes for " + width + "x" + height
                    + " pixels, " + frames + " frame(s) of 3 bytes each, found " + rgb.length);
        }
        Media padded = new Media.Padded(width, height, frames, rgb);
        return frames > 1 ? Content.video(padded) : Content.image(padded);
    }

    /** Reads {@code 448x280}. */
    static final class Converter implements ITypeConverter<PixelSize> {
        @Override
        public PixelSize convert(String text) {
            return parse(text, "WIDTHxHEIGHT, such as 448x280", false);
        }
    }

    /** A file of raw pixels with its size, {@code clip.rgb:448x280x4}; the path itself may hold colons. */
    record OfFile(Path file, PixelSize size) {

        static final class Converter implements ITypeConverter<OfFile> {
            @Override
            public OfFile convert(String text) {
                String expected = "FILE:WIDTHxHEIGHTxFRAMES, such as clip.rgb:448x280x4";
                int colon = text.lastIndexOf(':');
                if (colon < 1) {
                    throw new TypeConversionException("expected " + expected + ", found " + text);
                }
                return new OfFile(Path.of(text.substring(0, colon)), parse(text.substring(colon + 1), expected, true));
            }
        }
    }
}

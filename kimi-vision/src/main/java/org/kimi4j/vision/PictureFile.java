package org.kimi4j.vision;

import java.nio.charset.StandardCharsets;
import org.kimi4j.chat.MediaOptions;

/** An encoded picture of which the header has been read; decoding it is the second step. */
sealed interface PictureFile permits PngFile, JpegFile, GifFile, BmpFile, WebpFile {

    /** The format's name. */
    String format();

    /** Width in pixels, before any turn. */
    int width();

    /** Height in pixels, before any turn. */
    int height();

    /** EXIF's 1..8. */
    int orientation();

    /**
     * Decodes the picture, or the first one of an animation.
     *
     * @param options whether alpha is wanted, and how lossy WebP is treated
     */
    Pixels decode(MediaOptions options) throws BrokenImageException;

    /** Tells the format by its first bytes, whatever the file is called, and reads the header. */
    static PictureFile open(byte[] data) throws BrokenImageException {
        ByteReader bytes = new ByteReader(data);
        if (bytes.startsWith(0, "\u0089PNG\r\n\u001a\n")) {
            return PngFile.open(bytes);
        }
        if (bytes.startsWith(0, "\u00ff\u00d8\u00ff")) {
            return JpegFile.open(bytes);
        }
        if (bytes.startsWith(0, "GIF87a") || bytes.startsWith(0, "GIF89a")) {
            return GifFile.open(bytes);
        }
        if (bytes.startsWith(0, "RIFF") && bytes.startsWith(8, "WEBP")) {
            return WebpFile.open(bytes);
        }
        if (bytes.startsWith(0, "BM")) {
            return BmpFile.open(bytes);
        }
        throw new BrokenImageException(
                "not a picture that is read here (" + guess(bytes) + "); PNG, JPEG, GIF, BMP and WebP are");
    }

    private static String guess(ByteReader bytes) {
        if (bytes.length() == 0) {
            return "it is empty";
        }
        if (bytes.startsWith(0, "II*\0") || bytes.startsWith(0, "MM\0*")) {
            return "it is TIFF";
        }
        if (bytes.startsWith(4, "ftyp")) {
            boolean picture = bytes.startsWith(8, "avif")
                    || bytes.startsWith(8, "heic")
                    || bytes.startsWith(8, "heix")
                    || bytes.startsWith(8, "mif1");
            return picture ? "it is AVIF or HEIC" : "it is a video";
        }
        if (bytes.startsWith(0, "%PDF")) {
            return "it is PDF";
        }
        if (bytes.startsWith(0, "\0\0\1\0")) {
            return "it is an icon";
        }
        if (bytes.startsWith(4, "jP  ") || bytes.startsWith(0, "\u00ff\u004f\u00ff\u0051")) {
            return "it is JPEG 2000";
        }
        if (bytes.startsWith(4, "JXL ") || bytes.startsWith(0, "\u00ff\n")) {
            return "it is JPEG XL";
        }
        String head = new String(bytes.data(), 0, Math.min(bytes.length(), 512), StandardCharsets.ISO_8859_1);
        if (head.contains("<svg")) {
            return "it is SVG";
        }
        boolean text = head.chars().allMatch(c -> c >= ' ' && c != 0x7F || c == '\n' || c == '\r' || c == '\t');
        return text ? "it is text" : "unknown first bytes";
    }
}

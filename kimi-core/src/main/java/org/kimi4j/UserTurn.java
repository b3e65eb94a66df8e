package org.kimi4j;

import java.awt.image.BufferedImage;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.kimi4j.chat.Content;
import org.kimi4j.chat.Media;
import org.kimi4j.error.MediaException;

/** What a person says, put together piece by piece: {@code u -> u.text("What is this?").image(path)}. */
public final class UserTurn {

    private final List<Content> content = new ArrayList<>();

    UserTurn() {}

    public UserTurn text(String text) {
        content.add(Content.text(text));
        return this;
    }

    /** A picture file. */
    public UserTurn image(Path file) {
        return image(Media.of(file));
    }

    /** The content of a picture file. */
    public UserTurn image(byte[] data) {
        return image(Media.of(data));
    }

    /** The content of a picture file, read from the stream to its end at once; the stream is not closed. */
    public UserTurn image(InputStream in) {
        return image(Media.read(in));
    }

    /** A picture of the JDK's own class; not copied, the caller leaves it alone from here on. */
    public UserTurn image(BufferedImage picture) {
        return image(Media.of(picture));
    }

    /**
     * Pixels.
     *
     * @param rgb height x width x 3 bytes, rows from the top; not copied, the caller leaves it alone from here on
     */
    public UserTurn image(int width, int height, byte[] rgb) {
        return image(new Media.Rgb(width, height, rgb));
    }

    /**
     * A picture in a {@code data:} address. Nothing else is meant by a text: neither a file nor a host is looked for.
     *
     * @throws MediaException for any other text
     */
    public UserTurn image(String dataUri) {
        Media.Uri uri = new Media.Uri(dataUri);
        if (!uri.isData()) {
            throw new MediaException(
                    uri + ": expected a data: address; open a file with image(Path), nothing is fetched from a host");
        }
        return image(uri);
    }

    public UserTurn image(Media picture) {
        content.add(Content.image(picture));
        return this;
    }

    /** A video file; needs FFmpeg. */
    public UserTurn video(Path file) {
        return video(Media.of(file));
    }

    /** A video, for example {@link Media.Frames}. */
    public UserTurn video(Media video) {
        content.add(Content.video(video));
        return this;
    }

    List<Content> content() {
        return content;
    }
}

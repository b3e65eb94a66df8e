package org.kimi4j;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.kimi4j.chat.Content;
import org.kimi4j.chat.Media;

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

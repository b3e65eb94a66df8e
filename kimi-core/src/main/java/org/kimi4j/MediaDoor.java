package org.kimi4j;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.kimi4j.chat.Content;
import org.kimi4j.error.MediaException;
import org.kimi4j.spi.MediaEncoder;

/** The way from messages to the encoder of pictures and videos, which may be missing. Thread-safe. */
final class MediaDoor {

    private final @Nullable MediaEncoder encoder;
    private final String missing;

    /** @param missing why there is no encoder, with the remedy; empty if there is one */
    MediaDoor(@Nullable MediaEncoder encoder, String missing) {
        this.encoder = encoder;
        this.missing = missing;
    }

    /** Whoever encodes, if there is one. */
    @Nullable
    MediaEncoder encoder() {
        return encoder;
    }

    /**
     * Opens items; decodes nothing.
     *
     * @throws MediaException if one of them cannot be opened, or there is nobody to open any; none stays open
     */
    List<MediaEncoder.Prepared> open(List<? extends Content> media) {
        if (media.isEmpty()) {
            return List.of();
        }
        if (encoder == null) {
            throw new MediaException("the prompt has " + media.size()
                    + (media.size() == 1 ? " picture or video" : " pictures or videos") + ", but " + missing);
        }
        List<MediaEncoder.Prepared> items = new ArrayList<>();
        int pictures = 0;
        int videos = 0;
        boolean opened = false;
        try {
            for (Content content : media) {
                String name = switch (content) {
                    case Content.Image _ -> "picture " + ++pictures;
                    case Content.Video _ -> "video " + ++videos;
                    case Content.Text _ -> throw new IllegalArgumentException("text is neither picture nor video");
                };
                items.add(encoder.prepare(content, name));
            }
            opened = true;
        } finally {
            if (!opened) {
                close(items);
            }
        }
        return items;
    }

    /** Decodes opened items, one after the other. */
    static void decode(List<MediaEncoder.Prepared> items, MediaEncoder.Progress progress) {
        int total = 0;
        for (MediaEncoder.Prepared item : items) {
            total += item.tokens().chunkCount();
        }
        int all = total;
        int before = 0;
        for (MediaEncoder.Prepared item : items) {
            int first = before;
            item.decode((done, _) -> progress.steps(first + done, all));
            before += item.tokens().chunkCount();
        }
    }

    static void close(List<MediaEncoder.Prepared> items) {
        items.forEach(MediaEncoder.Prepared::close);
    }
}

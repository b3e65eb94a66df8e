package org.kimi4j.chat;

import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.kimi4j.error.MediaException;

/** How many vectors, one pad token each, a media item of a prompt becomes. */
public sealed interface MediaTokens {

    /** Chunks, each with vectors of its own; 1 for a picture. */
    int chunkCount();

    /** The vectors of a chunk, from 0 on. */
    int tokensOf(int chunk);

    /**
     * A picture.
     *
     * @param tokens vectors, at least 1
     */
    record Image(int tokens) implements MediaTokens {
        public Image {
            positive(tokens);
        }

        @Override
        public int chunkCount() {
            return 1;
        }

        @Override
        public int tokensOf(int chunk) {
            Objects.checkIndex(chunk, 1);
            return tokens;
        }
    }

    /** A video, as the chunks of frames it was cut into; at least one. */
    record Video(List<Chunk> chunks) implements MediaTokens {
        public Video {
            chunks = List.copyOf(chunks);
            if (chunks.isEmpty()) {
                throw new MediaException("video: expected at least one chunk of frames, found none");
            }
        }

        @Override
        public int chunkCount() {
            return chunks.size();
        }

        @Override
        public int tokensOf(int chunk) {
            return chunks.get(chunk).tokens();
        }
    }

    /**
     * Up to four frames of a video.
     *
     * @param timestamp time of the first frame, as the model reads it
     * @param tokens vectors, at least 1
     */
    record Chunk(String timestamp, int tokens) {

        public Chunk {
            positive(tokens);
        }

        /**
         * A chunk whose time is written as HH:MM:SS.mmm.
         *
         * @param seconds time of the first frame from the start of the video
         */
        public static Chunk at(double seconds, int tokens) {
            return new Chunk(timestamp(seconds), tokens);
        }

        /**
         * A time as HH:MM:SS.mmm. The seconds come from the time rounded to a microsecond and the milliseconds from the
         * time as it is, as in the official processor; hours wrap at 24.
         */
        public static String timestamp(double seconds) {
            // 1e11 s is beyond what the time stamp's calendar arithmetic could say anyway
            if (!(seconds >= 0 && seconds < 1e11)) {
                throw new MediaException("video chunk: expected a time in seconds from 0 on, found " + seconds);
            }
            double whole = Math.floor(seconds);
            double fraction = seconds - whole;
            long clock = (long) whole + (Math.rint(fraction * 1e6) >= 1e6 ? 1 : 0);
            return String.format(
                    Locale.ROOT, "%02d:%02d:%02d.%03d", clock / 3600 % 24, clock / 60 % 60, clock % 60, (int)
                            (fraction * 1000));
        }
    }

    private static void positive(int tokens) {
        if (tokens < 1) {
            throw new MediaException("media item: expected at least one vector, found " + tokens);
        }
    }
}

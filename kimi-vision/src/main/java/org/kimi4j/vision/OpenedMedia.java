package org.kimi4j.vision;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.kimi4j.chat.MediaTokens;
import org.kimi4j.error.CancelledException;
import org.kimi4j.error.MediaException;
import org.kimi4j.spi.MediaEncoder;

/**
 * A picture or video on its way to the tower; owns its pixels. Its sizes are known from the start; {@link #decode} decodes
 * it once, chunk after chunk, and hashes what it finds, because the pixels decide what of the prompt is cached. So a
 * video is never in the heap as a whole, FFmpeg runs on the caller's thread and never holds up the engine, and a file
 * that changes or vanishes later changes nothing.
 */
final class OpenedMedia implements MediaEncoder.Prepared {

    private final String name;
    private final MediaTokens tokens;
    private final List<Geometry> geometries;
    private final Supplier<ItemStream> source;
    private final Runnable closeSource;
    private final PixelStore.Area pixels;
    private final List<MediaItem> items = new ArrayList<>();

    /**
     * @param geometries of each chunk
     * @param source begins to decode
     * @param closeSource gives back what the source holds
     */
    OpenedMedia(
            String name,
            MediaTokens tokens,
            List<Geometry> geometries,
            Supplier<ItemStream> source,
            Runnable closeSource,
            PixelStore store) {
        this.name = name;
        this.tokens = tokens;
        this.geometries = geometries;
        this.source = source;
        this.closeSource = closeSource;
        this.pixels = store.newArea(name);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public MediaTokens tokens() {
        return tokens;
    }

    @Override
    public void decode(MediaEncoder.Progress progress) {
        try (ItemStream stream = source.get()) {
            while (stream.hasNext()) {
                if (Thread.currentThread().isInterrupted()) {
                    throw new CancelledException(name + ": interrupted while it was decoded");
                }
                MediaItem item = stream.next();
                if (!item.geometry().equals(geometries.get(items.size()))) {
                    throw new MediaException(name + ": changed while it was being read");
                }
                pixels.add(item.rgb());
                items.add(item.withoutPixels());
                progress.steps(items.size(), geometries.size());
            }
        }
    }

    @Override
    public long key(int chunk) {
        return Long.parseUnsignedLong(hash(chunk).substring(0, 16), 16);
    }

    /** The hash under which the vectors of a chunk may be kept. */
    String hash(int chunk) {
        return items.get(chunk).contentHash();
    }

    /** A decoded chunk in words. */
    String describe(int chunk) {
        return items.get(chunk).toString();
    }

    /** A decoded chunk with its pixels. */
    MediaItem item(int chunk) {
        return items.get(chunk).withPixels(pixels.get(chunk));
    }

    @Override
    public void close() {
        try {
            closeSource.run();
        } finally {
            pixels.close();
        }
    }
}

package org.kimi4j.vision;

import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Supplier;
import org.kimi4j.chat.Content;
import org.kimi4j.chat.Media;
import org.kimi4j.chat.MediaOptions;
import org.kimi4j.chat.MediaTokens;
import org.kimi4j.error.MediaException;

/** Opens the pictures and videos of messages and measures them; nothing is decoded here. Immutable and thread-safe. */
final class MediaOpener {

    private static final String START = MediaTokens.Chunk.timestamp(0);
    private static final Runnable NOTHING = () -> {};

    private final ImageDecoder decoder;
    private final ImagePreprocessor preprocessor;
    private final PixelStore store;

    MediaOpener(MediaConfig config, MediaOptions options, PixelStore store) {
        this.decoder = new ImageDecoder(options);
        this.preprocessor = new ImagePreprocessor(config, options);
        this.store = store;
    }

    /**
     * Opens an item.
     *
     * @param name what errors call it, if it is no file
     */
    OpenedMedia open(Content content, String name) {
        return switch (content) {
            case Content.Image(Media media) -> image(media, name);
            case Content.Video(Media media) -> video(media, name);
            case Content.Text _ -> throw new IllegalArgumentException(name + ": text is no picture");
        };
    }

    private OpenedMedia image(Media media, String name) {
        return switch (media) {
            case Media.Padded padded
            when padded.frames() > 1 ->
                throw new MediaException(name + ": " + padded.frames() + " frames are a video, not a picture");
            case Media.Padded padded -> {
                MediaItem item = padded(padded, name);
                yield opened(name, new MediaTokens.Image(item.tokens()), item.geometry(), () -> item);
            }
            case Media.Frames _ -> throw new MediaException(name + ": frames are a video, not a picture");
            case Media.File _, Media.Bytes _, Media.Rgb _, Media.Buffered _, Media.Uri _ -> {
                Picture picture = picture(media, name);
                Geometry geometry = preprocessor.imageGeometry(picture.width(), picture.height());
                yield opened(
                        nameOf(media, name),
                        new MediaTokens.Image(geometry.tokens()),
                        geometry,
                        () -> preprocessor.image(picture.decode()));
            }
        };
    }

    /** Opens the header of a single picture. */
    private Picture picture(Media media, String name) {
        return switch (media) {
            case Media.File file -> decoder.open(file.path());
            case Media.Bytes bytes -> decoder.open(bytes.data(), name);
            case Media.Rgb rgb -> Picture.of(RgbImage.of(rgb.width(), rgb.height(), rgb.rgb()));
            case Media.Buffered(BufferedImage image) -> decoder.open(image, name);
            case Media.Uri uri -> decoder.open(data(uri, name), name);
            case Media.Frames _, Media.Padded _ -> throw new MediaException(name + ": expected a picture");
        };
    }

    private static byte[] data(Media.Uri uri, String name) {
        try {
            return uri.isData() ? ImageDecoder.dataOf(uri.uri()) : uri.data().data();
        } catch (MediaException e) {
            throw new MediaException(name + ": " + e.getMessage(), e);
        }
    }

    private OpenedMedia video(Media media, String name) {
        return switch (media) {
            case Media.File file -> opened(Video.open(file.path(), preprocessor));
            case Media.Bytes bytes -> opened(Video.open(bytes.data(), name, preprocessor));
            case Media.Uri uri -> opened(Video.open(data(uri, name), name, preprocessor));
            case Media.Frames(List<Media> pictures, double fps) -> opened(frames(pictures, fps, name));
            case Media.Rgb _, Media.Buffered _ ->
                throw new MediaException(name + ": one picture is no video: pass it as a picture, or as frames");
            case Media.Padded padded -> {
                MediaItem item = padded(padded, name);
                MediaTokens.Chunk chunk = new MediaTokens.Chunk(START, item.tokens());
                yield opened(name, new MediaTokens.Video(List.of(chunk)), item.geometry(), () -> item);
            }
        };
    }

    private Video frames(List<Media> pictures, double fps, String name) {
        List<Picture> frames = new ArrayList<>();
        for (int i = 0; i < pictures.size(); i++) {
            Media media = pictures.get(i);
            String frame = name + ", frame " + (i + 1);
            frames.add(new LaterPicture(() -> picture(media, frame), frame));
        }
        try {
            return Video.ofPictures(frames, fps, name, preprocessor);
        } catch (MediaException e) {
            throw new MediaException(
                    e.getMessage().startsWith(name) ? e.getMessage() : name + ": " + e.getMessage(), e);
        }
    }

    private MediaItem padded(Media.Padded padded, String name) {
        try {
            return preprocessor.padded(padded.width(), padded.height(), padded.frames(), padded.rgb());
        } catch (MediaException e) {
            throw new MediaException(name + ": " + e.getMessage(), e);
        }
    }

    private static String nameOf(Media media, String name) {
        return media instanceof Media.File file ? file.path().toString() : name;
    }

    private OpenedMedia opened(Video video) {
        List<Geometry> geometries = new ArrayList<>();
        List<MediaTokens.Chunk> chunks = new ArrayList<>();
        for (VideoPlan.Chunk chunk : video.plan().chunks()) {
            Geometry geometry = video.geometry(geometries.size());
            geometries.add(geometry);
            chunks.add(new MediaTokens.Chunk(chunk.timestamp(), geometry.tokens()));
        }
        return new OpenedMedia(
                video.name(), new MediaTokens.Video(chunks), geometries, video::chunks, video::close, store);
    }

    private OpenedMedia opened(String name, MediaTokens tokens, Geometry geometry, Supplier<MediaItem> item) {
        return new OpenedMedia(name, tokens, List.of(geometry), () -> new OneItem(item), NOTHING, store);
    }

    /** A single item as a stream. */
    private static final class OneItem implements ItemStream {
        private final Supplier<MediaItem> item;
        private boolean read;

        OneItem(Supplier<MediaItem> item) {
            this.item = item;
        }

        @Override
        public boolean hasNext() {
            return !read;
        }

        @Override
        public MediaItem next() {
            if (read) {
                throw new NoSuchElementException("the item was read");
            }
            read = true;
            return item.get();
        }

        @Override
        public void close() {}
    }

    /** A frame that is opened when it is looked at, and each time anew, so that only its size stays in memory. */
    private static final class LaterPicture implements Picture {
        private final Supplier<Picture> opener;
        private final String name;
        private int width;
        private int height;

        LaterPicture(Supplier<Picture> opener, String name) {
            this.opener = opener;
            this.name = name;
        }

        private void measure() {
            if (width == 0) {
                Picture picture = opener.get();
                height = picture.height();
                width = picture.width();
            }
        }

        @Override
        public int width() {
            measure();
            return width;
        }

        @Override
        public int height() {
            measure();
            return height;
        }

        @Override
        public RgbImage decode() {
            RgbImage image = opener.get().decode();
            if (width != 0 && (image.width() != width || image.height() != height)) {
                throw new MediaException(name + ": changed while it was being read");
            }
            return image;
        }
    }
}

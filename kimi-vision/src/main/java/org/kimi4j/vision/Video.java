package org.kimi4j.vision;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.kimi4j.chat.MediaOptions;
import org.kimi4j.error.MediaException;

/**
 * Owns the temporary file of a video that was given as bytes; other videos own nothing. The plan and the number of tokens
 * are known at once, frames are decoded when {@link #chunks} is read. Thread-safe.
 */
public final class Video implements AutoCloseable {

    private final String name;
    private final ImagePreprocessor preprocessor;
    private final VideoInfo info;
    private final VideoPlan plan;
    private final Frames frames;
    private final @Nullable Path temporary;

    /** Where frames come from. */
    private sealed interface Frames {}

    /** Pictures by their number. */
    private record Given(List<Picture> pictures) implements Frames {}

    /** A file that FFmpeg decodes. */
    private record Encoded(Ffmpeg ffmpeg, Path file) implements Frames {}

    private Video(
            String name, ImagePreprocessor preprocessor, VideoInfo info, Frames frames, @Nullable Path temporary) {
        this.name = name;
        this.preprocessor = preprocessor;
        this.info = info;
        this.frames = frames;
        this.temporary = temporary;
        this.plan = preprocessor.plan(info.numFrames(), info.fps());
    }

    /**
     * A video of frames in memory, sampled as a file of that rate would be; needs no FFmpeg. Later frames may differ in
     * size: they are resized to the first frame of their chunk.
     *
     * @param fps frames per second
     * @throws MediaException if there are no frames or the rate is no positive number
     */
    public static Video ofFrames(List<RgbImage> frames, double fps, ImagePreprocessor preprocessor) {
        return ofPictures(frames.stream().map(Picture::of).toList(), fps, "frames", preprocessor);
    }

    /**
     * As {@link #ofFrames}, of pictures that are decoded when their chunk is read, and not at all if no chunk has them.
     *
     * @param name what errors call the video
     */
    static Video ofPictures(List<Picture> pictures, double fps, String name, ImagePreprocessor preprocessor) {
        if (pictures.isEmpty()) {
            throw new MediaException("video of 0 frames: at least one is needed");
        }
        Picture first = pictures.getFirst();
        VideoInfo info = new VideoInfo(first.width(), first.height(), pictures.size(), fps);
        return new Video(name, preprocessor, info, new Given(pictures), null);
    }

    /**
     * Opens a video file and reads its description with ffprobe.
     *
     * @throws MediaException if FFmpeg is missing, the file cannot be read, holds no video, or has too large frames
     */
    public static Video open(Path file, ImagePreprocessor preprocessor) {
        return open(file, file.toString(), preprocessor, null);
    }

    /**
     * Opens an encoded video in memory; FFmpeg needs a file, so it is written to a temporary one that {@link #close}
     * deletes.
     *
     * @param name what errors call it
     * @throws MediaException as for a file, or if the temporary file cannot be written
     */
    public static Video open(byte[] encoded, String name, ImagePreprocessor preprocessor) {
        return open(new ByteArrayInputStream(encoded), name, preprocessor);
    }

    /**
     * Opens an encoded video from a stream, which is read to its end and left open. Kept in a temporary file that
     * {@link #close} deletes.
     *
     * @param name what errors call it
     * @throws MediaException as for a file, if the stream cannot be read or is too long, or if the temporary file cannot
     *     be written
     */
    public static Video open(InputStream in, String name, ImagePreprocessor preprocessor) {
        Path file = null;
        boolean opened = false;
        try {
            file = Files.createTempFile("kimi-video-", ".bin");
            long most = preprocessor.options().maxEncodedBytes();
            try (OutputStream out = Files.newOutputStream(file)) {
                copy(in, out, most, name);
            }
            Video video = open(file, name, preprocessor, file);
            opened = true;
            return video;
        } catch (IOException e) {
            throw new MediaException(name + ": cannot be copied to a temporary file: " + e.getMessage(), e);
        } finally {
            if (!opened) {
                delete(file);
            }
        }
    }

    /** Opens a video from a {@code data:} URI; see {@link #open(byte[], String, ImagePreprocessor)}. */
    public static Video openDataUri(String uri, ImagePreprocessor preprocessor) {
        return open(ImageDecoder.dataOf(uri), "data URI", preprocessor);
    }

    private static void copy(InputStream in, OutputStream out, long most, String name) throws IOException {
        byte[] buffer = new byte[1 << 16];
        long copied = 0;
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            copied += n;
            if (copied > most) {
                throw new MediaException(
                        name + ": more than the " + most + " bytes that option maxEncodedBytes allows");
            }
            out.write(buffer, 0, n);
        }
    }

    private static Video open(Path file, String name, ImagePreprocessor preprocessor, @Nullable Path temporary) {
        if (!Files.isRegularFile(file)) {
            throw new MediaException(name + ": " + (Files.exists(file) ? "is no regular file" : "no such file"));
        }
        MediaOptions options = preprocessor.options();
        Ffmpeg ffmpeg = Ffmpeg.find(options).orElseThrow(() -> Ffmpeg.missing(name));
        VideoInfo info = new VideoProbe(ffmpeg, file, name).info(options.countFrames());
        long pixels = (long) info.width() * info.height();
        if (pixels > options.maxPixels()) {
            throw new MediaException(name + ": frames of " + info.width() + "x" + info.height() + " are " + pixels
                    + " pixels, more than the " + options.maxPixels() + " that option maxPixels allows");
        }
        return new Video(name, preprocessor, info, new Encoded(ffmpeg, file), temporary);
    }

    /** What errors call the video. */
    public String name() {
        return name;
    }

    /** Size, length and rate. */
    public VideoInfo info() {
        return info;
    }

    /** The frames that are taken, in chunks. */
    public VideoPlan plan() {
        return plan;
    }

    /**
     * The size of the frames of one chunk, with its tokens.
     *
     * @param chunk index into the plan's chunks
     */
    public Geometry geometry(int chunk) {
        List<Integer> indices = plan.chunks().get(chunk).frames();
        int width = info.width();
        int height = info.height();
        if (frames instanceof Given(List<Picture> pictures)) {
            width = pictures.get(indices.getFirst()).width();
            height = pictures.get(indices.getFirst()).height();
        }
        return preprocessor.frameGeometry(width, height, indices.size());
    }

    /** Positions of the text that all chunks take together, known before any frame is decoded. */
    public long tokens() {
        long tokens = 0;
        for (int chunk = 0; chunk < plan.chunks().size(); chunk++) {
            tokens += geometry(chunk).tokens();
        }
        return tokens;
    }

    /** Begins to decode from the first chunk; may be called again for another pass. */
    public VideoChunks chunks() {
        FrameStream stream = switch (frames) {
            case Given(List<Picture> pictures) -> new GivenFrames(pictures);
            case Encoded(Ffmpeg ffmpeg, Path file) -> new FfmpegFrames(ffmpeg, file, name, plan, info);
        };
        return new VideoChunks(plan, preprocessor, stream);
    }

    /** Pictures as a stream. */
    private record GivenFrames(List<Picture> pictures) implements FrameStream {
        @Override
        public RgbImage frame(int index) {
            return pictures.get(index).decode();
        }

        @Override
        public void close() {}
    }

    /** Deletes the temporary file, if there is one; chunks that are being read fail. */
    @Override
    public void close() {
        delete(temporary);
    }

    private static void delete(@Nullable Path file) {
        if (file == null) {
            return;
        }
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // Still open in FFmpeg on a system that keeps open files.
            file.toFile().deleteOnExit();
        }
    }
}

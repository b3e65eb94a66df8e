package org.kimi4j.vision;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.kimi4j.error.CancelledException;
import org.kimi4j.error.MediaException;

/**
 * Owns an FFmpeg process that writes the frames of a plan, each as a PPM: raw RGB behind a header that tells its size, so
 * that a frame of another size than announced cannot shift all that follow.
 */
final class FfmpegFrames implements FrameStream {

    private final String name;
    private final VideoPlan plan;
    private final VideoInfo info;
    private final FfmpegProcess process;
    private final InputStream out;
    private int position = -1;
    private volatile boolean closed;

    FfmpegFrames(Ffmpeg ffmpeg, Path file, String name, VideoPlan plan, VideoInfo info) {
        this.name = name;
        this.plan = plan;
        this.info = info;
        List<String> command = new ArrayList<>(List.of(ffmpeg.ffmpeg(), "-v", "error", "-nostdin"));
        command.addAll(Ffmpeg.input(file));
        command.addAll(List.of("-map", "0:V:0", "-vf", "select='" + condition(plan) + "'"));
        // Without it FFmpeg would repeat frames to fill the gaps that the selection leaves.
        command.addAll(ffmpeg.hasFpsMode() ? List.of("-fps_mode", "passthrough") : List.of("-vsync", "passthrough"));
        command.addAll(List.of("-pix_fmt", "rgb24", "-c:v", "ppm", "-f", "image2pipe", "pipe:1"));
        try {
            process = FfmpegProcess.start(command, null);
        } catch (IOException e) {
            throw new MediaException(name + ": FFmpeg cannot be started: " + e.getMessage(), e);
        }
        out = new BufferedInputStream(process.output(), 1 << 16);
    }

    /**
     * FFmpeg's condition for frame n. A list of thousands of indices would not fit into a command line, so it is a
     * formula: n lies within half a frame of a multiple of (frames - 1) / (samples - 1). All its terms are integers that
     * a double holds exactly. Where a sample lies half way between two frames both are written.
     */
    private static String condition(VideoPlan plan) {
        long a = plan.frameIndices().size() - 1L;
        long b = plan.numFrames() - 1L;
        if (a == 0) {
            return "eq(n,0)";
        }
        return "lte(2*abs(n*" + a + "-round(n*" + a + "/" + b + ")*" + b + ")," + a + ")";
    }

    /** The same condition here, to know which frames come out of the pipe. */
    static boolean isWritten(VideoPlan plan, long n) {
        long a = plan.frameIndices().size() - 1L;
        long b = plan.numFrames() - 1L;
        if (a == 0) {
            return n == 0;
        }
        return 2 * Math.abs(n * a - Math.round((double) (n * a) / b) * b) <= a;
    }

    @Override
    public RgbImage frame(int index) {
        while (true) {
            do {
                position++;
            } while (!isWritten(plan, position));
            RgbImage image = read();
            if (image == null) {
                throw ended(index);
            }
            if (image.width() != info.width() || image.height() != info.height()) {
                throw new MediaException(name + ": frame " + position + " is " + image.width() + "x" + image.height()
                        + ", expected " + info.width() + "x" + info.height() + " as the file announces");
            }
            if (position == index) {
                return image;
            }
        }
    }

    /** The next frame in the pipe, or null at its end. */
    private @Nullable RgbImage read() {
        try {
            if (out.read() != 'P' || out.read() != '6' || out.read() != '\n') {
                return null;
            }
            int width = number(' ');
            int height = number('\n');
            int most = number('\n');
            if (width < 1 || height < 1 || most != 255 || (long) width * height > Integer.MAX_VALUE / 3) {
                return null;
            }
            byte[] rgb = out.readNBytes(3 * width * height);
            return rgb.length == 3 * width * height ? RgbImage.of(width, height, rgb) : null;
        } catch (IOException e) {
            // A killed process; the caller tells why.
            return null;
        } catch (OutOfMemoryError e) {
            throw new MediaException(
                    name + ": a frame of " + info.width() + "x" + info.height() + " does not fit into the heap", e);
        }
    }

    /** Decimal digits up to a separator; -1 for anything else. */
    private int number(char separator) throws IOException {
        int value = 0;
        for (int c = out.read(); c != separator; c = out.read()) {
            if (c < '0' || c > '9' || value > 1_000_000) {
                return -1;
            }
            value = 10 * value + c - '0';
        }
        return value;
    }

    private RuntimeException ended(int index) {
        if (closed) {
            return new CancelledException(name + ": closed while its frames were read");
        }
        String reason;
        try {
            process.finish();
            reason = process.saying();
        } catch (IOException e) {
            reason = ": FFmpeg: " + e.getMessage();
        } catch (InterruptedException e) {
            return Ffmpeg.interrupted(name, e);
        }
        return new MediaException(name + ": ends before frame " + index + " of " + plan.numFrames() + reason
                + "; if it plays, option countFrames finds its true length");
    }

    @Override
    public void close() {
        closed = true;
        process.close();
    }
}

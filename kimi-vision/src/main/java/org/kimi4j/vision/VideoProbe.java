package org.kimi4j.vision;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.kimi4j.error.MediaException;
import org.kimi4j.json.Json;

/**
 * Reads a video's description with ffprobe.
 *
 * @param name what errors call the video
 */
record VideoProbe(Ffmpeg ffmpeg, Path file, String name) {

    /**
     * Size, length and rate of the first video stream.
     *
     * @param countFrames whether to decode all of it for an exact length
     */
    VideoInfo info(boolean countFrames) {
        Json.Obj stream = describe();
        int width = dimension(stream, "width");
        int height = dimension(stream, "height");
        double fps = rate(stream, "avg_frame_rate")
                .or(() -> rate(stream, "r_frame_rate"))
                .orElse(0.0);
        if (fps <= 0) {
            throw new MediaException(name + ": its frame rate is unknown");
        }
        long frames = countFrames ? decodedFrames() : shownPackets();
        if (frames < 1 || frames > Integer.MAX_VALUE) {
            throw new MediaException(name + ": has " + frames + " frames");
        }
        boolean turned = Math.abs(Math.abs(rotation(stream)) % 180 - 90) < 1;
        return new VideoInfo(turned ? height : width, turned ? width : height, (int) frames, fps);
    }

    private List<String> command(String... options) {
        List<String> command = new ArrayList<>(List.of(ffmpeg.ffprobe(), "-v", "error"));
        // V leaves out cover pictures.
        command.addAll(List.of("-select_streams", "V:0"));
        command.addAll(List.of(options));
        command.addAll(Ffmpeg.input(file));
        return command;
    }

    private Json.Obj describe() {
        List<String> command = command(
                "-show_entries",
                "stream=width,height,avg_frame_rate,r_frame_rate:stream_side_data=rotation:stream_tags=rotate",
                "-of",
                "json");
        String printed = Ffmpeg.text(command, name);
        try {
            if (Json.parse(printed) instanceof Json.Obj root
                    && root.get("streams").orElse(new Json.Null()) instanceof Json.Arr(List<Json> streams)
                    && !streams.isEmpty()
                    && streams.getFirst() instanceof Json.Obj stream) {
                return stream;
            }
        } catch (Json.SyntaxException e) {
            throw new MediaException(name + ": ffprobe printed no JSON: " + e.getMessage(), e);
        }
        throw new MediaException(name + ": holds no video");
    }

    private int dimension(Json.Obj stream, String key) {
        double value = number(stream, key).orElse(0.0);
        if (value < 1 || value > ImageDecoder.MOST_SIDE) {
            throw new MediaException(name + ": its " + key + " is unknown or absurd");
        }
        return (int) value;
    }

    private static Optional<Double> number(Json.Obj object, String key) {
        return switch (object.get(key).orElse(new Json.Null())) {
            case Json.Num num -> Optional.of(num.value().doubleValue());
            case Json.Str(String text) when text.matches("-?[0-9]{1,9}") -> Optional.of(Double.valueOf(text));
            default -> Optional.empty();
        };
    }

    /** A rate such as 30000/1001; empty for 0/0. */
    private static Optional<Double> rate(Json.Obj stream, String key) {
        if (stream.get(key).orElse(new Json.Null()) instanceof Json.Str(String text)
                && text.matches("[0-9]{1,12}/[0-9]{1,12}")) {
            int slash = text.indexOf('/');
            double rate = Double.parseDouble(text.substring(0, slash)) / Double.parseDouble(text.substring(slash + 1));
            return rate > 0 && Double.isFinite(rate) ? Optional.of(rate) : Optional.empty();
        }
        return Optional.empty();
    }

    /** Degrees by which FFmpeg turns the frames. */
    private static double rotation(Json.Obj stream) {
        if (stream.get("side_data_list").orElse(new Json.Null()) instanceof Json.Arr(List<Json> items)) {
            for (Json item : items) {
                if (item instanceof Json.Obj data && data.get("rotation").isPresent()) {
                    return number(data, "rotation").orElse(0.0);
                }
            }
        }
        return stream.get("tags").orElse(new Json.Null()) instanceof Json.Obj tags
                ? number(tags, "rotate").orElse(0.0)
                : 0;
    }

    /** The packets that are not marked to be dropped after decoding, which is how an edit list cuts a file. */
    private long shownPackets() {
        long packets = 0;
        try (FfmpegProcess process =
                FfmpegProcess.start(command("-show_entries", "packet=flags", "-of", "csv=p=0"), null)) {
            InputStream out = process.output();
            byte[] buffer = new byte[1 << 13];
            boolean dropped = false;
            boolean any = false;
            for (int n = out.read(buffer); n >= 0; n = out.read(buffer)) {
                for (int i = 0; i < n; i++) {
                    if (buffer[i] == '\n') {
                        packets += any && !dropped ? 1 : 0;
                        dropped = false;
                        any = false;
                    } else {
                        dropped |= buffer[i] == 'D';
                        any |= buffer[i] != '\r';
                    }
                }
            }
            process.finish();
            return packets;
        } catch (IOException e) {
            throw new MediaException(name + ": ffprobe failed: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            throw Ffmpeg.interrupted(name, e);
        }
    }

    private long decodedFrames() {
        List<String> command =
                command("-count_frames", "-show_entries", "stream=nb_read_frames", "-of", "default=nw=1:nk=1");
        String printed = Ffmpeg.text(command, name).strip();
        if (!printed.matches("[0-9]{1,12}")) {
            throw new MediaException(name + ": its frames cannot be counted");
        }
        return Long.parseLong(printed);
    }
}

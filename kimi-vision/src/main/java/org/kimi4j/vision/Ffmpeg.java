package org.kimi4j.vision;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.kimi4j.chat.MediaOptions;
import org.kimi4j.error.CancelledException;
import org.kimi4j.error.MediaException;

/**
 * FFmpeg's two programs.
 *
 * @param ffmpeg the decoder
 * @param ffprobe the program that describes files
 * @param hasFpsMode whether the decoder knows {@code -fps_mode}, which replaces {@code -vsync}
 */
record Ffmpeg(String ffmpeg, String ffprobe, boolean hasFpsMode) {

    /** What to do where FFmpeg is missing. */
    static final String REMEDY = "install FFmpeg so that ffmpeg and ffprobe are on PATH (Debian: apt-get install"
            + " ffmpeg; macOS: brew install ffmpeg; Windows: winget install ffmpeg), or name the executable with"
            + " MediaOptions.ffmpeg, or add org.bytedeco:ffmpeg 8.1.2-1.5.14 with the classifier of your platform"
            + " (such as linux-x86_64) to the class path";

    private static final String CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,"
            + "ogg,gif,apng,h264,hevc,av1,obu,ivf,nut,rm,yuv4mpegpipe,mxf,dv,m4v,webp_pipe";

    /** The first libavcodec whose FFmpeg (5.1) has {@code -fps_mode}. */
    private static final int[] FPS_MODE_SINCE = {59, 37};

    private static final Pattern LIBAVCODEC = Pattern.compile("libavcodec\\s+(\\d+)\\.\\s*(\\d+)\\.");
    private static final ConcurrentHashMap<String, Boolean> HAS_FPS_MODE = new ConcurrentHashMap<>();

    /**
     * The FFmpeg of the options, else the one on PATH, else the bundled one.
     *
     * @throws MediaException if the options name a program that cannot be run
     */
    static Optional<Ffmpeg> find(MediaOptions options) {
        return find(options, System.getenv().getOrDefault("PATH", ""));
    }

    /** The error of a video without FFmpeg. */
    static MediaException missing(String name) {
        return new MediaException(name + ": a video needs FFmpeg, which was not found: " + REMEDY
                + "; or pass the frames as pictures with their rate");
    }

    static Optional<Ffmpeg> find(MediaOptions options, String path) {
        if (options.ffmpeg().isPresent()) {
            Path executable = options.ffmpeg().get();
            if (!Files.isExecutable(executable) || Files.isDirectory(executable)) {
                throw new MediaException("option ffmpeg: " + executable + " is no program that can be run");
            }
            return Optional.of(of(executable));
        }
        Optional<Path> onPath = search(path);
        if (onPath.isPresent()) {
            return Optional.of(of(onPath.get()));
        }
        return BundledFfmpeg.find();
    }

    private static Optional<Path> search(String path) {
        for (String folder : path.split(Pattern.quote(File.pathSeparator))) {
            for (String name : List.of("ffmpeg", "ffmpeg.exe")) {
                try {
                    Path candidate = Path.of(folder, name);
                    if (!folder.isEmpty() && Files.isRegularFile(candidate) && Files.isExecutable(candidate)) {
                        return Optional.of(candidate);
                    }
                } catch (InvalidPathException e) {
                    // PATH may hold anything.
                    continue;
                }
            }
        }
        return Optional.empty();
    }

    private static Ffmpeg of(Path executable) {
        String name = executable.getFileName().toString();
        Path probe = executable.resolveSibling(name.replace("ffmpeg", "ffprobe"));
        return of(executable.toString(), probe.toString());
    }

    static Ffmpeg of(String ffmpeg, String ffprobe) {
        return new Ffmpeg(ffmpeg, ffprobe, HAS_FPS_MODE.computeIfAbsent(ffmpeg, Ffmpeg::knowsFpsMode));
    }

    private static boolean knowsFpsMode(String ffmpeg) {
        String version = text(List.of(ffmpeg, "-version"), ffmpeg);
        Matcher m = LIBAVCODEC.matcher(version);
        if (!m.find()) {
            throw new MediaException(ffmpeg + ": not FFmpeg: -version names no libavcodec");
        }
        int major = Integer.parseInt(m.group(1));
        int minor = Integer.parseInt(m.group(2));
        return major > FPS_MODE_SINCE[0] || major == FPS_MODE_SINCE[0] && minor >= FPS_MODE_SINCE[1];
    }

    /**
     * The options that name an input file. Only containers of video are accepted and only files are opened: a play list
     * in a file from the outside must not make FFmpeg fetch or read anything else.
     */
    static List<String> input(Path file) {
        return List.of(
                "-protocol_whitelist", "file", "-format_whitelist", CONTAINERS, "-i", "file:" + file.toAbsolutePath());
    }

    /**
     * Runs a program and gives what it prints.
     *
     * @param subject what the error names
     */
    static String text(List<String> command, String subject) {
        try (FfmpegProcess process = FfmpegProcess.start(command, null)) {
            byte[] printed = process.output().readAllBytes();
            process.finish();
            return new String(printed, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new MediaException(subject + ": " + name(command) + " failed: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            throw interrupted(subject, e);
        }
    }

    static CancelledException interrupted(String subject, InterruptedException e) {
        Thread.currentThread().interrupt();
        return new CancelledException(subject + ": interrupted while FFmpeg was at work", e);
    }

    private static String name(List<String> command) {
        return Path.of(command.getFirst()).getFileName().toString();
    }

    /**
     * The stored planes of a lossy WebP: Y, U, V and, where asked for, alpha.
     *
     * @param outBytes bytes of all planes
     */
    byte[] webpPlanes(byte[] webp, boolean withAlpha, int outBytes) throws BrokenImageException {
        List<String> command = new ArrayList<>(List.of(ffmpeg, "-v", "error", "-nostdin"));
        command.addAll(List.of("-protocol_whitelist", "pipe", "-f", "webp_pipe", "-i", "pipe:0"));
        command.addAll(List.of("-frames:v", "1", "-f", "rawvideo", "-pix_fmt", withAlpha ? "yuva420p" : "yuv420p"));
        command.add("pipe:1");
        try (FfmpegProcess process = FfmpegProcess.start(command, webp)) {
            byte[] planes = process.output().readNBytes(outBytes);
            if (planes.length < outBytes) {
                throw new BrokenImageException("FFmpeg refuses the data" + process.saying());
            }
            return planes;
        } catch (IOException e) {
            throw new BrokenImageException("FFmpeg cannot be run: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            throw interrupted("WebP", e);
        }
    }
}

package org.kimi4j.vision;

import java.util.Optional;
import org.bytedeco.ffmpeg.ffmpeg;
import org.bytedeco.ffmpeg.ffprobe;
import org.bytedeco.javacpp.Loader;

/** The FFmpeg programs in the optional artifact org.bytedeco:ffmpeg; the only class that needs it. */
final class BundledFfmpeg {

    private BundledFfmpeg() {}

    /** Unpacks the programs on the first call; empty without the artifact or without its part for this platform. */
    static Optional<Ffmpeg> find() {
        try {
            return Optional.of(Ffmpeg.of(Loader.load(ffmpeg.class), Loader.load(ffprobe.class)));
        } catch (LinkageError e) {
            return Optional.empty();
        }
    }
}

package org.kimi4j.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kimi4j.chat.MediaOptions;
import org.kimi4j.error.MediaException;

/** Real videos, made by FFmpeg and decoded by it; those tests are skipped where it is not installed. */
class VideoTest {

    private static final ImagePreprocessor PREPROCESSOR =
            new ImagePreprocessor(MediaConfig.KIMI_K25, MediaOptions.DEFAULTS);

    @TempDir
    Path dir;

    private static Ffmpeg ffmpeg() {
        Optional<Ffmpeg> found = Ffmpeg.find(MediaOptions.DEFAULTS);
        assumeTrue(found.isPresent(), "FFmpeg is not installed");
        return found.get();
    }

    /** Runs FFmpeg with these options; its output. */
    private static byte[] run(String options) throws IOException {
        List<String> command = new ArrayList<>(List.of(ffmpeg().ffmpeg(), "-v", "error", "-nostdin", "-y"));
        command.addAll(List.of(options.split(" ")));
        try (FfmpegProcess process = FfmpegProcess.start(command, null)) {
            byte[] out = process.output().readAllBytes();
            process.finish();
            return out;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private Path clip(String file, String size, String rate, int frames, String options) throws IOException {
        Path path = dir.resolve(file);
        run("-f lavfi -i testsrc2=size=" + size + ":rate=" + rate + " -frames:v " + frames + " " + options + " "
                + path);
        return path;
    }

    /** All frames, by another way than the library's. */
    private static List<RgbImage> allFrames(Path file, int width, int height) throws IOException {
        String sync = ffmpeg().hasFpsMode() ? "-fps_mode" : "-vsync";
        byte[] raw = run("-i " + file + " " + sync + " passthrough -f rawvideo -pix_fmt rgb24 pipe:1");
        int size = 3 * width * height;
        List<RgbImage> frames = new ArrayList<>();
        for (int at = 0; at < raw.length; at += size) {
            frames.add(RgbImage.of(width, height, Arrays.copyOfRange(raw, at, at + size)));
        }
        return frames;
    }

    private static List<String> hashes(Video video) {
        List<String> hashes = new ArrayList<>();
        try (VideoChunks chunks = video.chunks()) {
            while (chunks.hasNext()) {
                MediaItem item = chunks.next();
                assertThat(item.geometry()).isEqualTo(video.geometry(hashes.size()));
                hashes.add(item.contentHash());
            }
        }
        return hashes;
    }

    @ParameterizedTest
    @CsvSource({
        "a.mp4, 322x182, 30000/1001, 100, -c:v mpeg4 -q:v 3",
        "b.mkv, 160x120, 25, 61, -c:v mpeg4 -bf 2",
        "short.mp4, 160x120, 30, 1, -c:v mpeg4",
        "two.mp4, 160x120, 4, 2, -c:v mpeg4",
        "ties.mp4, 64x48, 22/5, 11, -c:v mpeg4",
        "slow.avi, 100x60, 1, 9, -c:v mpeg4",
        "every.mp4, 100x60, 2, 13, -c:v mpeg4",
        "loop.gif, 80x60, 10, 33, -c:v gif",
        "stream.ts, 160x120, 25, 50, -c:v mpeg2video",
    })
    void framesOfAFileEqualFramesByIndex(String file, String size, String rate, int frames, String options)
            throws IOException {
        Path path = clip(file, size, rate, frames, options);
        int x = size.indexOf('x');
        int width = Integer.parseInt(size.substring(0, x));
        int height = Integer.parseInt(size.substring(x + 1));
        List<RgbImage> all = allFrames(path, width, height);
        try (Video video = Video.open(path, PREPROCESSOR);
                Video given = Video.ofFrames(all, video.info().fps(), PREPROCESSOR)) {
            assertThat(video.info().numFrames()).isEqualTo(all.size());
            assertThat(video.info().width()).isEqualTo(width);
            assertThat(video.info().height()).isEqualTo(height);
            assertThat(video.plan()).isEqualTo(given.plan());
            assertThat(video.tokens()).isEqualTo(given.tokens()).isPositive();
            assertThat(hashes(video)).isEqualTo(hashes(given));
        }
    }

    @Test
    void rateIsTheAverageRateOfTheStream() throws IOException {
        Path path = clip("ntsc.mp4", "64x48", "30000/1001", 60, "-c:v mpeg4");
        try (Video video = Video.open(path, PREPROCESSOR)) {
            assertThat(video.info().fps()).isEqualTo(30000 / 1001.0);
            assertThat(video.plan()).isEqualTo(VideoPlan.of(MediaConfig.KIMI_K25, 60, 30000 / 1001.0));
        }
    }

    @Test
    void formulaForFfmpegWritesEveryPlannedFrameAndFewOthers() {
        for (int frames : new int[] {1, 2, 7, 11, 61, 300, 3001, 216_000}) {
            for (double fps : new double[] {0.5, 2, 3, 4.4, 24, 30000 / 1001.0, 59.94}) {
                VideoPlan plan = VideoPlan.of(MediaConfig.KIMI_K25, frames, fps);
                int written = 0;
                for (int n = 0; n < frames; n++) {
                    written += FfmpegFrames.isWritten(plan, n) ? 1 : 0;
                }
                assertThat(plan.frameIndices()).allMatch(n -> FfmpegFrames.isWritten(plan, n));
                assertThat(written)
                        .isBetween(
                                plan.frameIndices().size(),
                                2 * plan.frameIndices().size());
            }
        }
    }

    @Test
    void turnedVideoIsUprightAndItsSizeIsKnownBefore() throws IOException {
        Path flat = clip("flat.mp4", "160x90", "5", 10, "-c:v mpeg4");
        Path turned = dir.resolve("turned.mp4");
        // The option's name changed in FFmpeg 6.
        try {
            run("-display_rotation 90 -i " + flat + " -c copy " + turned);
        } catch (IOException e) {
            run("-i " + flat + " -c copy -metadata:s:v rotate=90 " + turned);
        }
        try (Video video = Video.open(turned, PREPROCESSOR)) {
            assertThat(video.info().width()).isEqualTo(90);
            assertThat(video.info().height()).isEqualTo(160);
            List<RgbImage> all = allFrames(turned, 90, 160);
            try (Video given = Video.ofFrames(all, 5, PREPROCESSOR)) {
                assertThat(hashes(video)).isEqualTo(hashes(given));
            }
        }
    }

    @Test
    void framesThatAnEditListCutsOffAreNotCounted() throws IOException {
        Path whole = clip("whole.mp4", "64x48", "25", 75, "-c:v mpeg4 -g 50");
        Path cut = dir.resolve("cut.mp4");
        run("-ss 0.5 -i " + whole + " -c copy " + cut);
        List<RgbImage> all = allFrames(cut, 64, 48);
        try (Video video = Video.open(cut, PREPROCESSOR);
                Video given = Video.ofFrames(all, video.info().fps(), PREPROCESSOR)) {
            assertThat(video.info().numFrames()).isEqualTo(all.size());
            assertThat(hashes(video)).isEqualTo(hashes(given));
        }
        MediaOptions counting = MediaOptions.builder().countFrames(true).build();
        try (Video video = Video.open(cut, new ImagePreprocessor(MediaConfig.KIMI_K25, counting))) {
            assertThat(video.info().numFrames()).isEqualTo(all.size());
        }
    }

    @Test
    void bytesStreamAndDataUriEqualTheFileAndLeaveNoTemporaryFile() throws IOException {
        Path path = clip("in.mp4", "64x48", "10", 20, "-c:v mpeg4");
        byte[] bytes = Files.readAllBytes(path);
        List<String> expected;
        try (Video video = Video.open(path, PREPROCESSOR)) {
            expected = hashes(video);
        }
        long before = temporaryFiles();
        try (Video video = Video.open(bytes, "bytes", PREPROCESSOR)) {
            assertThat(hashes(video)).isEqualTo(expected);
            assertThat(hashes(video)).as("a second pass").isEqualTo(expected);
        }
        try (InputStream in = new ByteArrayInputStream(bytes);
                Video video = Video.open(in, "stream", PREPROCESSOR)) {
            assertThat(hashes(video)).isEqualTo(expected);
        }
        String uri = "data:video/mp4;base64," + Base64.getEncoder().encodeToString(bytes);
        try (Video video = Video.openDataUri(uri, PREPROCESSOR)) {
            assertThat(hashes(video)).isEqualTo(expected);
        }
        assertThatThrownBy(() -> Video.open("no video".getBytes(), "bytes", PREPROCESSOR))
                .isInstanceOf(MediaException.class);
        assertThat(temporaryFiles()).isEqualTo(before);
    }

    private static long temporaryFiles() throws IOException {
        try (var files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return files.filter(f -> f.getFileName().toString().startsWith("kimi-video-"))
                    .count();
        }
    }

    @Test
    void frameLimitsAreKept() throws IOException {
        Path path = clip("long.mp4", "320x240", "10", 100, "-c:v mpeg4");
        MediaOptions options =
                MediaOptions.builder().maxFrames(6).maxFramePatches(100).build();
        try (Video video = Video.open(path, new ImagePreprocessor(MediaConfig.KIMI_K25, options))) {
            assertThat(video.plan().frameIndices()).hasSize(6).startsWith(0).endsWith(99);
            assertThat(hashes(video)).hasSize(2);
            assertThat(video.geometry(0).tokens()).isLessThanOrEqualTo(36);
            assertThat(video.tokens()).isEqualTo(2L * video.geometry(0).tokens());
        }
    }

    @Test
    void framesAboveThePixelLimitAreRefusedBeforeDecoding() throws IOException {
        Path path = clip("big.mp4", "320x240", "10", 5, "-c:v mpeg4");
        MediaOptions options = MediaOptions.builder().maxPixels(70_000).build();
        assertThatThrownBy(() -> Video.open(path, new ImagePreprocessor(MediaConfig.KIMI_K25, options)))
                .isInstanceOf(MediaException.class)
                .hasMessageContaining("big.mp4")
                .hasMessageContaining("maxPixels");
    }

    @Test
    void soundWithACoverPictureIsNoVideo() throws IOException {
        Path cover = dir.resolve("cover.png");
        Path sound = dir.resolve("sound.m4a");
        run("-f lavfi -i testsrc2=size=64x64 -frames:v 1 " + cover);
        run("-f lavfi -i sine=duration=1 -i " + cover + " -map 0 -map 1 -disposition:v:0 attached_pic -c:v copy "
                + sound);
        assertThatThrownBy(() -> Video.open(sound, PREPROCESSOR))
                .isInstanceOf(MediaException.class)
                .hasMessageContaining("sound.m4a")
                .hasMessageContaining("no video");
    }

    @Test
    void fileThatIsCutOffGivesFramesOrOneError() throws IOException {
        Path path = clip("whole.ts", "160x120", "25", 100, "-c:v mpeg2video");
        byte[] bytes = Files.readAllBytes(path);
        for (int percent : new int[] {1, 30, 60, 90}) {
            Path cut = dir.resolve("cut-" + percent + ".ts");
            Files.write(cut, Arrays.copyOf(bytes, bytes.length * percent / 100));
            try (Video video = Video.open(cut, PREPROCESSOR)) {
                assertThat(hashes(video)).hasSize(video.plan().chunks().size());
            } catch (MediaException e) {
                assertThat(e).hasMessageContaining(cut.getFileName().toString());
            }
        }
        Path mp4 = clip("whole.mp4", "160x120", "25", 100, "-c:v mpeg4");
        Path cut = dir.resolve("cut.mp4");
        Files.write(cut, Arrays.copyOf(Files.readAllBytes(mp4), 20_000));
        assertThatThrownBy(() -> Video.open(cut, PREPROCESSOR))
                .isInstanceOf(MediaException.class)
                .hasMessageContaining("cut.mp4");
    }

    @Test
    void filesThatAreNoVideosAreRefusedByName() throws IOException {
        ffmpeg();
        Path text = Files.writeString(dir.resolve("text.mp4"), "this is no video\n");
        Path playlist = Files.writeString(
                dir.resolve("list.m3u8"), "#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n");
        Path concat = Files.writeString(dir.resolve("list.txt"), "ffconcat version 1.0\nfile '/etc/passwd'\n");
        Path empty = Files.write(dir.resolve("empty.mp4"), new byte[0]);
        for (Path file : List.of(text, playlist, concat, empty, dir, dir.resolve("missing.mp4"))) {
            assertThatThrownBy(() -> Video.open(file, PREPROCESSOR))
                    .isInstanceOf(MediaException.class)
                    .hasMessageContaining(file.toString());
        }
    }

    @Test
    void framesInMemoryNeedNoFfmpeg() {
        List<RgbImage> frames = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            byte[] rgb = new byte[3 * 40 * 30];
            Arrays.fill(rgb, (byte) i);
            frames.add(RgbImage.of(40, 30, rgb));
        }
        try (Video video = Video.ofFrames(frames, 4, PREPROCESSOR)) {
            assertThat(video.plan().frameIndices()).containsExactly(0, 2, 4, 7, 9);
            assertThat(video.tokens()).isEqualTo(2 * 2 * 2);
            try (VideoChunks chunks = video.chunks()) {
                MediaItem first = chunks.next();
                assertThat(first.numFrames()).isEqualTo(4);
                assertThat(first.rgb()[0]).isEqualTo((byte) 0);
                MediaItem second = chunks.next();
                assertThat(second.numFrames()).isEqualTo(1);
                assertThat(second.rgb()[0]).isEqualTo((byte) 9);
                assertThat(chunks.hasNext()).isFalse();
            }
        }
        assertThatThrownBy(() -> Video.ofFrames(List.of(), 4, PREPROCESSOR)).isInstanceOf(MediaException.class);
        assertThatThrownBy(() -> Video.ofFrames(frames, 0, PREPROCESSOR)).isInstanceOf(MediaException.class);
    }
}

package org.kimi4j.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.kimi4j.chat.MediaOptions;
import org.kimi4j.error.CancelledException;
import org.kimi4j.error.MediaException;

/** How the library gets on with an FFmpeg that misbehaves: shell scripts in its place. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class FfmpegProcessTest {

    private static final String VERSION = "case \"$1\" in -version) echo 'libavcodec     59. 37.100'; exit 0;; esac\n";
    private static final String FRAME = "printf 'P6\\n2 2\\n255\\n123456789012'\n";

    @TempDir
    Path dir;

    private Path video;

    @BeforeEach
    void needsAShell() throws IOException {
        assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "the stand-ins for FFmpeg are shell scripts");
        video = Files.writeString(dir.resolve("clip.mp4"), "-");
        probe(8, 2, "");
    }

    private void script(String name, String text) throws IOException {
        Path file = Files.writeString(dir.resolve(name), "#!/bin/sh\n" + text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    }

    /** An ffprobe that announces so many frames of 2x2 pixels. */
    private void probe(int frames, int fps, String before) throws IOException {
        script(
                "ffprobe",
                before + "case \"$*\" in *packet=flags*) for i in $(seq " + frames + "); do echo K__; done;;\n"
                        + "*) echo '{\"streams\": [{\"width\": 2, \"height\": 2, \"avg_frame_rate\": \"" + fps
                        + "/1\"}]}';; esac\n");
    }

    private Video open() {
        MediaOptions options =
                MediaOptions.builder().ffmpeg(dir.resolve("ffmpeg")).build();
        return Video.open(video, new ImagePreprocessor(MediaConfig.KIMI_K25, options));
    }

    private void readAll() {
        try (Video opened = open();
                VideoChunks chunks = opened.chunks()) {
            while (chunks.hasNext()) {
                chunks.next();
            }
        }
    }

    @Test
    void wellBehavedStandInIsRead() throws IOException {
        script("ffmpeg", VERSION + FRAME.repeat(8));
        readAll();
    }

    @Test
    void pipeThatEndsIsAnErrorThatNamesFileAndFrame() throws IOException {
        script("ffmpeg", VERSION + FRAME.repeat(5) + "echo 'moov atom damaged' >&2\n");
        assertThatThrownBy(this::readAll)
                .isInstanceOf(MediaException.class)
                .hasMessageContaining("clip.mp4")
                .hasMessageContaining("frame 5 of 8")
                .hasMessageContaining("moov atom damaged");
    }

    @Test
    void pipeThatEndsWithinAFrameIsAnError() throws IOException {
        script("ffmpeg", VERSION + FRAME + "printf 'P6\\n2 2\\n255\\n12345'\n");
        assertThatThrownBy(this::readAll).isInstanceOf(MediaException.class).hasMessageContaining("frame 1 of 8");
    }

    @Test
    void exitStatusAndWhatWasSaidAreInTheError() throws IOException {
        script("ffmpeg", VERSION + FRAME + "echo 'no decoder' >&2; exit 69\n");
        assertThatThrownBy(this::readAll)
                .isInstanceOf(MediaException.class)
                .hasMessageContaining("69")
                .hasMessageContaining("no decoder");
    }

    @Test
    void floodOfMessagesBlocksNobody() throws IOException {
        String flood = "i=0; while [ $i -lt 20000 ]; do echo 'message that fills the pipe, number' $i >&2;"
                + " i=$((i+1)); done\n";
        script("ffmpeg", VERSION + flood + FRAME.repeat(8) + flood + "exit 0\n");
        probe(8, 2, flood);
        readAll();
        script("ffmpeg", VERSION + flood + "exit 3\n");
        Throwable failure = catchThrowable(this::readAll);
        assertThat(failure).isInstanceOf(MediaException.class).hasMessageContaining("number 0;");
        assertThat(failure.getMessage().length()).isLessThan(6000);
    }

    @Test
    void frameOfAnotherSizeIsAnError() throws IOException {
        script("ffmpeg", VERSION + FRAME + "printf 'P6\\n1 2\\n255\\n123456'\n");
        assertThatThrownBy(this::readAll)
                .isInstanceOf(MediaException.class)
                .hasMessageContaining("frame 1 is 1x2, expected 2x2");
    }

    @Test
    void headerOfAnAbsurdFrameAllocatesNothing() throws IOException {
        script("ffmpeg", VERSION + "printf 'P6\\n900000 900000\\n255\\n'\n");
        assertThatThrownBy(this::readAll).isInstanceOf(MediaException.class).hasMessageContaining("clip.mp4");
    }

    @Test
    void closingFromAnotherThreadEndsAReadThatWaitsAndKillsTheProcess() throws Exception {
        script("ffmpeg", VERSION + FRAME + "exec sleep 300\n");
        try (Video opened = open()) {
            VideoChunks chunks = opened.chunks();
            CompletableFuture<Throwable> outcome = new CompletableFuture<>();
            Thread reader = Thread.ofVirtual().start(() -> outcome.complete(catchThrowable(chunks::next)));
            chunks.close();
            assertThat(outcome.get(30, TimeUnit.SECONDS)).isInstanceOf(CancelledException.class);
            reader.join();
            assertThat(ProcessHandle.current().children()).noneMatch(ProcessHandle::isAlive);
        }
    }

    @Test
    void closingHalfWayLeavesNoProcess() throws IOException {
        script("ffmpeg", VERSION + FRAME.repeat(4) + "exec sleep 300\n");
        try (Video opened = open();
                VideoChunks chunks = opened.chunks()) {
            assertThat(chunks.next().numFrames()).isEqualTo(4);
        }
        assertThat(ProcessHandle.current().children()).noneMatch(ProcessHandle::isAlive);
    }

    @Test
    void probeThatFailsOrTalksNonsenseIsAnError() throws IOException {
        script("ffmpeg", VERSION);
        for (String answer : new String[] {
            "exit 1\n",
            "echo nonsense\n",
            "echo '{}'\n",
            "echo '{\"streams\": []}'\n",
            "echo '{\"streams\": [{\"width\": 0, \"height\": 2, \"avg_frame_rate\": \"2/1\"}]}'\n",
            "echo '{\"streams\": [{\"width\": 2, \"height\": 2, \"avg_frame_rate\": \"0/0\"}]}'\n"
        }) {
            script("ffprobe", answer);
            assertThatThrownBy(this::open).isInstanceOf(MediaException.class).hasMessageContaining("clip.mp4");
        }
        probe(0, 2, "");
        assertThatThrownBy(this::open).isInstanceOf(MediaException.class).hasMessageContaining("0 frames");
        Files.delete(dir.resolve("ffprobe"));
        assertThatThrownBy(this::open).isInstanceOf(MediaException.class).hasMessageContaining("ffprobe");
    }

    @Test
    void programThatIsNotFfmpegIsRefused() throws IOException {
        script("ffmpeg", "echo hello\n");
        assertThatThrownBy(this::open).isInstanceOf(MediaException.class).hasMessageContaining("not FFmpeg");
        Files.delete(dir.resolve("ffmpeg"));
        assertThatThrownBy(this::open).isInstanceOf(MediaException.class).hasMessageContaining("option ffmpeg");
    }

    @Test
    void missingFfmpegSaysHowToGetIt() {
        assertThat(Ffmpeg.find(MediaOptions.DEFAULTS, dir + "/nowhere")).isEqualTo(BundledFfmpeg.find());
        assertThat(Ffmpeg.missing("clip.mp4"))
                .hasMessageContaining("clip.mp4")
                .hasMessageContaining("apt-get install ffmpeg")
                .hasMessageContaining("org.bytedeco:ffmpeg")
                .hasMessageContaining("frames");
    }
}

package org.kimi4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.kimi4j.chat.MediaOptions;
import org.kimi4j.vision.Geometry;
import org.kimi4j.vision.ImageDecoder;
import org.kimi4j.vision.ImagePreprocessor;
import org.kimi4j.vision.MediaConfig;
import org.kimi4j.vision.MediaItem;
import org.kimi4j.vision.PreprocessReport;
import org.kimi4j.vision.VideoPlan;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

@Command(
        name = "preprocess",
        description = "Shows as JSON what becomes of a picture or a video before the model sees it. Needs no model.")
final class PreprocessCommand implements Callable<Integer> {

    /** Length and rate of a video. */
    private record Clip(int frames, double fps) {

        private static final Pattern WRITTEN = Pattern.compile("([1-9]\\d{0,8}):(\\d+(?:\\.\\d+)?)(?:/([1-9]\\d*))?");

        static final class Converter implements ITypeConverter<Clip> {
            @Override
            public Clip convert(String text) {
                Matcher m = WRITTEN.matcher(text);
                if (!m.matches()) {
                    throw new TypeConversionException(
                            "expected FRAMES:FPS, such as 240:29.97 or 240:30000/1001, found " + text);
                }
                double divisor = m.group(3) == null ? 1 : Double.parseDouble(m.group(3));
                return new Clip(Integer.parseInt(m.group(1)), Double.parseDouble(m.group(2)) / divisor);
            }
        }
    }

    /** What is looked at: exactly one. */
    private static final class Subject {
        @Option(names = "--image", required = true, paramLabel = "FILE", description = "A picture file.")
        private @Nullable Path image;

        @Option(
                names = "--geometry",
                required = true,
                paramLabel = "WxH",
                converter = PixelSize.Converter.class,
                description = "The size of a picture, without a file.")
        private @Nullable PixelSize geometry;

        @Option(
                names = "--video-plan",
                required = true,
                paramLabel = "FRAMES:FPS",
                converter = Clip.Converter.class,
                description = "The length and rate of a video: which frames are taken, in which chunks.")
        private @Nullable Clip plan;
    }

    private final Terminal terminal;

    @ArgGroup(multiplicity = "1")
    private Subject subject = new Subject();

    @Option(
            names = "--out-rgb",
            paramLabel = "FILE",
            description = "Writes the padded pixels, height x width x 3 bytes.")
    private @Nullable Path outRgb;

    @Option(names = "--video-frame", description = "The size is that of a frame of a video.")
    private boolean videoFrame;

    @Option(names = "--orient", description = "Turns a picture as its EXIF orientation says.")
    private boolean orient;

    @Option(names = "--on-white", description = "Puts a transparent picture on white instead of dropping transparency.")
    private boolean onWhite;

    PreprocessCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        Path image = subject.image;
        if (outRgb != null && image == null) {
            throw new CommandFailure("--out-rgb: only with --image");
        }
        if (videoFrame && subject.geometry == null) {
            throw new CommandFailure("--video-frame: only with --geometry");
        }
        MediaOptions options = MediaOptions.DEFAULTS.with(
                o -> o.orient(orient).alpha(onWhite ? MediaOptions.Alpha.ON_WHITE : MediaOptions.Alpha.DROP));
        ImagePreprocessor preprocessor = new ImagePreprocessor(MediaConfig.KIMI_K25, options);
        String report;
        if (image != null) {
            report = image(image, preprocessor);
        } else if (subject.geometry != null) {
            report = geometry(subject.geometry, preprocessor);
        } else if (subject.plan != null) {
            VideoPlan plan = preprocessor.plan(subject.plan.frames, subject.plan.fps);
            report = PreprocessReport.plan(plan);
        } else {
            throw new IllegalStateException("one of the group is required");
        }
        terminal.result(report + "\n");
        return 0;
    }

    private String image(Path file, ImagePreprocessor preprocessor) throws IOException {
        MediaItem item = preprocessor.image(new ImageDecoder(preprocessor.options()).decode(file));
        if (outRgb != null) {
            try (NewFile out = new NewFile(outRgb)) {
                Files.write(out.path(), item.rgb());
                out.finish();
            }
        }
        return PreprocessReport.image(item);
    }

    private String geometry(PixelSize size, ImagePreprocessor preprocessor) {
        int frames = preprocessor.config().temporalMergeKernelSize();
        Geometry geometry = videoFrame
                ? preprocessor.frameGeometry(size.width(), size.height(), frames)
                : preprocessor.imageGeometry(size.width(), size.height());
        return PreprocessReport.geometry(geometry);
    }
}

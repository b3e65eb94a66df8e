package org.kimi4j.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.kimi4j.KimiModel;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "embed-image",
        description = "Turns pixels into the vectors that stand at their pads in a prompt, little-endian float32"
                + " [tokens, hidden].")
final class EmbedImageCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Option(names = "--model", required = true, paramLabel = "DIR", description = "Checkpoint directory.")
    private String model = "";

    @Option(
            names = "--rgb",
            required = true,
            paramLabel = "FILE",
            description = "Raw pixels, frames x height x width x 3 bytes, as preprocess --out-rgb writes them.")
    private Path rgb = Path.of("");

    @Option(
            names = "--size",
            required = true,
            paramLabel = "WxH",
            converter = PixelSize.Converter.class,
            description = "Size of the padded picture, multiples of 28; nothing is resized.")
    private PixelSize size = new PixelSize(1, 1, 1);

    @Option(
            names = "--frames",
            paramLabel = "T",
            defaultValue = "1",
            description =
                    "Frames in the file: 1 for a picture, 2 to 4 for a chunk of a video; default: ${DEFAULT-VALUE}.")
    private int frames;

    @Option(names = "--out", required = true, paramLabel = "FILE", description = "File to write.")
    private Path out = Path.of("");

    @Mixin
    private final ModelOptions run = new ModelOptions();

    EmbedImageCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        if (frames < 1 || frames > 4) {
            throw new CommandFailure("--frames: expected 1 to 4, found " + frames);
        }
        var content = new PixelSize(size.width(), size.height(), frames).read(rgb);
        try (KimiModel opened = KimiModel.open(ModelOptions.locate(model), run.toOptions());
                NewFile file = new NewFile(out)) {
            float[][] rows = opened.mediaRows(content);
            FloatFile.write(file.path(), rows);
            file.finish();
            terminal.err().println("kimi: " + out + ": float32 [" + rows.length + ", " + rows[0].length + "]");
        }
        return 0;
    }
}

package org.kimi4j.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import org.kimi4j.KimiModel;
import org.kimi4j.Session;
import org.kimi4j.chat.Content;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "logits",
        description = "Reads a prompt of token ids and writes logits, little-endian float32 [positions, vocab]. Needs"
                + " config.json, the index and the shards only.")
final class LogitsCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Option(names = "--model", required = true, paramLabel = "DIR", description = "Checkpoint directory.")
    private String model = "";

    @Option(
            names = "--tokens",
            required = true,
            paramLabel = "IDS",
            converter = TokenIds.Converter.class,
            description = "1,2,3 or @FILE with these or a JSON array.")
    private TokenIds tokens = new TokenIds(new int[0]);

    @Option(
            names = "--media",
            paramLabel = "FILE.rgb:WxHxT",
            converter = PixelSize.OfFile.Converter.class,
            description =
                    "Raw pixels of a picture (T = 1) or a chunk of a video, padded, whose vectors stand at the next"
                            + " pads; the tokens hold one pad for each vector; repeatable.")
    private List<PixelSize.OfFile> media = new ArrayList<>();

    @Option(
            names = "--positions",
            paramLabel = "all|last|0,5",
            defaultValue = "last",
            converter = Positions.Converter.class,
            description = "Positions whose logits are written, in this order; default: ${DEFAULT-VALUE}.")
    private Positions positions = new Positions.Last();

    @Option(
            names = "--chunk",
            paramLabel = "N",
            defaultValue = "512",
            description = "Most tokens of one pass; default: ${DEFAULT-VALUE}. Changes no bit.")
    private int chunk;

    @Option(names = "--out", required = true, paramLabel = "FILE", description = "File to write.")
    private Path out = Path.of("");

    @Mixin
    private final ModelOptions run = new ModelOptions();

    LogitsCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        int[] ids = tokens.ids();
        int[] wanted = positions.of(ids.length);
        requireChunk(chunk);
        try (KimiModel opened = KimiModel.open(ModelOptions.locate(model), run.toOptions());
                Session session = opened.newSession();
                Status status = new Status(terminal);
                NewFile file = new NewFile(out)) {
            int vocab = opened.config().textConfig().vocabSize();
            tokens.require(vocab);
            try (FileChannel channel = FileChannel.open(file.path(), StandardOpenOption.WRITE)) {
                LogitsFile logits = new LogitsFile(channel, wanted, vocab);
                if (media.isEmpty()) {
                    read(session, ids, logits, status);
                } else {
                    boolean lastOnly = Arrays.stream(wanted).allMatch(position -> position == ids.length - 1);
                    session.append(ids, contents(), chunk, lastOnly, logits::put);
                }
            }
            file.finish();
            status.wipe();
            terminal.err().println("kimi: " + out + ": float32 [" + wanted.length + ", " + vocab + "]");
        }
        return 0;
    }

    private void read(Session session, int[] ids, LogitsFile logits, Status status) {
        for (int from = 0; from < ids.length; from += chunk) {
            int[] part = Arrays.copyOfRange(ids, from, Math.min(ids.length, from + chunk));
            boolean needed = logits.wantsAny(from, from + part.length);
            session.append(part, chunk, !needed, logits::put);
            status.steps("reading the prompt", from + part.length, ids.length);
        }
    }

    private List<Content> contents() throws IOException {
        List<Content> contents = new ArrayList<>();
        for (PixelSize.OfFile item : media) {
            contents.add(item.size().read(item.file()));
        }
        return contents;
    }

    static void requireChunk(int chunk) {
        if (chunk < 1) {
            throw new CommandFailure("--chunk: expected at least 1, found " + chunk);
        }
    }

    /** Rows of logits on their way to a file. */
    private record LogitsFile(FileChannel channel, int[] wanted, int vocab) {

        boolean wantsAny(int from, int end) {
            return Arrays.stream(wanted).anyMatch(position -> position >= from && position < end);
        }

        void put(int position, float[] logits) {
            for (int row = 0; row < wanted.length; row++) {
                if (wanted[row] == position) {
                    write(row, logits);
                }
            }
        }

        private void write(int row, float[] logits) {
            ByteBuffer bytes =
                    ByteBuffer.allocate(Math.multiplyExact(vocab, Float.BYTES)).order(ByteOrder.LITTLE_ENDIAN);
            bytes.asFloatBuffer().put(logits, 0, vocab);
            long at = (long) row * vocab * Float.BYTES;
            try {
                while (bytes.hasRemaining()) {
                    at += channel.write(bytes, at);
                }
            } catch (IOException e) {
                throw new CommandFailure("logits cannot be written: " + e.getMessage(), e);
            }
        }
    }
}

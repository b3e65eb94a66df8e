package org.kimi4j.benchmarks.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.kimi4j.benchmarks.denominator.Peak;
import org.kimi4j.benchmarks.measure.Alternation;
import org.kimi4j.benchmarks.measure.Series;
import org.kimi4j.benchmarks.measure.Work;
import org.kimi4j.testkit.ModelShape;
import org.kimi4j.testkit.Size;
import org.kimi4j.testkit.SyntheticCheckpoint;
import org.kimi4j.vision.TowerProbe;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "tower",
        description = "Encodes pictures with a vision tower in K2.5's shapes and random weights, beside the machine's"
                + " peak and beside PyTorch.")
final class TowerCommand implements Callable<Integer> {

    private static final Alternation SHORT = new Alternation(5, 100, 1000);
    private static final Alternation PAUSE = new Alternation(1, 150, 0);

    @Option(
            names = "--model",
            paramLabel = "DIR",
            description =
                    "Checkpoint to use the tower of; written if it is missing, 1.3 GB. Default: ${DEFAULT-VALUE}.")
    private Path model = Path.of(System.getProperty("java.io.tmpdir"), "kimi-tower");

    @Option(
            names = "--size",
            paramLabel = "WxH",
            defaultValue = "448x448,1920x1080",
            split = ",",
            description = "Pictures; default: ${DEFAULT-VALUE}.")
    private List<String> sizes = new ArrayList<>();

    @Option(names = "--threads", paramLabel = "N", description = "Threads that compute; default: one per core.")
    private int threads = Runtime.getRuntime().availableProcessors();

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "1",
            description = "How often each picture is encoded here and by PyTorch, by turns; default: ${DEFAULT-VALUE}.")
    private int rounds = 1;

    @Option(
            names = "--python",
            paramLabel = "PROGRAM",
            description = "A Python with PyTorch, which encodes the same; without it PyTorch is not measured.")
    private @Nullable Path python;

    @Option(
            names = "--script",
            paramLabel = "FILE",
            defaultValue = "tools/vision/torch_tower.py",
            description = "What Python runs; default: ${DEFAULT-VALUE}.")
    private Path script = Path.of("");

    @Override
    public Integer call() throws IOException, InterruptedException {
        write();
        try (TowerProbe probe = new TowerProbe(model, threads)) {
            probe.encode(448, 448, () -> {}); // compiles the kernels
            Work fma = Peak.bestFma(SHORT.run(Peak.fma(probe.pool())))
                    .orElseThrow()
                    .work();
            for (String size : sizes) {
                measure(probe, fma, size);
            }
        }
        return 0;
    }

    /** A picture here and by PyTorch, by turns. */
    private void measure(TowerProbe probe, Work fma, String size) throws IOException, InterruptedException {
        String[] side = size.split("x");
        double[] ratios = new double[rounds];
        for (int round = 0; round < rounds; round++) {
            Pauses pauses = new Pauses(fma);
            TowerProbe.Timing timing = probe.encode(Integer.parseInt(side[0]), Integer.parseInt(side[1]), pauses);
            print(size, timing, pauses);
            if (python != null) {
                double theirs = torch(python, size);
                ratios[round] = theirs / timing.seconds();
                System.out.printf(
                        Locale.ROOT,
                        "%s: PyTorch %.2f s, here %.2f s: %.2f times as fast%n",
                        size,
                        theirs,
                        timing.seconds(),
                        ratios[round]);
            }
        }
        if (python != null && rounds > 1) {
            System.out.printf(
                    Locale.ROOT,
                    "%s: median of %d rounds: %.2f times as fast%n",
                    size,
                    rounds,
                    Series.quantile(ratios, 0.5));
        }
    }

    /** The true tower and projector, and hardly any text model. */
    private void write() throws IOException {
        if (Files.exists(model.resolve("config.json"))) {
            return;
        }
        System.err.println("benchmarks: writing " + model);
        ModelShape shape = ModelShape.k25()
                .with(Size.NUM_HIDDEN_LAYERS, 1)
                .with(Size.INTERMEDIATE_SIZE, 64)
                .with(Size.VOCAB_SIZE, 768)
                .with(Size.NUM_ATTENTION_HEADS, 2)
                .with(Size.Q_LORA_RANK, 64)
                .with(Size.KV_LORA_RANK, 64);
        SyntheticCheckpoint.of(shape).vision(true).write(model);
    }

    private static void print(String size, TowerProbe.Timing t, Pauses pauses) {
        double peak = pauses.gigaflops();
        System.out.printf(
                Locale.ROOT,
                "%s: %d patches, %d tokens, %.2f s; %s between the layers %.1f GFLOPS (%.1f..%.1f);"
                        + " products %.2f s, %.1f GFLOPS, %.1f %% of the peak;"
                        + " attention %.2f s, %.1f GFLOPS, %.1f %%; anonymous memory %d MB%n",
                size,
                t.patches(),
                t.tokens(),
                t.seconds(),
                pauses.fma.name(),
                peak,
                pauses.least,
                pauses.most,
                t.products().seconds(),
                t.products().gigaflops(),
                100 * t.products().gigaflops() / peak,
                t.attention().seconds(),
                t.attention().gigaflops(),
                100 * t.attention().gigaflops() / peak,
                pauses.anonymous / 1_000_000);
    }

    private double torch(Path program, String size) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(program.toString(), script.toString(), size, String.valueOf(threads))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String last = "";
        try (var lines = process.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                System.out.println(line);
                last = line;
            }
        }
        if (process.waitFor() != 0) {
            throw new IOException(script + " ended with " + process.exitValue());
        }
        return Double.parseDouble(last.substring(last.lastIndexOf(' ') + 1));
    }

    /**
     * What is measured after each layer: the peak, because what the machine can do changes within seconds with what else
     * it does, and the anonymous memory. Nothing that a layer takes is given back before the end, so none is missed.
     */
    private static final class Pauses implements Runnable {
        private final Work fma;
        private double operations;
        private double seconds;
        private double least = Double.MAX_VALUE;
        private double most;
        private long anonymous = -1;

        Pauses(Work fma) {
            this.fma = fma;
        }

        @Override
        public void run() {
            Series sample = PAUSE.run(List.of(fma)).getFirst();
            operations += fma.flops();
            seconds += sample.medianSeconds();
            least = Math.min(least, sample.gigaflops());
            most = Math.max(most, sample.gigaflops());
            try {
                anonymous = Math.max(anonymous, now());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** All operations by all seconds, as it is computed for the layers. */
        double gigaflops() {
            return operations / seconds / 1e9;
        }

        /** Bytes; -1 where the system does not tell. */
        private static long now() throws IOException {
            Path status = Path.of("/proc/self/status");
            if (Files.exists(status)) {
                for (String line : Files.readAllLines(status)) {
                    if (line.startsWith("RssAnon:")) {
                        return 1024 * Long.parseLong(line.replaceAll("\\D", ""));
                    }
                }
            }
            return -1;
        }
    }
}

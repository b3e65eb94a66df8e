package org.kimi4j.benchmarks.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.kimi4j.benchmarks.denominator.Peak;
import org.kimi4j.benchmarks.measure.Alternation;
import org.kimi4j.benchmarks.measure.Series;
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
        List<Double> seconds = new ArrayList<>();
        try (TowerProbe probe = new TowerProbe(model, threads)) {
            probe.encode(448, 448); // compiles the kernels
            for (String size : sizes) {
                String[] side = size.split("x");
                // Before and after: what the machine can do changes with what else it does.
                double before = peak(probe);
                Memory memory = new Memory();
                TowerProbe.Timing timing = probe.encode(Integer.parseInt(side[0]), Integer.parseInt(side[1]));
                long anonymous = memory.end();
                print(size, timing, Math.max(before, peak(probe)), anonymous);
                seconds.add(timing.seconds());
            }
        }
        if (python != null) {
            for (int i = 0; i < sizes.size(); i++) {
                double theirs = torch(python, sizes.get(i));
                System.out.printf(
                        Locale.ROOT,
                        "%s: PyTorch %.2f s, here %.2f s: %.2f times as fast%n",
                        sizes.get(i),
                        theirs,
                        seconds.get(i),
                        theirs / seconds.get(i));
            }
        }
        return 0;
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

    /** Billions of floating point operations per second. */
    private static double peak(TowerProbe probe) {
        List<Series> run = SHORT.run(Peak.fma(probe.pool()));
        return Peak.bestFma(run).orElseThrow().gigaflops();
    }

    private static void print(String size, TowerProbe.Timing t, double peak, long anonymous) {
        System.out.printf(
                Locale.ROOT,
                "%s: %d patches, %d tokens, %.2f s; peak %.1f GFLOPS; products %.2f s, %.1f GFLOPS, %.1f %% of the peak;"
                        + " attention %.2f s, %.1f GFLOPS, %.1f %%; anonymous memory %d MB%n",
                size,
                t.patches(),
                t.tokens(),
                t.seconds(),
                peak,
                t.products().seconds(),
                t.products().gigaflops(),
                100 * t.products().gigaflops() / peak,
                t.attention().seconds(),
                t.attention().gigaflops(),
                100 * t.attention().gigaflops() / peak,
                anonymous / 1_000_000);
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

    /** The most anonymous memory of this process while something runs, as /proc tells it ten times a second. */
    private static final class Memory {
        private final AtomicLong most = new AtomicLong();
        private final Thread thread = Thread.ofPlatform().daemon().start(this::watch);

        private void watch() {
            try {
                while (true) {
                    most.accumulateAndGet(now(), Math::max);
                    Thread.sleep(100);
                }
            } catch (InterruptedException e) {
                // the end
            } catch (IOException e) {
                most.set(-1);
            }
        }

        private static long now() throws IOException {
            for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
                if (line.startsWith("RssAnon:")) {
                    return 1024 * Long.parseLong(line.replaceAll("\\D", ""));
                }
            }
            return -1;
        }

        /** Bytes; -1 where the system does not tell. */
        long end() throws InterruptedException {
            thread.interrupt();
            thread.join();
            return most.get();
        }
    }
}

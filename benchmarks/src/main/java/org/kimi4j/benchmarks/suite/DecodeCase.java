package org.kimi4j.benchmarks.suite;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.kimi4j.Backend;
import org.kimi4j.KimiModel;
import org.kimi4j.KimiOptions;
import org.kimi4j.benchmarks.measure.Work;
import org.kimi4j.checkpoint.Checkpoint;
import org.kimi4j.checkpoint.TensorInfo;
import org.kimi4j.config.Precision;
import org.kimi4j.config.TextConfig;
import org.kimi4j.kernel.WorkerPool;
import org.kimi4j.measure.ModelProbe;
import org.kimi4j.nativecpu.NativeCalls;

/** Whole decode steps of a checkpoint, through the engine as in a reply; an owner of the opened model. */
public final class DecodeCase implements AutoCloseable {

    private static final Pattern EXPERT = Pattern.compile("(.*\\.mlp\\.experts\\.)(\\d+)\\..*");

    private final KimiModel model;
    private final Checkpoint checkpoint;
    private final Work work;
    private final List<MemorySegment> always = new ArrayList<>();
    /** Per layer, per expert: its tensors. */
    private final List<List<List<MemorySegment>>> experts = new ArrayList<>();

    private final int chosen;
    private final SplittableRandom random = new SplittableRandom(11);
    private final int tokens;

    /**
     * Opens a checkpoint.
     *
     * @param depth positions in the cache, of random latents
     * @param tokens of one run
     */
    public DecodeCase(Path directory, Backend backend, Precision precision, int threads, int depth, int tokens) {
        model = KimiModel.open(
                directory,
                KimiOptions.DEFAULTS.with(
                        o -> o.backend(backend).precision(precision).threads(threads)));
        checkpoint = Checkpoint.open(directory);
        this.tokens = tokens;
        TextConfig c = model.config().textConfig();
        chosen = c.numExpertsPerTok();
        split();
        ModelProbe probe = model.probe();
        int[] context = random.ints(depth, 0, c.vocabSize() - 1024).toArray();
        if (depth > 0) {
            probe.fill(context, 3);
        }
        String name = model.kernelsName() + " " + directory.getFileName();
        work = new Work(name, (double) tokens * model.bytesPerToken(), 0, () -> {
            int[] prompt = Arrays.copyOf(context, depth + 1);
            prompt[depth] = random.nextInt(c.vocabSize() - 1024);
            // The token of the prompt is read as the others are; the last token of the reply is not read any more.
            probe.generate(prompt, tokens);
        });
    }

    /** Sorts the tensors into those every token reads, and those of the experts. */
    private void split() {
        TreeMap<String, TreeMap<Integer, List<MemorySegment>>> byLayer = new TreeMap<>();
        for (TensorInfo tensor : checkpoint.tensors()) {
            String name = tensor.name();
            if (name.contains("embed_tokens")
                    || name.endsWith(".weight_shape")
                    || name.startsWith("vision_tower")
                    || name.startsWith("mm_projector")) {
                continue;
            }
            MemorySegment data = checkpoint.data(tensor).orElseThrow();
            Matcher expert = EXPERT.matcher(name);
            if (expert.matches()) {
                byLayer.computeIfAbsent(expert.group(1), _ -> new TreeMap<>())
                        .computeIfAbsent(Integer.valueOf(expert.group(2)), _ -> new ArrayList<>())
                        .add(data);
            } else {
                always.add(data);
            }
        }
        byLayer.values().forEach(layer -> experts.add(List.copyOf(layer.values())));
    }

    /** The memory that so many tokens read, experts drawn at random. */
    private List<MemorySegment> memory() {
        List<MemorySegment> memory = new ArrayList<>();
        for (int i = 0; i < tokens; i++) {
            memory.addAll(always);
            for (List<List<MemorySegment>> layer : experts) {
                random.ints(0, layer.size())
                        .distinct()
                        .limit(chosen)
                        .sorted()
                        .forEach(expert -> memory.addAll(layer.get(expert)));
            }
        }
        return memory;
    }

    /** Steps of this model. */
    public Work work() {
        return work;
    }

    /**
     * What is not computing in a step: its regions, as empty ones, what it allocates, over all threads and with the
     * delivery of the tokens, and calls of C in a JVM that counts them. Best asked for after the measurement, when everything is compiled.
     *
     * @param secondsPerToken of a step as it was measured
     */
    public String overhead(double secondsPerToken) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        ModelProbe probe = model.probe();
        ModelProbe.Dispatch before = probe.dispatch();
        long bytes = threads.getTotalThreadAllocatedBytes();
        long calls = NativeCalls.count();
        int steps = 20;
        probe.generate(new int[] {1}, steps);
        double callsPerStep = (double) (NativeCalls.count() - calls) / steps;
        long allocated = (threads.getTotalThreadAllocatedBytes() - bytes) / steps;
        ModelProbe.Dispatch after = probe.dispatch();
        // The regions that the first question ran itself are not the step's.
        double regions = (double) (after.regions() - before.regions() - before.emptyRegions()) / steps;
        double tasks =
                (double) (after.tasks() - before.tasks() - before.emptyRegions() * (long) before.threads()) / steps;
        String overhead = String.format(
                Locale.ROOT,
                "%s: a step has %.0f regions of %.0f tasks; empty, a region takes %.2f us: %.2f %% of the step; %d bytes allocated",
                work.name(),
                regions,
                tasks,
                after.emptyRegionNanos() / 1e3,
                100 * regions * after.emptyRegionNanos() / 1e9 / secondsPerToken,
                allocated);
        if (!NativeCalls.isCounted() || callsPerStep == 0) {
            return overhead;
        }
        double empty = NativeCalls.emptyNanos();
        return overhead
                + String.format(
                        Locale.ROOT,
                        "; %.0f calls of C, %.1f ns each if they did nothing: %.2f %% of the step, over %d threads",
                        callsPerStep,
                        empty,
                        100 * callsPerStep * empty / 1e9 / secondsPerToken / after.threads(),
                        after.threads());
    }

    /** Several models by turns; the read-only pass is that of the first. */
    public static Case together(List<DecodeCase> cases, String name, int threads) {
        DecodeCase first = cases.getFirst();
        return new Case(
                "decode",
                name,
                new WorkerPool("denominator", threads),
                cases.stream().map(c -> c.work).toList(),
                first::memory,
                false);
    }

    @Override
    public void close() {
        model.close();
        checkpoint.close();
    }
}

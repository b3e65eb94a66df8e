package org.kimi4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.kimi4j.KimiModel;
import org.kimi4j.measure.CpuClock;
import org.kimi4j.measure.ModelProbe;

/** Measurements of one opened model; what is measured are requests as applications make them, of random tokens. */
final class Bench {

    private final KimiModel model;
    private final ModelProbe probe;
    private final List<String> run;
    private final int repetitions;
    private final boolean reads;
    private final SplittableRandom random = new SplittableRandom(42);

    /** One measurement: what it took to generate or read so many tokens. */
    private record Sample(int tokens, long nanos) {}

    /**
     * @param run the first columns of each line
     * @param reads whether contexts are read, instead of filled with random latents
     */
    Bench(KimiModel model, List<String> run, int repetitions, boolean reads) {
        this.model = model;
        this.probe = model.probe();
        this.run = run;
        this.repetitions = repetitions;
        this.reads = reads;
    }

    /** Seconds to the first token of a prompt, and to the second after that. */
    double[] firstTokens(int promptTokens) {
        ModelProbe.Timing t = probe.generate(tokens(promptTokens), 2);
        probe.forget();
        return new double[] {(t.firstToken() - t.submitted()) / 1e9, (t.lastToken() - t.firstToken()) / 1e9};
    }

    /** Reads and generates until so much time has passed. */
    void warmUp(double seconds, int promptTokens) {
        long end = System.nanoTime() + (long) (seconds * 1e9);
        while (System.nanoTime() < end) {
            probe.generate(tokens(promptTokens), 16);
            probe.forget();
        }
    }

    /** Sessions that generate side by side, each after a context of its own. */
    BenchRow decode(int sessions, int depth, int tokens) {
        // One prompt token is new: nothing but generating is left to do.
        return row(sessions, depth, "decode", tokens, () -> {
            List<ModelProbe.Timing> timings = all(prompts(sessions, 1), tokens + 1);
            long first = timings.stream()
                    .mapToLong(ModelProbe.Timing::firstToken)
                    .min()
                    .orElseThrow();
            long last = timings.stream()
                    .mapToLong(ModelProbe.Timing::lastToken)
                    .max()
                    .orElseThrow();
            int count =
                    timings.stream().mapToInt(ModelProbe.Timing::decodeTokens).sum();
            return new Sample(count, last - first);
        });
    }

    /** Sessions that each read a prompt of so many tokens after their context, to the first token of the last of them. */
    BenchRow prefill(int sessions, int depth, int tokens) {
        return row(sessions, depth, "prefill", tokens, () -> {
            List<ModelProbe.Timing> timings = all(prompts(sessions, tokens), 1);
            long submitted = timings.stream()
                    .mapToLong(ModelProbe.Timing::submitted)
                    .min()
                    .orElseThrow();
            long first = timings.stream()
                    .mapToLong(ModelProbe.Timing::firstToken)
                    .max()
                    .orElseThrow();
            int count =
                    timings.stream().mapToInt(ModelProbe.Timing::prefillTokens).sum();
            return new Sample(count, first - submitted);
        });
    }

    private final List<int[]> contexts = new ArrayList<>();

    /** The first sample warms up and does not count. */
    private BenchRow row(int sessions, int depth, String phase, int tokens, Callable<Sample> sample) {
        probe.forget();
        contexts.clear();
        for (int s = 0; s < sessions; s++) {
            int[] context = tokens(depth);
            contexts.add(context);
            if (depth > 0 && reads) {
                // The last token of a prompt is always read anew: one more, so that the context itself is in the cache.
                probe.generate(appended(context, 1), 1);
            } else if (depth > 0) {
                probe.fill(context, random.nextLong());
            }
        }
        double[] rates = new double[repetitions];
        long anonBytes = -1;
        CpuClock before = CpuClock.now();
        long began = System.nanoTime();
        for (int i = -1; i < repetitions; i++) {
            if (i == 0) {
                before = CpuClock.now();
                began = System.nanoTime();
            }
            Sample taken = call(sample);
            if (i >= 0) {
                rates[i] = taken.tokens * 1e9 / taken.nanos;
            }
            anonBytes = Math.max(anonBytes, anonBytes());
        }
        long wall = System.nanoTime() - began;
        OptionalLong foreign = CpuClock.now().foreignNanosSince(before);
        probe.forget();
        return new BenchRow(
                run,
                sessions,
                depth,
                phase,
                tokens,
                rates,
                anonBytes < 0 ? OptionalLong.empty() : OptionalLong.of(anonBytes),
                foreign.isEmpty()
                        ? OptionalDouble.empty()
                        : OptionalDouble.of(Math.max(0, (double) foreign.getAsLong() / wall)));
    }

    private static Sample call(Callable<Sample> sample) {
        try {
            return sample.call();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private List<int[]> prompts(int sessions, int more) {
        List<int[]> prompts = new ArrayList<>();
        for (int s = 0; s < sessions; s++) {
            prompts.add(appended(contexts.get(s), more));
        }
        return prompts;
    }

    private int[] appended(int[] context, int more) {
        int[] all = Arrays.copyOf(context, context.length + more);
        System.arraycopy(tokens(more), 0, all, context.length, more);
        return all;
    }

    private int[] tokens(int count) {
        int vocab = model.config().textConfig().vocabSize();
        // The control tokens at the end of the vocabulary are no text.
        return random.ints(count, 0, Math.max(1, vocab - 1024)).toArray();
    }

    /** One request for each prompt, all at once; checked for having found their contexts. */
    private List<ModelProbe.Timing> all(List<int[]> prompts, int tokens) {
        List<ModelProbe.Timing> timings = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<ModelProbe.Timing>> replies = new ArrayList<>();
            for (int[] prompt : prompts) {
                replies.add(threads.submit(() -> probe.generate(prompt, tokens)));
            }
            for (int s = 0; s < prompts.size(); s++) {
                ModelProbe.Timing timing = replies.get(s).get();
                if (timing.cachedTokens() != contexts.get(s).length) {
                    throw new CommandFailure("a context of " + contexts.get(s).length + " positions was cached as "
                            + timing.cachedTokens() + ": choose fewer sessions or a smaller depth");
                }
                timings.add(timing);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure("interrupted", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(e.getCause());
        }
        return timings;
    }

    /** Memory of this process that no file stands behind; -1 where the system does not tell. */
    private static long anonBytes() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
                if (line.startsWith("RssAnon:")) {
                    return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
                }
            }
        } catch (IOException e) {
            return -1; // not Linux
        }
        return -1;
    }
}

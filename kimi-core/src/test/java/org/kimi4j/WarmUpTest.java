package org.kimi4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kimi4j.nano.KimiNano;

class WarmUpTest {

    private static final String STAGE = "compiling kernels";

    @TempDir
    private static Path directory;

    private static List<String> output = List.of();
    /** Tokens of the answer, then done and total of each call of the listener. */
    private static List<String> told = List.of();

    /** Opens the bundled model on the vector kernels, asks at once, waits for the end of the warm-up and writes {@link #told}. */
    public static void main(String[] arguments) throws IOException {
        List<String> lines = Collections.synchronizedList(new ArrayList<>());
        CountDownLatch ended = new CountDownLatch(1);
        KimiOptions options = KimiOptions.DEFAULTS.with(o -> o.backend(Backend.VECTOR)
                .warmUp(true)
                .progress(p -> {
                    if (p.stage().equals(STAGE)) {
                        lines.add(p.done() + " " + p.total());
                        if (p.done() == p.total()) {
                            ended.countDown();
                        }
                    }
                }));
        try (Kimi kimi = Kimi.load(KimiNano.path(), options)) {
            // Beside opening: requests need not wait for it.
            int tokens = kimi.chat().user("hello").maxTokens(2).send().usage().completionTokens();
            Gate.await(ended);
            lines.addFirst(String.valueOf(tokens));
            Files.write(Path.of(arguments[0]), lines);
        }
    }

    /** Once for several tests: it takes half a minute. */
    @BeforeAll
    static void warmUp() throws Exception {
        Path file = directory.resolve("told");
        output = ChildJvm.run(WarmUpTest.class, List.of("-XX:+PrintCompilation"), file.toString());
        told = Files.readAllLines(file);
    }

    @Test
    void kernelsHaveBeenThroughTheOptimisingCompilerAtItsEnd() {
        // time, number, flags, level, method; level 4 is the optimising compiler
        Pattern line = Pattern.compile("^\\s*\\d+\\s+\\d+\\s[^0-9]*4\\s+org\\.kimi4j\\.kernel\\.(\\w+)::.*");
        Set<String> compiled = output.stream()
                .map(line::matcher)
                .filter(Matcher::matches)
                .map(m -> m.group(1))
                .collect(Collectors.toSet());
        assertThat(compiled).contains("GemvBf16", "GemvInt4", "Gemm", "VectorAttention", "VectorElementwise");
    }

    @Test
    void progressIsToldFromNothingToAll() {
        List<Long> done =
                told.stream().skip(1).map(l -> Long.valueOf(l.split(" ")[0])).toList();
        long total = Long.parseLong(told.getLast().split(" ")[1]);
        assertThat(done).hasSize((int) total + 1).isSorted().startsWith(0L).endsWith(total);
    }

    @Test
    void aRequestBesideItIsAnswered() {
        assertThat(Integer.parseInt(told.getFirst())).isPositive();
    }

    @Test
    void smallModelsAreNotWarmedUpUnlessAskedFor() {
        ConcurrentLinkedQueue<String> stages = new ConcurrentLinkedQueue<>();
        KimiModel.open(KimiNano.path(), KimiOptions.DEFAULTS.with(o -> o.progress(p -> stages.add(p.stage()))))
                .close();
        assertThat(stages).containsExactly("reading headers", "ready");
    }

    @Test
    void closingEndsItInTheMiddle() {
        CountDownLatch begun = new CountDownLatch(1);
        ConcurrentLinkedQueue<Long> done = new ConcurrentLinkedQueue<>();
        KimiOptions options = KimiOptions.DEFAULTS.with(o -> o.warmUp(true).progress(p -> {
            if (p.stage().equals(STAGE)) {
                done.add(p.done());
                begun.countDown();
            }
        }));
        KimiModel model = KimiModel.open(KimiNano.path(), options);
        Gate.await(begun);
        model.close();
        assertThat(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .noneMatch(n -> n.endsWith("-warm-up"));
        assertThat(done.size()).isLessThan(30);
    }

    @Test
    void listenerThatThrowsEndsTheWarmUpAndNothingElse() {
        KimiOptions options = KimiOptions.DEFAULTS.with(o -> o.warmUp(true).progress(p -> {
            if (p.stage().equals(STAGE)) {
                throw new IllegalStateException("of the listener");
            }
        }));
        try (Kimi kimi = Kimi.load(KimiNano.path(), options)) {
            assertThat(kimi.chat().user("hello").maxTokens(2).send().usage().completionTokens())
                    .isPositive();
        }
    }
}

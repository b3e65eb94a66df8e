package org.kimi4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.kimi4j.nano.KimiNano;

class WarmUpTest {

    private static final String STAGE = "compiling kernels";

    /** Opens the bundled model on the vector kernels and does nothing until the warm-up has ended. */
    public static void main(String[] arguments) {
        CountDownLatch ended = new CountDownLatch(1);
        KimiOptions options = KimiOptions.DEFAULTS.with(o -> o.backend(Backend.VECTOR)
                .warmUp(true)
                .progress(p -> {
                    if (p.stage().equals(STAGE) && p.done() == p.total()) {
                        ended.countDown();
                    }
                }));
        try (KimiModel _ = KimiModel.open(KimiNano.path(), options)) {
            Gate.await(ended);
        }
    }

    @Test
    void kernelsHaveBeenThroughTheOptimisingCompilerBeforeTheFirstToken() throws Exception {
        List<String> output = ChildJvm.run(WarmUpTest.class, List.of("-XX:+PrintCompilation"));
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
        ConcurrentLinkedQueue<LoadProgress> told = new ConcurrentLinkedQueue<>();
        CountDownLatch ended = new CountDownLatch(1);
        KimiOptions options = KimiOptions.DEFAULTS.with(o -> o.warmUp(true).progress(p -> {
            if (p.stage().equals(STAGE)) {
                told.add(p);
                if (p.done() == p.total()) {
                    ended.countDown();
                }
            }
        }));
        try (Kimi kimi = Kimi.load(KimiNano.path(), options)) {
            // Beside opening: requests need not wait for it.
            assertThat(kimi.chat().user("hello").maxTokens(2).send().usage().completionTokens())
                    .isPositive();
            Gate.await(ended);
        }
        long total = told.peek().total();
        assertThat(told.stream().map(LoadProgress::done))
                .hasSize((int) total + 1)
                .isSorted();
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

package org.kimi4j.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.kimi4j.tokenizer.PublicVocabularies;

/** What masks cost with a vocabulary of K2.5's size; docs/structured.md has the figures of one machine. */
class MaskCostTest {

    private static final int VOCABULARY = 160_000;
    private static final int SEEDS = 20;
    private static final int WARM_UPS = 3;

    /** Nanoseconds, and bytes of the grammars at their end. */
    private record Run(List<Long> compile, long[] mask, long[] accept, long mostBytes) {}

    @Test
    @Tag("large")
    void masksCostMicrosecondsPerToken() {
        long began = System.nanoTime();
        Lexicon lexicon = Lexicon.of(PublicVocabularies.o200k(VOCABULARY));
        System.out.printf(
                Locale.ROOT, "lexicon of %d tokens: %d ms%n", lexicon.size(), millis(System.nanoTime() - began));
        List<NamedSchemas.Named> schemas = new ArrayList<>(NamedSchemas.ofKeywords());
        schemas.addAll(NamedSchemas.ofApplications());
        for (int i = 0; i < WARM_UPS; i++) {
            run(schemas, lexicon, i);
        }
        Run run = run(schemas, lexicon, WARM_UPS);
        long[] compile =
                run.compile.stream().mapToLong(Long::longValue).sorted().toArray();
        print("compile, per schema", compile);
        print("mask, per token", run.mask);
        print("accept, per token", run.accept);
        System.out.println("most bytes of a grammar and its masks: " + run.mostBytes);
        assertThat(at(run.mask, 0.5)).as("median of a mask, ns").isLessThanOrEqualTo(50_000);
        assertThat(compile[compile.length - 1]).as("compiling, ns").isLessThanOrEqualTo(1_000_000_000);
    }

    /** Each schema compiled anew, so that no mask is known at first, as in an application that has just started. */
    private static Run run(List<NamedSchemas.Named> schemas, Lexicon lexicon, int round) {
        List<Long> compile = new ArrayList<>();
        List<Long> masks = new ArrayList<>();
        List<Long> accepts = new ArrayList<>();
        long mostBytes = 0;
        for (NamedSchemas.Named named : schemas) {
            long began = System.nanoTime();
            Grammar grammar = Grammars.jsonSchema(named.schema(), lexicon);
            compile.add(System.nanoTime() - began);
            for (int seed = 0; seed < SEEDS; seed++) {
                SplittableRandom random = new SplittableRandom(1000L * round + seed);
                int most = grammar.shortestTokens() + random.nextInt(1 << random.nextInt(1, 8));
                walk(grammar, random, most, masks, accepts);
            }
            mostBytes = Math.max(mostBytes, grammar.bytes());
        }
        return new Run(compile, sorted(masks), sorted(accepts), mostBytes);
    }

    private static void walk(Grammar grammar, SplittableRandom random, int most, List<Long> masks, List<Long> accepts) {
        Matcher matcher = grammar.matcher();
        for (int left = most; left > 0; left--) {
            long began = System.nanoTime();
            BitSet allowed = matcher.allowed(left);
            masks.add(System.nanoTime() - began);
            if (allowed.isEmpty() || matcher.isComplete() && random.nextInt(4) == 0) {
                return;
            }
            int next = allowed.nextSetBit(random.nextInt(allowed.length()));
            began = System.nanoTime();
            matcher.accept(next);
            accepts.add(System.nanoTime() - began);
        }
    }

    private static long[] sorted(List<Long> values) {
        return values.stream().mapToLong(Long::longValue).sorted().toArray();
    }

    private static long at(long[] sorted, double share) {
        return sorted[(int) Math.min(sorted.length - 1L, Math.round(share * sorted.length))];
    }

    private static long millis(long nanos) {
        return nanos / 1_000_000;
    }

    private static void print(String what, long[] sorted) {
        System.out.printf(
                Locale.ROOT,
                "%s: %d, microseconds: median %.1f, 99 of 100 %.1f, most %.1f, mean %.1f%n",
                what,
                sorted.length,
                at(sorted, 0.5) / 1e3,
                at(sorted, 0.99) / 1e3,
                sorted[sorted.length - 1] / 1e3,
                Arrays.stream(sorted).average().orElse(0) / 1e3);
    }
}

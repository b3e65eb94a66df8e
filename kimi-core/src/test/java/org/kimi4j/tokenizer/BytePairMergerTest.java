package org.kimi4j.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class BytePairMergerTest {

    private static final Vocabulary VOCABULARY = TestVocabularies.o200k(20_000);

    /** The definition, word for word: merge the leftmost pair of lowest rank until none is left. */
    private static int[] naive(byte[] bytes) {
        List<byte[]> parts = new ArrayList<>();
        for (byte b : bytes) {
            parts.add(new byte[] {b});
        }
        while (true) {
            int best = -1;
            int bestRank = Integer.MAX_VALUE;
            for (int i = 0; i + 1 < parts.size(); i++) {
                byte[] pair = join(parts.get(i), parts.get(i + 1));
                int rank = VOCABULARY.find(pair, 0, pair.length);
                if (rank >= 0 && rank < bestRank) {
                    best = i;
                    bestRank = rank;
                }
            }
            if (best < 0) {
                return parts.stream()
                        .mapToInt(part -> VOCABULARY.find(part, 0, part.length))
                        .toArray();
            }
            parts.set(best, join(parts.get(best), parts.remove(best + 1)));
        }
    }

    private static byte[] join(byte[] a, byte[] b) {
        byte[] joined = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, joined, a.length, b.length);
        return joined;
    }

    @Test
    void scanAndHeapEqualTheDefinition() {
        long seed = 7;
        Random random = new Random(seed);
        BytePairMerger merger = new BytePairMerger(VOCABULARY);
        for (int i = 0; i < 6_000; i++) {
            String text = "x" + (i % 3 == 0 ? "abcdeeeettting ".repeat(9) : RandomTexts.next(random, 12));
            byte[] all = text.getBytes(StandardCharsets.UTF_8);
            int from = random.nextInt(all.length);
            int to = from + 1 + random.nextInt(all.length - from);
            int[] expected = naive(Arrays.copyOfRange(all, from, to));
            IntList scanned = new IntList(4);
            merger.scan(all, from, to, scanned);
            IntList heaped = new IntList(4);
            merger.mergeByHeap(all, from, to, heaped);
            assertThat(scanned.toArray()).as("seed %d, text %d, scan", seed, i).isEqualTo(expected);
            assertThat(heaped.toArray()).as("seed %d, text %d, heap", seed, i).isEqualTo(expected);
        }
    }

    /** A quadratic merge of 300,000 bytes takes minutes. */
    @Test
    @Timeout(value = 20, unit = TimeUnit.SECONDS)
    void longPiecesAreNotQuadratic() {
        long seed = 11;
        Random random = new Random(seed);
        byte[] bytes = new byte[300_000];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) ('a' + random.nextInt(4));
        }
        IntList ids = new IntList(4);
        new BytePairMerger(VOCABULARY).encode(bytes, 0, bytes.length, ids);
        int at = 0;
        for (int id : ids.toArray()) {
            byte[] token = VOCABULARY.bytes(id);
            assertThat(Arrays.equals(token, 0, token.length, bytes, at, at + token.length))
                    .isTrue();
            at += token.length;
        }
        assertThat(at).as("seed %d", seed).isEqualTo(bytes.length);
    }
}

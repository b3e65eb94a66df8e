package org.kimi4j.chat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ReplyParserFuzzTest {

    private static final long SEED = 4711;
    private static final int INPUTS = 20_000;

    @Test
    void randomRepliesAreReadTheSameHoweverTheyAreCut() {
        SplittableRandom seeds = new SplittableRandom(SEED);
        for (int i = 0; i < INPUTS; i++) {
            long seed = seeds.nextLong();
            SplittableRandom random = new SplittableRandom(seed);
            byte[] data = new byte[random.nextInt(40)];
            random.nextBytes(data);
            try {
                ReplyParserFuzz.fuzz(data);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("input " + i + ", seed " + seed, e);
            }
        }
    }
}

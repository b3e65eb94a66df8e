package org.kimi4j.grammar;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.SplittableRandom;

/** Answers of allowed tokens that a model without any idea chooses. */
final class RandomAnswers {

    private RandomAnswers() {}

    /**
     * One answer.
     *
     * @param most tokens it may have
     */
    static String write(Grammar grammar, Lexicon lexicon, SplittableRandom random, int most) {
        Matcher matcher = grammar.matcher();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        boolean shortTokens = random.nextBoolean();
        for (int left = most; ; left--) {
            BitSet allowed = matcher.allowed(left);
            if (matcher.isComplete() && (allowed.isEmpty() || random.nextInt(4) == 0)) {
                return out.toString(StandardCharsets.UTF_8);
            }
            if (allowed.isEmpty()) {
                throw new AssertionError("nothing may come after " + out.toString(StandardCharsets.UTF_8) + " with "
                        + left + " of " + most + " tokens left");
            }
            int token = choose(allowed, lexicon, random, shortTokens);
            matcher.accept(token);
            out.writeBytes(lexicon.bytes(token));
        }
    }

    /** Any of those allowed, or one of a few with the fewest bytes: those end strings, numbers and objects sooner. */
    private static int choose(BitSet allowed, Lexicon lexicon, SplittableRandom random, boolean shortTokens) {
        int best = any(allowed, random);
        for (int i = 0; shortTokens && i < 8; i++) {
            int other = any(allowed, random);
            best = lexicon.bytes(other).length < lexicon.bytes(best).length ? other : best;
        }
        return best;
    }

    private static int any(BitSet allowed, SplittableRandom random) {
        int next = allowed.nextSetBit(random.nextInt(allowed.length()));
        return next >= 0 ? next : allowed.nextSetBit(0);
    }
}

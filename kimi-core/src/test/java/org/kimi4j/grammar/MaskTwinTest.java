package org.kimi4j.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kimi4j.nano.KimiNano;
import org.kimi4j.tokenizer.Tokenizers;

/** Masks against the same found token by token and byte by byte, without any shortcut. */
class MaskTwinTest {

    private static final int ANSWERS = 3;
    private static final int MOST_TOKENS = 40;
    private static final int FAR = 100;
    private static Lexicon lexicon;

    @BeforeAll
    static void open() {
        lexicon = Lexicon.of(Tokenizers.open(KimiNano.path()));
    }

    static List<NamedSchemas.Named> schemas() {
        return SchemaGrammarTest.all();
    }

    @ParameterizedTest
    @MethodSource("schemas")
    void maskHasEveryTokenThatFitsAndUnderALimitOnlyThoseThatLeaveAWayToTheEnd(NamedSchemas.Named named) {
        Grammar grammar = Grammars.jsonSchema(named.schema(), lexicon);
        for (int seed = 0; seed < ANSWERS; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            Matcher matcher = grammar.matcher();
            FrameList places = FrameList.of(grammar.start());
            int left = grammar.shortestTokens() + random.nextInt(MOST_TOKENS);
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < MOST_TOKENS && left > 0; i++, left--) {
                String where = "seed " + seed + " after " + text + " with " + left + " left";
                BitSet all = tokens(places, Integer.MAX_VALUE);
                assertThat(matcher.allowed(Integer.MAX_VALUE)).as(where).isEqualTo(all);
                BitSet closable = tokens(places, left);
                BitSet allowed = (BitSet) matcher.allowed(left).clone();
                BitSet tooMany = (BitSet) allowed.clone();
                tooMany.andNot(closable);
                assertThat(tooMany).as(where).isEqualTo(new BitSet());
                assertThat(allowed.isEmpty()).as(where).isEqualTo(closable.isEmpty());
                int toEnd = places.tokensToEnd(lexicon);
                assertThat(matcher.isComplete()).as(where).isEqualTo(toEnd == 0);
                if (allowed.isEmpty()) {
                    assertThat(toEnd).as(where).isZero();
                    break;
                }
                if (toEnd > 0) {
                    BitSet shortest = tokens(places, toEnd);
                    shortest.and(allowed);
                    assertThat(shortest.isEmpty()).as(where).isFalse();
                }
                if (!inFurtherKey(places)) {
                    assertThat(allowed).as(where).isEqualTo(closable);
                }
                int chosen = allowed.nextSetBit(random.nextInt(allowed.length()));
                matcher.accept(chosen);
                places = after(places, chosen);
                text.append(new String(lexicon.bytes(chosen), StandardCharsets.UTF_8));
            }
        }
    }

    /** From any place on, with no more tokens left than the way to the end that is known has. */
    @ParameterizedTest
    @MethodSource("schemas")
    void withAsManyTokensLeftAsTheWayToTheEndHasOnlySuchWaysAreAllowedAndEachEndsInADocument(NamedSchemas.Named named) {
        Grammar grammar = Grammars.jsonSchema(named.schema(), lexicon);
        for (int seed = 0; seed < ANSWERS; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            Matcher matcher = grammar.matcher();
            FrameList places = FrameList.of(grammar.start());
            ByteArrayOutputStream text = new ByteArrayOutputStream();
            int free = seed == 0 ? 0 : random.nextInt(MOST_TOKENS); // tokens before the limit shows
            for (int i = 0; i < free; i++) {
                BitSet allowed = matcher.allowed(matcher.tokensToEnd() + FAR);
                if (allowed.isEmpty()) {
                    break;
                }
                places = take(any(allowed, random), matcher, places, text);
            }
            int left = places.tokensToEnd(lexicon);
            assertThat(matcher.tokensToEnd()).isEqualTo(left);
            if (seed == 0) {
                assertThat(grammar.shortestTokens()).isEqualTo(left);
                // Not always none: a text of more bytes may have fewer tokens than the shortest.
                requireOnly(tokens(places, left - 1), matcher.allowed(left - 1), places, "one token fewer");
            }
            for (int i = 0; left > 0; i++, left--) {
                String where = "seed " + seed + " after " + text.toString(StandardCharsets.UTF_8) + " with " + left;
                BitSet allowed = (BitSet) matcher.allowed(left).clone();
                if (allowed.isEmpty()) {
                    break; // another text had fewer tokens, although more bytes
                }
                if (i < MOST_TOKENS) {
                    requireOnly(tokens(places, left), allowed, places, where);
                }
                places = take(any(allowed, random), matcher, places, text);
                assertThat(matcher.tokensToEnd()).as(where).isLessThan(left);
            }
            String document = text.toString(StandardCharsets.UTF_8);
            assertThat(matcher.isComplete())
                    .as("seed " + seed + ": " + document)
                    .isTrue();
            assertThat(named.problems(document)).as(document).isEmpty();
        }
    }

    private static void requireOnly(BitSet fitting, BitSet allowed, FrameList places, String where) {
        if (inFurtherKey(places)) {
            BitSet others = (BitSet) allowed.clone();
            others.andNot(fitting);
            assertThat(others).as(where).isEqualTo(new BitSet());
        } else {
            assertThat(allowed).as(where).isEqualTo(fitting);
        }
    }

    private static int any(BitSet allowed, SplittableRandom random) {
        return allowed.nextSetBit(random.nextInt(allowed.length()));
    }

    private static FrameList take(int token, Matcher matcher, FrameList places, ByteArrayOutputStream text) {
        matcher.accept(token);
        text.writeBytes(lexicon.bytes(token));
        return after(places, token);
    }

    /** Where under a limit only some of the tokens are let through that leave a way to the end. */
    private static boolean inFurtherKey(FrameList places) {
        boolean found = false;
        for (int i = 0; i < places.size(); i++) {
            Frame place = places.get(i);
            found |= place.shape instanceof ObjectShape && place.state == ObjectShape.KEY;
        }
        return found;
    }

    private static BitSet tokens(FrameList places, int left) {
        BitSet found = new BitSet();
        for (int token = 0; token < lexicon.size(); token++) {
            FrameList next = after(places, token);
            if (!next.isEmpty() && next.tokensToEnd(lexicon) <= left - 1) {
                found.set(token);
            }
        }
        return found;
    }

    private static FrameList after(FrameList places, int token) {
        FrameList at = places;
        for (byte b : lexicon.bytes(token)) {
            at = at.after(b & 0xFF);
        }
        return at;
    }
}

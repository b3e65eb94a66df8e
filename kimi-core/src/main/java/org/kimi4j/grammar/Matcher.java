package org.kimi4j.grammar;

import java.util.BitSet;

/** How far one answer has been written, and which tokens may come next. For one thread. */
public final class Matcher {

    private final Grammar grammar;
    private final Lexicon lexicon;
    private final BitSet union;
    private FrameList places;

    Matcher(Grammar grammar) {
        this.grammar = grammar;
        this.lexicon = grammar.lexicon();
        this.union = new BitSet(lexicon.size());
        this.places = FrameList.of(grammar.start());
    }

    /**
     * The tokens that may come next so that the answer can still be completed with those left after it. Never empty
     * unless the answer is complete, provided that {@code left} was at least {@link #tokensToEnd} at some moment and has
     * fallen by one with each token since.
     *
     * @param left tokens that the answer may still have
     * @return valid until the next call; not to be changed
     */
    public BitSet allowed(int left) {
        if (places.size() == 1) {
            return allowed(places.get(0), left);
        }
        union.clear();
        for (int i = 0; i < places.size(); i++) {
            union.or(allowed(places.get(i), left));
        }
        return union;
    }

    private BitSet allowed(Frame place, int left) {
        if (left <= 0) {
            return new BitSet();
        }
        if (left - 1 < place.bound) {
            return MaskBuilder.build(lexicon, place, left - 1);
        }
        Mask mask = grammar.masks().mask(place);
        return left - 1 - mask.growth() >= place.bound ? mask.allowed() : MaskBuilder.build(lexicon, place, left - 1);
    }

    /**
     * Takes a token.
     *
     * @throws IllegalArgumentException if it was not among those allowed; the matcher then stays as it was
     */
    public void accept(int token) {
        FrameList after = new FrameList();
        byte[] bytes = lexicon.bytes(token);
        for (int i = 0; i < places.size(); i++) {
            FrameList at = FrameList.of(places.get(i));
            for (int j = 0; j < bytes.length && !at.isEmpty(); j++) {
                at = at.after(bytes[j] & 0xFF);
            }
            for (int j = 0; j < at.size(); j++) {
                after.add(at.get(j));
            }
        }
        if (after.isEmpty()) {
            throw new IllegalArgumentException("token " + token + " does not fit here");
        }
        after.keepShortest(Shape.Choice.MAX_AT_ONCE, lexicon);
        places = after;
    }

    /** Whether what has been written is a whole answer. */
    public boolean isComplete() {
        return places.mayEnd();
    }

    /** Tokens that suffice to the end from here. */
    public int tokensToEnd() {
        return places.tokensToEnd(lexicon);
    }
}

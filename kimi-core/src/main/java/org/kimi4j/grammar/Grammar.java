package org.kimi4j.grammar;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/** A language of answers, compiled for one vocabulary. Immutable but for the masks it remembers; safe for all threads. */
public final class Grammar {

    private final Lexicon lexicon;
    private final Frame start;
    private final Shortest shortest;
    private final int cells;
    private final long joinedBytes;
    private final MaskCache masks;

    private Grammar(Shape answer, boolean json, Lexicon lexicon) throws RefusedException {
        this.lexicon = lexicon;
        Solver solver = new Solver(lexicon);
        Shape solved = solver.solve(answer);
        this.shortest = solved.shortest();
        this.cells = cells(solver);
        this.joinedBytes = solver.joinedBytes();
        Shape.Root root = new Shape.Root(solved);
        this.start = !json && solved instanceof Shape.Regular regular
                ? new Frame(
                        regular, regular.dfa.start(), 0, 0, null, new Frame(root, Shape.Root.DONE, 0, 0, null, null))
                : new Frame(root, Shape.Root.BEGINNING, 0, 0, null, null);
        this.masks = new MaskCache(lexicon, solver.deepest());
    }

    /** JSON values of a shape. */
    static Grammar json(Shape value, Lexicon lexicon) throws RefusedException {
        return new Grammar(value, true, lexicon);
    }

    /** Texts of an automaton. */
    static Grammar text(Dfa texts, Lexicon lexicon) throws RefusedException {
        return new Grammar(new Shape.Regular(texts, Shape.Regular.Kind.ANSWER), false, lexicon);
    }

    private static int cells(Solver solver) throws RefusedException {
        Set<Dfa> counted = Collections.newSetFromMap(new IdentityHashMap<>());
        long sum = 0;
        for (Dfa dfa : solver.automata()) {
            sum += counted.add(dfa) ? dfa.cells() : 0;
        }
        if (sum > Dfa.MAX_CELLS) {
            throw new RefusedException("its automata have " + sum + " transitions; at most " + Dfa.MAX_CELLS
                    + " are supported: use fewer or simpler patterns");
        }
        return (int) sum;
    }

    /** At the beginning of an answer. */
    public Matcher matcher() {
        return new Matcher(this);
    }

    /** Tokens that the shortest answer needs. */
    public int shortestTokens() {
        return Closing.of(new Frame(start.shape, start.state, 0, 0, null, start.below), lexicon)
                .tokens();
    }

    /** The shortest answer. */
    public String shortestText() {
        return new String(shortest.text, StandardCharsets.UTF_8);
    }

    /** Bytes of memory for automata, for tokens joined for them, and for the masks held at the moment. */
    public long bytes() {
        return 4L * cells + joinedBytes + masks.bytes();
    }

    Lexicon lexicon() {
        return lexicon;
    }

    Frame start() {
        return start;
    }

    MaskCache masks() {
        return masks;
    }
}

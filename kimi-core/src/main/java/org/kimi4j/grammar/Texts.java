package org.kimi4j.grammar;

import java.util.List;

/** Automata of texts: those a pattern matches, and given ones. */
final class Texts {

    /** The inside of a JSON string and its closing quote; its start is the place between two characters. */
    static final Dfa STRING_REST = stringRest(CodePoints.ALL);

    /** As {@link #STRING_REST}, of characters that need no escape. */
    static final Dfa PLAIN_STRING_REST = stringRest(unescaped());

    private Texts() {}

    private static CodePoints unescaped() {
        return CodePoints.ALL
                .minus(CodePoints.range(0, ' ' - 1))
                .minus(CodePoints.of('"'))
                .minus(CodePoints.of('\\'));
    }

    private static Dfa stringRest(CodePoints characters) {
        try {
            Nfa nfa = new Nfa();
            int between = nfa.state();
            int end = nfa.state();
            nfa.character(between, characters, Notation.JSON, between);
            nfa.edge(between, '"', '"', end);
            return Determinizer.determinize(nfa, between, end);
        } catch (RefusedException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * JSON strings, quotes included, in which every pattern finds something.
     *
     * @param min characters at least
     * @param max characters at most, -1 for no limit
     */
    static Dfa strings(List<Regex> patterns, int min, int max) throws RefusedException {
        Regex any = new Regex.Characters(CodePoints.ALL);
        Dfa found = wrapped(new Regex.Repeat(any, min, max), Notation.JSON);
        for (Regex pattern : patterns) {
            found = Product.of(found, searching(pattern, Notation.JSON));
        }
        return found.quoted(Regex.BEGIN, Regex.END);
    }

    /** Texts that a pattern matches as a whole, in UTF-8. */
    static Dfa matching(Regex pattern) throws RefusedException {
        Nfa nfa = new Nfa();
        int start = nfa.state();
        int from = nfa.state();
        int to = nfa.state();
        int end = nfa.state();
        nfa.empty(start, from);
        nfa.edge(start, Regex.BEGIN, Regex.BEGIN, from);
        pattern.emit(nfa, from, Notation.PLAIN, to);
        nfa.empty(to, end);
        nfa.edge(to, Regex.END, Regex.END, end);
        Dfa any = wrapped(new Regex.Repeat(new Regex.Characters(CodePoints.ALL), 0, -1), Notation.PLAIN);
        return Product.of(Determinizer.determinize(nfa, start, end), any).unwrapped(Regex.BEGIN, Regex.END);
    }

    /** One of these texts. */
    static Dfa oneOf(List<byte[]> texts) throws RefusedException {
        Nfa nfa = new Nfa();
        int start = nfa.state();
        int end = nfa.state();
        for (byte[] text : texts) {
            nfa.bytes(start, text, end);
        }
        return Determinizer.determinize(nfa, start, end);
    }

    private static Dfa wrapped(Regex inside, Notation notation) throws RefusedException {
        Nfa nfa = new Nfa();
        int start = nfa.state();
        int end = nfa.state();
        new Regex.Sequence(List.of(new Regex.Begin(), inside, new Regex.End())).emit(nfa, start, notation, end);
        return Determinizer.determinize(nfa, start, end);
    }

    /** Wrapped texts in which a pattern finds something; what is not wrapped may be among them. */
    private static Dfa searching(Regex pattern, Notation notation) throws RefusedException {
        Nfa nfa = new Nfa();
        Regex any = new Regex.Repeat(new Regex.Characters(CodePoints.ALL), 0, -1);
        int start = nfa.state();
        int from = nfa.state();
        int to = nfa.state();
        int end = nfa.state();
        nfa.empty(start, from);
        new Regex.Sequence(List.of(new Regex.Begin(), any)).emit(nfa, start, notation, from);
        pattern.emit(nfa, from, notation, to);
        nfa.empty(to, end);
        new Regex.Sequence(List.of(any, new Regex.End())).emit(nfa, to, notation, end);
        return Determinizer.determinize(nfa, start, end);
    }
}

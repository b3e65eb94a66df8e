package org.kimi4j.grammar;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** A nondeterministic automaton over bytes under construction: states, edges for ranges of bytes, and empty edges. */
final class Nfa {

    /** States at most; a pattern that needs more is refused. */
    static final int MAX_STATES = 200_000;

    private static final int EMPTY = -1;

    private int[] firstEdge = new int[64]; // by state; -1 for none
    private int states;
    private int[] nextEdge = new int[256];
    private int[] lowest = new int[256]; // EMPTY, or the first byte
    private int[] highest = new int[256];
    private int[] target = new int[256];
    private int edges;
    private final Map<CodePoints, Dfa> sets = new HashMap<>();

    int state() throws RefusedException {
        if (states == MAX_STATES) {
            throw new RefusedException(
                    "needs an automaton of more than " + MAX_STATES + " states: use smaller repeat counts");
        }
        if (states == firstEdge.length) {
            firstEdge = Arrays.copyOf(firstEdge, 2 * states);
        }
        firstEdge[states] = -1;
        return states++;
    }

    void empty(int from, int to) {
        edge(from, EMPTY, EMPTY, to);
    }

    /** An edge for the bytes {@code low} to {@code high}, both 0 to 255. */
    void edge(int from, int low, int high, int to) {
        if (edges == target.length) {
            nextEdge = Arrays.copyOf(nextEdge, 2 * edges);
            lowest = Arrays.copyOf(lowest, 2 * edges);
            highest = Arrays.copyOf(highest, 2 * edges);
            target = Arrays.copyOf(target, 2 * edges);
        }
        nextEdge[edges] = firstEdge[from];
        lowest[edges] = low;
        highest[edges] = high;
        target[edges] = to;
        firstEdge[from] = edges++;
    }

    /** A path that spells these bytes. */
    void bytes(int from, byte[] text, int to) throws RefusedException {
        int at = from;
        for (int i = 0; i < text.length; i++) {
            int next = i + 1 == text.length ? to : state();
            edge(at, text[i] & 0xFF, text[i] & 0xFF, next);
            at = next;
        }
        if (text.length == 0) {
            empty(from, to);
        }
    }

    /** Paths that spell one character of a set. All uses of this automaton must have the same notation. */
    void character(int from, CodePoints set, Notation notation, int to) throws RefusedException {
        Dfa spelled = sets.get(set);
        if (spelled == null) {
            spelled = spell(set, notation);
            sets.put(set, spelled);
        }
        spelled.copyInto(this, from, to);
    }

    /** The smallest automaton for one character of a set: large sets occur often, and many times in one pattern. */
    private static Dfa spell(CodePoints set, Notation notation) throws RefusedException {
        Nfa nfa = new Nfa();
        int start = nfa.state();
        int end = nfa.state();
        // Bytes of their own only outside of JSON, where they stand for the ends of the text.
        CodePoints plain = notation == Notation.PLAIN ? set.minus(CodePoints.range(Regex.BEGIN, Regex.END)) : set;
        if (notation == Notation.JSON) {
            for (int c = 0; c <= '\\'; c++) {
                String escape = notation.escape(c);
                if (!escape.isEmpty() && set.contains(c)) {
                    nfa.bytes(start, Notation.PLAIN.bytes(escape), end);
                    plain = plain.minus(CodePoints.of(c));
                }
            }
        }
        Utf8Ranges utf8 = new Utf8Ranges(nfa, start, end);
        for (int r = 0; r < plain.ranges(); r++) {
            utf8.add(plain.first(r), plain.last(r));
        }
        return Determinizer.determinize(nfa, start, end).minimized();
    }

    int states() {
        return states;
    }

    int firstEdge(int state) {
        return firstEdge[state];
    }

    int nextEdge(int edge) {
        return nextEdge[edge];
    }

    boolean isEmptyEdge(int edge) {
        return lowest[edge] == EMPTY;
    }

    int low(int edge) {
        return lowest[edge];
    }

    int high(int edge) {
        return highest[edge];
    }

    int target(int edge) {
        return target[edge];
    }

    int edges() {
        return edges;
    }
}

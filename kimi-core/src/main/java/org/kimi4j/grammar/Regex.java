package org.kimi4j.grammar;

import java.util.List;

/** A regular expression taken apart. */
sealed interface Regex {

    /** Byte that stands for the place before the first character while an automaton is built. */
    int BEGIN = 0;

    /** Byte that stands for the place behind the last character. */
    int END = 1;

    /** The most copies of one part that a repeat may ask for. */
    int MAX_REPEAT = 10_000;

    /** One character of a set. */
    record Characters(CodePoints set) implements Regex {}

    /** The beginning of the text. */
    record Begin() implements Regex {}

    /** The end of the text. */
    record End() implements Regex {}

    /** One after the other. */
    record Sequence(List<Regex> parts) implements Regex {}

    /** One of them. */
    record Choice(List<Regex> alternatives) implements Regex {}

    /** {@code max} is -1 for no limit. */
    record Repeat(Regex part, int min, int max) implements Regex {}

    /** Adds paths for this expression to an automaton. */
    default void emit(Nfa nfa, int from, Notation notation, int to) throws RefusedException {
        switch (this) {
            case Characters(CodePoints set) -> {
                if (!set.isEmpty()) {
                    nfa.character(from, set, notation, to);
                }
            }
            case Begin() -> nfa.edge(from, BEGIN, BEGIN, to);
            case End() -> nfa.edge(from, END, END, to);
            case Sequence(List<Regex> parts) -> {
                int at = from;
                for (Regex part : parts) {
                    int next = nfa.state();
                    part.emit(nfa, at, notation, next);
                    at = next;
                }
                nfa.empty(at, to);
            }
            case Choice(List<Regex> alternatives) -> {
                for (Regex alternative : alternatives) {
                    alternative.emit(nfa, from, notation, to);
                }
            }
            case Repeat repeat -> emitRepeat(repeat, nfa, from, notation, to);
        }
    }

    private static void emitRepeat(Repeat repeat, Nfa nfa, int from, Notation notation, int to)
            throws RefusedException {
        int at = from;
        for (int i = 0; i < repeat.min; i++) {
            at = emitOne(repeat.part, nfa, at, notation);
        }
        if (repeat.max < 0) {
            // A state of its own, so that the loop cannot be entered from what comes before or left into the middle.
            int loop = nfa.state();
            nfa.empty(at, loop);
            nfa.empty(emitOne(repeat.part, nfa, loop, notation), loop);
            at = loop;
        }
        for (int i = repeat.min; i < repeat.max; i++) {
            nfa.empty(at, to);
            at = emitOne(repeat.part, nfa, at, notation);
        }
        nfa.empty(at, to);
    }

    private static int emitOne(Regex part, Nfa nfa, int from, Notation notation) throws RefusedException {
        int start = nfa.state();
        int end = nfa.state();
        nfa.empty(from, start);
        part.emit(nfa, start, notation, end);
        return end;
    }
}

package org.kimi4j.grammar;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/**
 * A deterministic automaton over bytes. Immutable. From each of its states an accepted text can be reached; bytes that
 * lead nowhere else lead to {@link #DEAD}.
 */
final class Dfa {

    static final int DEAD = -1;

    /** Entries of one transition table at most: 8 MB. */
    static final int MAX_CELLS = 1 << 21;

    private static final int UNKNOWN = Integer.MAX_VALUE;

    private final byte[] classOf; // [256]: bytes that no state tells apart share a class
    private final int classes;
    private final int[] next; // [states, classes]
    private final BitSet accepting;
    private final BitSet extendable; // states that some byte leads on from
    private final int start;
    private final int[] distance; // bytes of the shortest way to an accepting state
    private final byte[] towards; // the first byte of that way

    /** Numbers that are compared as a whole. */
    private record Row(int[] values) {
        @Override
        public boolean equals(Object o) {
            return o instanceof Row other && Arrays.equals(values, other.values);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(values);
        }
    }

    private Dfa(byte[] classOf, int classes, int[] next, BitSet accepting, int start) {
        this.classOf = classOf;
        this.classes = classes;
        this.next = next;
        this.accepting = accepting;
        this.start = start;
        int states = next.length / classes;
        this.distance = new int[states];
        this.towards = new byte[states];
        this.extendable = new BitSet(states);
        measure();
    }

    /**
     * An automaton without the states that lead nowhere.
     *
     * @param next [states, classes], {@link #DEAD} for none
     * @throws RefusedException if it accepts nothing
     */
    static Dfa of(byte[] classOf, int classes, int[] next, BitSet accepting, int start) throws RefusedException {
        int states = next.length / classes;
        BitSet useful = leadingTo(accepting, next, classes);
        if (!useful.get(start)) {
            throw new RefusedException("matches no text at all");
        }
        int[] renamed = new int[states];
        int kept = 0;
        for (int q = 0; q < states; q++) {
            renamed[q] = useful.get(q) ? kept++ : DEAD;
        }
        int[] table = new int[kept * classes];
        BitSet accept = new BitSet(kept);
        for (int q = 0; q < states; q++) {
            if (renamed[q] == DEAD) {
                continue;
            }
            accept.set(renamed[q], accepting.get(q));
            for (int c = 0; c < classes; c++) {
                int to = next[q * classes + c];
                table[renamed[q] * classes + c] = to == DEAD ? DEAD : renamed[to];
            }
        }
        return withFewestClasses(classOf, classes, table, accept, renamed[start]);
    }

    /** Joins classes that no state tells apart. */
    private static Dfa withFewestClasses(byte[] classOf, int classes, int[] next, BitSet accepting, int start) {
        int states = next.length / classes;
        int[] joined = new int[classes];
        int[] sample = new int[classes];
        Map<Row, Integer> seen = new HashMap<>();
        for (int c = 0; c < classes; c++) {
            int[] column = new int[states];
            for (int q = 0; q < states; q++) {
                column[q] = next[q * classes + c];
            }
            Row row = new Row(column);
            Integer number = seen.get(row);
            if (number == null) {
                number = seen.size();
                sample[number] = c;
                seen.put(row, number);
            }
            joined[c] = number;
        }
        int fewest = seen.size();
        int[] table = new int[states * fewest];
        for (int q = 0; q < states; q++) {
            for (int c = 0; c < fewest; c++) {
                table[q * fewest + c] = next[q * classes + sample[c]];
            }
        }
        byte[] classOfByte = new byte[256];
        for (int b = 0; b < 256; b++) {
            classOfByte[b] = (byte) joined[classOf[b] & 0xFF];
        }
        return new Dfa(classOfByte, fewest, table, accepting, start);
    }

    private static BitSet leadingTo(BitSet accepting, int[] next, int classes) {
        int states = next.length / classes;
        int[] count = new int[states + 1];
        for (int to : next) {
            if (to != DEAD) {
                count[to + 1]++;
            }
        }
        for (int q = 0; q < states; q++) {
            count[q + 1] += count[q];
        }
        int[] from = new int[count[states]];
        int[] fill = Arrays.copyOf(count, states);
        for (int i = 0; i < next.length; i++) {
            if (next[i] != DEAD) {
                from[fill[next[i]]++] = i / classes;
            }
        }
        BitSet useful = (BitSet) accepting.clone();
        int[] queue = new int[states];
        int end = 0;
        for (int q = useful.nextSetBit(0); q >= 0; q = useful.nextSetBit(q + 1)) {
            queue[end++] = q;
        }
        for (int i = 0; i < end; i++) {
            for (int e = count[queue[i]]; e < count[queue[i] + 1]; e++) {
                if (!useful.get(from[e])) {
                    useful.set(from[e]);
                    queue[end++] = from[e];
                }
            }
        }
        return useful;
    }

    /** Finds the shortest way to an accepting state from everywhere; among equals the one with the lower byte. */
    private void measure() {
        int[] lowestByte = new int[classes];
        for (int b = 255; b >= 0; b--) {
            lowestByte[classOf[b] & 0xFF] = b;
        }
        Arrays.fill(distance, UNKNOWN);
        boolean changed = true;
        for (int q = accepting.nextSetBit(0); q >= 0; q = accepting.nextSetBit(q + 1)) {
            distance[q] = 0;
        }
        while (changed) {
            changed = false;
            for (int q = states() - 1; q >= 0; q--) {
                for (int c = 0; c < classes; c++) {
                    int to = next[q * classes + c];
                    if (to != DEAD && distance[to] != UNKNOWN && distance[to] + 1 < distance[q]) {
                        distance[q] = distance[to] + 1;
                        changed = true;
                    }
                }
            }
        }
        for (int q = 0; q < states(); q++) {
            int lowest = 256;
            for (int c = 0; c < classes; c++) {
                int to = next[q * classes + c];
                if (to != DEAD) {
                    extendable.set(q);
                    if (distance[to] + 1 == distance[q]) {
                        lowest = Math.min(lowest, lowestByte[c]);
                    }
                }
            }
            towards[q] = (byte) lowest;
        }
    }

    int states() {
        return next.length / classes;
    }

    int start() {
        return start;
    }

    /** The state after a byte (0 to 255), or {@link #DEAD}. */
    int next(int state, int b) {
        return next[state * classes + (classOf[b] & 0xFF)];
    }

    /** The states that follow: [states, classes], not to be changed. */
    int[] table() {
        return next;
    }

    boolean accepts(int state) {
        return accepting.get(state);
    }

    /** Whether an accepted text may go on from here. */
    boolean goesOn(int state) {
        return extendable.get(state);
    }

    /** Bytes of the shortest way to an accepted text. */
    int distance(int state) {
        return distance[state];
    }

    /** The first byte of that way, 0 to 255. */
    int towards(int state) {
        return towards[state] & 0xFF;
    }

    /** The shortest text from a state to the end. */
    byte[] shortest(int state) {
        byte[] text = new byte[distance[state]];
        int at = state;
        for (int i = 0; i < text.length; i++) {
            text[i] = towards[at];
            at = next(at, towards(at));
        }
        return text;
    }

    /** The most bytes that lead on from one state. */
    int mostBytes() {
        int[] sizes = new int[classes];
        for (byte c : classOf) {
            sizes[c & 0xFF]++;
        }
        int most = 0;
        for (int q = 0; q < states(); q++) {
            int count = 0;
            for (int c = 0; c < classes; c++) {
                count += next[q * classes + c] == DEAD ? 0 : sizes[c];
            }
            most = Math.max(most, count);
        }
        return most;
    }

    boolean matches(byte[] text) {
        int at = start;
        for (byte b : text) {
            at = next(at, b & 0xFF);
            if (at == DEAD) {
                return false;
            }
        }
        return accepts(at);
    }

    /** Entries of its table. */
    int cells() {
        return next.length;
    }

    int classes() {
        return classes;
    }

    int classOf(int b) {
        return classOf[b] & 0xFF;
    }

    /** The same language with the fewest states; meant for automata of some hundred states. */
    Dfa minimized() throws RefusedException {
        int states = states();
        int[] block = new int[states];
        for (int q = 0; q < states; q++) {
            block[q] = accepting.get(q) ? 1 : 0;
        }
        int blocks = 0;
        while (true) {
            Map<Row, Integer> seen = new HashMap<>();
            int[] refined = new int[states];
            for (int q = 0; q < states; q++) {
                int[] row = new int[classes + 1];
                row[classes] = block[q];
                for (int c = 0; c < classes; c++) {
                    int to = next[q * classes + c];
                    row[c] = to == DEAD ? DEAD : block[to];
                }
                refined[q] = seen.computeIfAbsent(new Row(row), _ -> seen.size());
            }
            block = refined;
            if (seen.size() == blocks) {
                break;
            }
            blocks = seen.size();
        }
        int[] table = new int[blocks * classes];
        BitSet accept = new BitSet(blocks);
        for (int q = 0; q < states; q++) {
            accept.set(block[q], accepting.get(q));
            for (int c = 0; c < classes; c++) {
                int to = next[q * classes + c];
                table[block[q] * classes + c] = to == DEAD ? DEAD : block[to];
            }
        }
        return of(classOf, classes, table, accept, block[start]);
    }

    /** Adds this automaton's paths to another one, between two of its states. */
    void copyInto(Nfa nfa, int from, int to) throws RefusedException {
        int[] copy = new int[states()];
        for (int q = 0; q < states(); q++) {
            copy[q] = q == start ? from : accepting.get(q) && !extendable.get(q) ? to : nfa.state();
            if (accepting.get(q) && copy[q] != to) {
                nfa.empty(copy[q], to);
            }
        }
        for (int q = 0; q < states(); q++) {
            for (int b = 0; b < 256; ) {
                int target = next(q, b);
                int low = b;
                do {
                    b++;
                } while (b < 256 && next(q, b) == target);
                if (target != DEAD) {
                    nfa.edge(copy[q], low, b - 1, copy[target]);
                }
            }
        }
    }

    /**
     * The same texts with a quote in place of the bytes that mark their two ends. Those bytes, each of a class of its own,
     * stand nowhere else; a quote stands only where it is escaped.
     */
    Dfa quoted(int begin, int end) throws RefusedException {
        byte[] renamed = classOf.clone();
        renamed['"'] = classOf[begin];
        renamed[begin] = classOf[2];
        renamed[end] = classOf[2];
        BitSet used = new BitSet(classes);
        for (byte c : renamed) {
            used.set(c & 0xFF);
        }
        int[] table = next.clone();
        for (int q = 0; q < states(); q++) {
            int escaped = next(q, '"');
            int opened = next(q, begin);
            table[q * classes + classOf(begin)] = escaped != DEAD ? escaped : opened != DEAD ? opened : next(q, end);
            for (int c = used.nextClearBit(0); c < classes; c = used.nextClearBit(c + 1)) {
                table[q * classes + c] = DEAD;
            }
        }
        return of(renamed, classes, table, accepting, start);
    }

    /** The same texts without the bytes that mark their two ends. */
    Dfa unwrapped(int begin, int end) throws RefusedException {
        int[] table = next.clone();
        BitSet accept = new BitSet(states());
        for (int q = 0; q < states(); q++) {
            int closed = next(q, end);
            accept.set(q, closed != DEAD && accepting.get(closed));
            table[q * classes + classOf(begin)] = DEAD;
            table[q * classes + classOf(end)] = DEAD;
        }
        return of(classOf, classes, table, accept, next(start, begin));
    }
}

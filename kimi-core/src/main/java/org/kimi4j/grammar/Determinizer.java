package org.kimi4j.grammar;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Makes a deterministic automaton of a nondeterministic one by the subset construction. */
final class Determinizer {

    /** Edges looked at before a pattern is refused; some tenths of a second. */
    private static final long MAX_WORK = 40_000_000;

    private final Nfa nfa;
    private final int accept;
    private final byte[] classOf = new byte[256];
    private final int classes;
    private final Map<States, Integer> known = new HashMap<>();
    private final List<States> queue = new ArrayList<>();
    private final BitSet accepting = new BitSet();
    private final int[] mark;
    private int marks;
    private int[] found = new int[64];
    private long work;

    /** A set of states as sorted numbers. */
    private record States(int[] numbers, int hash) {
        @Override
        public boolean equals(Object o) {
            return o instanceof States other && Arrays.equals(numbers, other.numbers);
        }

        @Override
        public int hashCode() {
            return hash;
        }
    }

    private Determinizer(Nfa nfa, int accept) {
        this.nfa = nfa;
        this.accept = accept;
        this.mark = new int[nfa.states()];
        BitSet begins = new BitSet(257);
        for (int e = 0; e < nfa.edges(); e++) {
            if (!nfa.isEmptyEdge(e)) {
                begins.set(nfa.low(e));
                begins.set(nfa.high(e) + 1);
            }
        }
        int c = 0;
        for (int b = 0; b < 256; b++) {
            if (b > 0 && begins.get(b)) {
                c++;
            }
            classOf[b] = (byte) c;
        }
        classes = c + 1;
    }

    /** The texts that lead from one state to another. */
    static Dfa determinize(Nfa nfa, int start, int accept) throws RefusedException {
        return new Determinizer(nfa, accept).run(start);
    }

    private Dfa run(int start) throws RefusedException {
        int[] table = new int[classes * 16];
        int first = number(closure(new int[] {start}, 1));
        int[][] targets = new int[classes][16];
        int[] used = new int[classes];
        for (int q = 0; q < queue.size(); q++) {
            if ((q + 1) * classes > Dfa.MAX_CELLS) {
                throw new RefusedException("needs an automaton of more than " + Dfa.MAX_CELLS
                        + " transitions: use smaller repeat counts or lengths");
            }
            Arrays.fill(used, 0);
            for (int state : queue.get(q).numbers) {
                collect(state, targets, used);
            }
            if (table.length < (q + 1) * classes) {
                table = Arrays.copyOf(table, 2 * table.length);
            }
            for (int c = 0; c < classes; c++) {
                table[q * classes + c] = used[c] == 0 ? Dfa.DEAD : number(closure(targets[c], used[c]));
            }
        }
        return Dfa.of(classOf, classes, Arrays.copyOf(table, queue.size() * classes), accepting, first);
    }

    private void collect(int state, int[][] targets, int[] used) {
        for (int e = nfa.firstEdge(state); e >= 0; e = nfa.nextEdge(e)) {
            if (nfa.isEmptyEdge(e)) {
                continue;
            }
            for (int c = classOf[nfa.low(e)] & 0xFF; c <= (classOf[nfa.high(e)] & 0xFF); c++) {
                if (used[c] == targets[c].length) {
                    targets[c] = Arrays.copyOf(targets[c], 2 * used[c]);
                }
                targets[c][used[c]++] = nfa.target(e);
            }
        }
    }

    /** What empty edges reach; of it only the states that matter: those with a byte edge, and the accepting one. */
    private int[] closure(int[] seeds, int count) throws RefusedException {
        marks++;
        int end = 0;
        for (int i = 0; i < count; i++) {
            end = visit(seeds[i], end);
        }
        int kept = 0;
        for (int i = 0; i < end; i++) {
            int state = found[i];
            boolean matters = state == accept;
            for (int e = nfa.firstEdge(state); e >= 0; e = nfa.nextEdge(e)) {
                work++;
                if (nfa.isEmptyEdge(e)) {
                    end = visit(nfa.target(e), end);
                } else {
                    matters = true;
                }
            }
            if (matters) {
                found[kept++] = state;
            }
        }
        if (work > MAX_WORK) {
            throw new RefusedException("takes too long to turn into an automaton: use smaller repeat counts");
        }
        int[] set = Arrays.copyOf(found, kept);
        Arrays.sort(set);
        return set;
    }

    private int visit(int state, int end) {
        if (mark[state] == marks) {
            return end;
        }
        mark[state] = marks;
        if (end == found.length) {
            found = Arrays.copyOf(found, 2 * end);
        }
        found[end] = state;
        return end + 1;
    }

    private int number(int[] set) {
        States states = new States(set, Arrays.hashCode(set));
        Integer number = known.get(states);
        if (number == null) {
            number = queue.size();
            known.put(states, number);
            queue.add(states);
            accepting.set(number, Arrays.binarySearch(set, accept) >= 0);
        }
        return number;
    }
}
